// rank_groups.hpp: ranks that put particles on the same planes, in memory that they share, and sums over such groups.
//
// A group is the ranks of a node; a rank alone where a node's ranks cannot share memory. What a group holds exists once:
// within it nothing is summed, only between groups.
// Not:    NodeArray of node_memory.hpp, an MPI window, which has one size for its life and lies in /dev/shm, often small
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "physics/communicator.hpp"

namespace lenswright {

class RankGroups {
 public:
  // Collective. most: ranks of a group at most.
  explicit RankGroups(const Communicator& ranks, int most = std::numeric_limits<int>::max());
  ~RankGroups();
  RankGroups(const RankGroups&) = delete;
  RankGroups& operator=(const RankGroups&) = delete;

  const Communicator& ranks() const { return ranks_; }
  const Communicator& group() const { return group_; }  // this rank's own
  int count() const { return groups_; }                 // of groups
  // Collective over the group: a file in memory that its ranks share, empty at first, gone with the last of them, to be
  // closed by the caller; -1 on all of them: a rank alone, or it cannot be had.
  int share_file() const;

  // Collective over the group: what its ranks wrote to shared memory before is what they read after.
  void settle() const;
  // Collective over all ranks. `values`: of each group, in memory that its ranks share; settled before. After, those of
  // every group, or of the group that `root` is in, are the sum over groups.
  void sum_all(std::span<std::int64_t> values) const;
  void sum_to(int root, std::span<std::int64_t> values) const;

 private:
  const Communicator& ranks_;
  Communicator group_, firsts_;  // firsts: the first rank of each group, where this is one
  bool has_firsts_ = false;
  std::vector<int> group_of_;  // of each rank, in the order of `firsts`
  int groups_ = 1;
};

}  // namespace lenswright
