// band_locks.hpp: whose turn it is to write to a band of a plane's rows, among the ranks that share the plane.
//
// Shares reach one row beyond a band, so a band excludes itself and its two neighbours: who writes to it holds the edge
// before it and the edge after it. Edges are taken in ascending order, so nobody waits in a circle; what is waited for
// is a fraction of a millisecond.
#pragma once

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lenswright {

class BandLocks {
 public:
  // edges: bands of each slice, slice by slice; all zero at first, in memory that the ranks share.
  // start: at which part of the bands, in [0, 1), this rank begins, so that ranks do not all want the same one.
  BandLocks(std::span<std::int64_t> edges, int bands, double start)
      : edges_(edges), bands_(bands), start_(start) {}

  // The first of `count` tasks.
  int first_of(int count) const { return static_cast<int>(start_ * count); }

  // A band of a slice, held until destroyed.
  class Hold {
   public:
    // Of no locks, nothing: nobody else wants the band.
    Hold(const BandLocks* locks, int slice, int band, bool waits) {
      if (!locks) return;
      std::int64_t* const edges = locks->edges_.data() + static_cast<std::ptrdiff_t>(slice) * locks->bands_;
      const auto [lower, upper] = std::minmax({band, (band + 1) % locks->bands_});
      is_held_ = take(0, edges + lower, waits) && (upper == lower || take(1, edges + upper, waits));
    }
    ~Hold() {
      for (std::int64_t* const edge : edges_)
        if (edge) Edge(*edge).store(0, std::memory_order_release);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    // False: another rank has the band or its neighbour, and this one was not to wait.
    bool is_held() const { return is_held_; }

   private:
    // Between processes, so the lock has to be the number itself.
    using Edge = std::atomic_ref<std::int64_t>;
    static_assert(Edge::is_always_lock_free);
    bool take(std::size_t which, std::int64_t* edge, bool waits) {
      while (Edge(*edge).exchange(1, std::memory_order_acquire) != 0) {
        if (!waits) return false;
        sched_yield();
      }
      edges_[which] = edge;
      return true;
    }
    std::array<std::int64_t*, 2> edges_{};
    bool is_held_ = true;
  };

 private:
  std::span<std::int64_t> edges_;
  int bands_;
  double start_;
};

}  // namespace lenswright
