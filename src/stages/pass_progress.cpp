#include "stages/pass_progress.hpp"

#include <fmt/format.h>

namespace lenswright {

namespace {
// Of a particle as it is worked on: three coordinates and a mass.
constexpr double kParticleBytes = 4 * sizeof(double);
}  // namespace

PassProgress::PassProgress(ProgressSink& sink, const std::string& what, std::uint64_t particles,
                           std::size_t chunks)
    : sink_(sink), chunks_(chunks), started_(std::chrono::steady_clock::now()) {
  sink_.begin(what, particles, "particles");
}

void PassProgress::advance(std::uint64_t particles, std::uint64_t chunks) {
  particles_done_ += particles;
  chunks_done_ += chunks;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  sink_.detail(
      fmt::format("{} of {} chunks, {:.0f} MB/s", chunks_done_, chunks_,
                  seconds > 0 ? static_cast<double>(particles_done_) * kParticleBytes / seconds / 1e6 : 0));
  sink_.advance(particles);
}

void PassProgress::end() {
  sink_.end();
}

}  // namespace lenswright
