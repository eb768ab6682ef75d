// big_array.hpp: numbers by the gigabyte, not initialised: what is written to anyway is not written to twice.
//
// Huge pages are for what is read here and there for a long time: it then does not spend its time in looking up
// addresses. For what is allocated anew again and again they cost more than they give, most of all in virtual machines,
// which hand every freed one back to their host.
// Throws: std::bad_alloc
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace lenswright {

// Asks the system for huge pages, before the first write; where it has none, nothing changes.
void prefer_huge_pages(void* memory, std::size_t bytes);
// Asks for all of it now, in one call, which costs less than page by page when it is written to; a refusal costs nothing
// but that.
void take_memory(void* memory, std::size_t bytes);
void* allocate_big(std::size_t bytes);
void free_big(void* memory);

template <typename T>
class BigArray {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

 public:
  BigArray() = default;
  explicit BigArray(std::size_t count) : count_(count) {
    if (count > std::numeric_limits<std::size_t>::max() / 2 / sizeof(T)) throw std::bad_alloc();
    values_.reset(static_cast<T*>(allocate_big(count * sizeof(T))));
  }
  T* data() { return values_.get(); }
  const T* data() const { return values_.get(); }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t k) { return values_.get()[k]; }
  const T& operator[](std::size_t k) const { return values_.get()[k]; }
  std::span<T> values() { return {values_.get(), count_}; }

 private:
  struct Free {
    void operator()(T* memory) const { free_big(memory); }
  };
  std::unique_ptr<T, Free> values_;
  std::size_t count_ = 0;
};

// For vectors of numbers: what resize() adds is not initialised.
template <typename T>
struct Uninitialized : std::allocator<T> {
  template <typename U>
  struct rebind {
    using other = Uninitialized<U>;
  };
  using std::allocator<T>::allocator;
  template <typename U>
  void construct(U* place) noexcept {
    ::new (static_cast<void*>(place)) U;
  }
  template <typename U, typename... From>
  void construct(U* place, From&&... from) {
    ::new (static_cast<void*>(place)) U(std::forward<From>(from)...);
  }
};

}  // namespace lenswright
