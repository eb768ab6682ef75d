// grid2d.hpp: a square row-major grid; pixel (i, j) is element j + side * i.
#pragma once

#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

namespace lenswright {

template <typename T>
class Grid2d {
 public:
  Grid2d() = default;
  explicit Grid2d(int side, T value = T{})
      : side_(side), values_(static_cast<std::size_t>(side) * static_cast<std::size_t>(side), value) {}

  int side() const { return side_; }
  std::size_t size() const { return values_.size(); }
  T& operator()(int i, int j) { return values_[index(i, j)]; }
  const T& operator()(int i, int j) const { return values_[index(i, j)]; }
  T& operator[](std::size_t element) { return values_[element]; }
  const T& operator[](std::size_t element) const { return values_[element]; }
  std::span<T> values() { return values_; }
  std::span<const T> values() const { return values_; }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  bool operator==(const Grid2d&) const = default;

 private:
  std::size_t index(int i, int j) const {
    assert(i >= 0 && i < side_ && j >= 0 && j < side_);
    return static_cast<std::size_t>(j) + static_cast<std::size_t>(side_) * static_cast<std::size_t>(i);
  }
  int side_ = 0;
  std::vector<T> values_;
};

}  // namespace lenswright
