// progress.hpp: what long work tells about itself; a terminal bar, plain log lines, or nothing listens.
#pragma once

#include <cstdint>
#include <string_view>

namespace lenswright {

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  // A new piece of work of `total` units (0: unknown), e.g. begin("reading snapshot 96", 262144,
  // "particles").
  virtual void begin(std::string_view what, std::uint64_t total, std::string_view unit) = 0;
  virtual void advance(std::uint64_t units) = 0;
  // What else there is to say of the present piece, e.g. "3 of 64 chunks, 812 MB/s"; until it ends or says more.
  virtual void detail(std::string_view) {}
  virtual void end() = 0;
  // One line for the log, e.g. "dmo/LP_00/lenspot03.dat published (32 KiB)".
  virtual void note(std::string_view line) = 0;
};

// Listens to nothing: for tests, and for all ranks but the first.
class SilentProgress final : public ProgressSink {
 public:
  void begin(std::string_view, std::uint64_t, std::string_view) override {}
  void advance(std::uint64_t) override {}
  void end() override {}
  void note(std::string_view) override {}
};

}  // namespace lenswright
