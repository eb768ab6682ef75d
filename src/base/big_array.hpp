// big_array.hpp: doubles by the gigabyte, in huge pages where the system gives them; not initialised.
//
// Scattered reads of an array of many small pages spend their time in looking up addresses, and the first write to
// each page goes through the kernel: 2 MB pages make both rare.
// Throws: std::bad_alloc
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace lenswright {

// Asks the system for huge pages; where it has none, nothing changes.
void prefer_huge_pages(void* memory, std::size_t bytes);

class BigArray {
 public:
  BigArray() = default;
  explicit BigArray(std::size_t count);
  double* data() { return values_.get(); }
  const double* data() const { return values_.get(); }
  std::size_t size() const { return count_; }
  std::span<double> values() { return {values_.get(), count_}; }

 private:
  struct Free {
    void operator()(double* memory) const;
  };
  std::unique_ptr<double[], Free> values_;
  std::size_t count_ = 0;
};

}  // namespace lenswright
