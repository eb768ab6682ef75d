// pass_progress.hpp: how far reading a snapshot has come: particles, chunks, megabytes per second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/progress.hpp"

namespace lenswright {

class PassProgress {
 public:
  PassProgress(ProgressSink& sink, const std::string& what, std::uint64_t particles, std::size_t chunks);
  void advance(std::uint64_t particles, std::uint64_t chunks);
  void end();

 private:
  ProgressSink& sink_;
  std::uint64_t chunks_, particles_done_ = 0, chunks_done_ = 0;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace lenswright
