#include "terminal_progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace lenswright {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBarPeriod{100};
constexpr std::chrono::seconds kLogPeriod{10};
constexpr int kBarCells = 24;
constexpr int kNarrowTerminal = 80;  // columns, where the terminal does not say

// "262144", "3.4M": counts are for reading at a glance.
std::string short_count(double count) {
  const char* const suffixes[] = {"", "k", "M", "G", "T"};
  std::size_t suffix = 0;
  while (count >= 9999.5 && suffix + 1 < std::size(suffixes)) {
    count /= 1000;
    ++suffix;
  }
  return suffix == 0 && count >= 100 ? fmt::format("{:.0f}", count)
                                     : fmt::format("{:.3g}{}", count, suffixes[suffix]);
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(std::min(seconds, 1e9));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

class TerminalProgress final : public ProgressSink {
 public:
  TerminalProgress() : tty_(is_terminal()), color_(tty_ && std::getenv("NO_COLOR") == nullptr) {}
  ~TerminalProgress() override { clear_bar(); }
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;

  void begin(std::string_view what, std::uint64_t total, std::string_view unit) override {
    what_ = what;
    unit_ = unit;
    detail_.clear();
    total_ = total;
    done_ = 0;
    running_ = true;
    started_ = Clock::now();
    if (tty_) {
      draw();
    } else if (started_ - last_line_ >= kLogPeriod) {
      print_line(what_);
    }
  }

  void advance(std::uint64_t units) override {
    done_ += units;
    if (!running_) return;
    const Clock::time_point now = Clock::now();
    if (tty_) {
      if (now - last_drawn_ >= kBarPeriod) draw();
    } else if (now - last_line_ >= kLogPeriod) {
      print_line(status(now));
    }
  }

  void detail(std::string_view text) override { detail_ = text; }

  void end() override {
    running_ = false;
    clear_bar();
  }

  void note(std::string_view line) override {
    clear_bar();
    fmt::print(stderr, "{}\n", line);
    if (tty_ && running_) draw();
  }

 private:
  static bool is_terminal() {
    const char* term = std::getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && (term == nullptr || std::strcmp(term, "dumb") != 0);
  }

  // "reading snapshot 96: 131k of 262k particles, 1.2M/s, 3 s left"
  std::string status(Clock::time_point now) const {
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const auto done = static_cast<double>(done_);
    const auto total = static_cast<double>(total_);
    std::string text =
        total_ > 0 ? fmt::format("{}: {} of {} {}", what_, short_count(done), short_count(total), unit_)
                   : fmt::format("{}: {} {}", what_, short_count(done), unit_);
    if (!detail_.empty()) text += ", " + detail_;
    if (seconds < 1 || done_ == 0) return text;  // too early for a rate
    const double rate = done / seconds;
    text += fmt::format(", {}/s", short_count(rate));
    if (total_ > done_) text += fmt::format(", {} left", duration_text((total - done) / rate));
    return text;
  }

  void draw() {
    last_drawn_ = Clock::now();
    std::string line;
    if (total_ > 0) {
      const double fraction = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
      const auto cells = static_cast<std::size_t>(fraction * kBarCells);
      line = fmt::format("[{}{}] {:3.0f} %  ", std::string(cells, '#'), std::string(kBarCells - cells, '.'),
                         100 * fraction);
    }
    line += status(last_drawn_);
    line.resize(std::min(line.size(), width() - 1));
    fmt::print(stderr, "\r{}{}{}\x1b[K", color_ ? "\x1b[36m" : "", line, color_ ? "\x1b[0m" : "");
    std::fflush(stderr);
    bar_shown_ = true;
  }

  void clear_bar() {
    if (!bar_shown_) return;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    bar_shown_ = false;
  }

  void print_line(const std::string& line) {
    fmt::print(stderr, "{}\n", line);
    last_line_ = Clock::now();
  }

  static std::size_t width() {
    winsize size{};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return known ? size.ws_col : static_cast<std::size_t>(kNarrowTerminal);
  }

  bool tty_;
  bool color_;
  bool running_ = false;
  bool bar_shown_ = false;
  std::string what_, unit_, detail_;
  std::uint64_t total_ = 0, done_ = 0;
  Clock::time_point started_ = Clock::now();
  Clock::time_point last_drawn_{};
  Clock::time_point last_line_ = Clock::now() - kLogPeriod;
};

}  // namespace

std::unique_ptr<ProgressSink> make_terminal_progress() {
  return std::make_unique<TerminalProgress>();
}

}  // namespace lenswright
