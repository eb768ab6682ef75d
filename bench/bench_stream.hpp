// bench_stream.hpp: what one core moves through memory, and processor time, for ratios within one run.
//
// Units:  bytes per second of this thread's processor time; seconds
// Source: McCalpin 1995, the STREAM triad a = b + s c: 24 bytes per element, without the read that a store causes
#pragma once

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <vector>

namespace lenswright::bench {

// Of this thread: other work on the machine does not count, unless it takes cache or bandwidth away.
inline double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <typename Work>
double seconds_of(const Work& work) {
  const double begin = processor_seconds();
  work();
  return processor_seconds() - begin;
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

class Stream {
 public:
  // The median of `repetitions` triads.
  double bytes_per_second(int repetitions = 5) {
    std::vector<double> rates;
    for (int n = 0; n < repetitions; ++n) rates.push_back(bytes() / seconds_of([&] { triad(); }));
    return median(rates);
  }

 private:
  static constexpr std::size_t kElements = std::size_t{1} << 24;  // 128 MiB per array
  static constexpr double bytes() { return 3.0 * sizeof(double) * kElements; }

  void triad() {
    factor_ += 1;  // a loop whose result is known before would be left out
    for (std::size_t n = 0; n < kElements; ++n) a_[n] = b_[n] + factor_ * c_[n];
  }

  double factor_ = 1;
  std::vector<double> a_ = std::vector<double>(kElements, 1.0), b_ = a_, c_ = a_;
};

}  // namespace lenswright::bench
