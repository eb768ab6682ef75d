// ParticleBatch, declared in mass_assignment.hpp.
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <cassert>
#include <cstdint>
#include <limits>

#include "base/big_array.hpp"
#include "physics/mass_assignment.hpp"

namespace lenswright {

namespace {

// Writes past the caches: a batch is larger than they are, and to fetch what is only written over would take time of the
// memory that other cores need.
void split_axes(std::span<const std::array<double, 3>> from, double* x, double* y, double* z) {
  std::size_t p = 0;
  const auto one = [&] {
    x[p] = from[p][0];
    y[p] = from[p][1];
    z[p] = from[p][2];
    ++p;
  };
#if defined(__SSE2__)
  constexpr std::uintptr_t kPair = 2 * sizeof(double);
  const auto can_be_pair = [&](const double* to) {
    return reinterpret_cast<std::uintptr_t>(to + p) % kPair == 0;
  };
  if (!can_be_pair(x) && p < from.size()) one();
  const bool in_pairs = can_be_pair(x) && can_be_pair(y) && can_be_pair(z);
  for (; in_pairs && p + 2 <= from.size(); p += 2) {
    const double* const values = from[p].data();
    const __m128d xy = _mm_loadu_pd(values), zx = _mm_loadu_pd(values + 2), yz = _mm_loadu_pd(values + 4);
    _mm_stream_pd(x + p, _mm_shuffle_pd(xy, zx, 2));
    _mm_stream_pd(y + p, _mm_shuffle_pd(xy, yz, 1));
    _mm_stream_pd(z + p, _mm_shuffle_pd(zx, yz, 2));
  }
  _mm_sfence();  // before another thread is told that they are there
#endif
  while (p < from.size()) one();
}

}  // namespace

void ParticleBatch::clear() {
  for (auto& values : axis) values.clear();
  quanta.clear();
}

void ParticleBatch::reserve(std::size_t particles) {
  for (auto& values : axis) values.reserve(particles);
  quanta.reserve(particles);
}

void ParticleBatch::touch(std::size_t particles) {
  reserve(particles);
  for (auto& values : axis) take_memory(values.data(), particles * sizeof(double));
  take_memory(quanta.data(), particles * sizeof(std::int64_t));
}

void ParticleBatch::append(std::span<const std::array<double, 3>> positions,
                           std::span<const double> masses_msun_h, const MassQuantum& quantum) {
  assert(positions.size() == masses_msun_h.size());
  const std::size_t first = size(), count = positions.size();
  for (auto& values : axis) values.resize(first + count);
  quanta.resize(first + count);
  split_axes(positions, axis[0].data() + first, axis[1].data() + first, axis[2].data() + first);
  double mass = std::numeric_limits<double>::quiet_NaN();  // no mass equals it
  std::int64_t of_mass = 0;
  for (std::size_t p = 0; p < count; ++p) {
    // Most types have one mass.
    if (masses_msun_h[p] != mass) {
      mass = masses_msun_h[p];
      of_mass = quantum.quanta_of(mass);
    }
    quanta[first + p] = of_mass;
  }
}

void ParticleBatch::append(const ParticleBatch& from, std::span<const std::uint32_t> particles) {
  const std::size_t first = size();
  const auto gather = [&](auto& to, const auto& values) {
    to.resize(first + particles.size());
    for (std::size_t p = 0; p < particles.size(); ++p) to[first + p] = values[particles[p]];
  };
  for (std::size_t k = 0; k < axis.size(); ++k) gather(axis[k], from.axis[k]);
  gather(quanta, from.quanta);
}

}  // namespace lenswright
