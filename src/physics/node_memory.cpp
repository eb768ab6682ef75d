#include "physics/node_memory.hpp"

#include <fmt/format.h>

#include <exception>

#include "base/error.hpp"

namespace lenswright {

namespace {

MPI_Comm ranks_of_this_node(const Communicator& ranks) {
  MPI_Comm node = MPI_COMM_NULL;
  MPI_Comm_split_type(ranks.handle(), MPI_COMM_TYPE_SHARED, ranks.rank(), MPI_INFO_NULL, &node);
  return node;
}

}  // namespace

NodeRanks::NodeRanks(const Communicator& ranks) : comm_(ranks_of_this_node(ranks)), node_(comm_) {}

// To free a communicator or a window takes all its ranks. While an exception passes, the others may be
// elsewhere and never come: then it is left to the end of the program.
NodeRanks::~NodeRanks() {
  if (std::uncaught_exceptions() > 0) return;
  MPI_Comm_free(&comm_);
}

NodeArray::NodeArray(const NodeRanks& node, std::size_t count) : node_(node) {
  if (node_.ranks().size() == 1) {
    own_ = BigArray<double>(count);
    values_ = own_.values();
    prefer_huge_pages(own_.data(), count * sizeof(double));
    return;
  }
  const MPI_Comm comm = node_.ranks().handle();
  const MPI_Aint bytes = node_.ranks().first() ? static_cast<MPI_Aint>(count * sizeof(double)) : 0;
  void* here = nullptr;
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  const int status = MPI_Win_allocate_shared(bytes, sizeof(double), MPI_INFO_NULL, comm, &here, &window_);
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_ARE_FATAL);
  if (status != MPI_SUCCESS)
    throw Failure(fmt::format("cannot share {} MB of memory between the ranks of a node (is /dev/shm full?)",
                              count * sizeof(double) / 1000000));
  MPI_Aint size = 0;
  int unit = 0;
  double* first = nullptr;
  MPI_Win_shared_query(window_, 0, &size, &unit, &first);
  values_ = {first, count};
  prefer_huge_pages(first, count * sizeof(double));  // of shared memory, too, where the system is set so
  MPI_Win_lock_all(MPI_MODE_NOCHECK, window_);
}

NodeArray::~NodeArray() {
  if (window_ == MPI_WIN_NULL || std::uncaught_exceptions() > 0) return;
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

void NodeArray::publish() {
  if (window_ == MPI_WIN_NULL) return;
  MPI_Win_sync(window_);
  node_.ranks().barrier();
  MPI_Win_sync(window_);
}

}  // namespace lenswright
