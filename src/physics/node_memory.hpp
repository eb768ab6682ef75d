// node_memory.hpp: the ranks that share a machine, and arrays that they share in its memory.
#pragma once

#include <cstddef>
#include <span>

#include "base/big_array.hpp"
#include "physics/communicator.hpp"

namespace lenswright {

// The ranks of one node, as a communicator of their own. Collective over `ranks`.
class NodeRanks {
 public:
  explicit NodeRanks(const Communicator& ranks);
  ~NodeRanks();
  NodeRanks(const NodeRanks&) = delete;
  NodeRanks& operator=(const NodeRanks&) = delete;
  const Communicator& ranks() const { return node_; }

 private:
  MPI_Comm comm_;
  Communicator node_;
};

// Doubles that exist once per node: the node's first rank writes them, after publish() all may read.
// Throws Failure if the memory is not to be had.
class NodeArray {
 public:
  NodeArray(const NodeRanks& node, std::size_t count);  // collective over the node
  ~NodeArray();
  NodeArray(const NodeArray&) = delete;
  NodeArray& operator=(const NodeArray&) = delete;
  std::span<double> values() { return values_; }
  // Collective over the node: what the first rank wrote before is what all see after.
  void publish();

 private:
  const NodeRanks& node_;
  MPI_Win window_ = MPI_WIN_NULL;  // unused where a rank has the node for itself
  BigArray<double> own_;
  std::span<double> values_;
};

}  // namespace lenswright
