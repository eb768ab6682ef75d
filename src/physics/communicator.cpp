#include "physics/communicator.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "base/error.hpp"

namespace lenswright {

namespace {

// MPI counts are int. The library takes a new buffer as large as the piece for each reduction: one that comes from the
// heap and stays in a core's cache, not from the system, whose fresh pages cost more than the sum.
constexpr std::size_t kPieceElements = std::size_t{1} << 15;
constexpr std::size_t kBroadcastBytes = std::size_t{1} << 22;

// MPI's default error handler ends the job before a call returns, so a status other than success is a bug.
void check(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  throw Failure(std::string(call) + " failed");
}

template <typename T>
void sum_everywhere(std::span<T> values, MPI_Datatype type, MPI_Comm comm) {
  for (std::size_t first = 0; first < values.size(); first += kPieceElements) {
    const int count = static_cast<int>(std::min(kPieceElements, values.size() - first));
    check(MPI_Allreduce(MPI_IN_PLACE, values.data() + first, count, type, MPI_SUM, comm), "MPI_Allreduce");
  }
}

void broadcast_bytes(int root, std::string& text, MPI_Comm comm) {
  for (std::size_t first = 0; first < text.size(); first += kBroadcastBytes) {
    const int count = static_cast<int>(std::min(kBroadcastBytes, text.size() - first));
    check(MPI_Bcast(text.data() + first, count, MPI_CHAR, root, comm), "MPI_Bcast");
  }
}

// As far as can be told before MPI runs: a process that nothing launched, or all those of one mpirun on this node.
bool all_on_one_node() {
  const char* const all = std::getenv("OMPI_COMM_WORLD_SIZE");
  const char* const here = std::getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
  if (all && here) return std::string_view(all) == here;
  const auto is_set = [](const char* variable) { return std::getenv(variable) != nullptr; };
  constexpr std::array kLaunchers{"PMIX_RANK", "PMI_RANK", "PMI_FD", "SLURM_PROCID"};
  return std::none_of(kLaunchers.begin(), kLaunchers.end(), is_set);
}

}  // namespace

MpiSession::MpiSession(int& argc, char**& argv) {
  // Ranks of one node talk through its memory. Open MPI looks for networks all the same, for as long as a small job
  // takes, unless it is told how to send; whoever told it already is obeyed.
  if (all_on_one_node()) setenv("OMPI_MCA_pml", "ob1", 0);
  // Threads compute; only the main thread talks to MPI.
  int provided = 0;
  check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED) throw Failure("this MPI library does not allow threads beside it");
}

MpiSession::~MpiSession() {
  MPI_Finalize();
}

Communicator::Communicator(MPI_Comm comm) : comm_(comm), rank_(0), size_(1) {
  check(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
}

void Communicator::barrier() const {
  check(MPI_Barrier(comm_), "MPI_Barrier");
}

void Communicator::sum_to(int root, std::span<std::int64_t> values) const {
  for (std::size_t first = 0; first < values.size(); first += kPieceElements) {
    const int count = static_cast<int>(std::min(kPieceElements, values.size() - first));
    std::int64_t* piece = values.data() + first;
    const bool here = rank_ == root;
    check(MPI_Reduce(here ? MPI_IN_PLACE : piece, here ? piece : nullptr, count, MPI_INT64_T, MPI_SUM, root,
                     comm_),
          "MPI_Reduce");
  }
}

void Communicator::sum_all(std::span<std::int64_t> values) const {
  sum_everywhere(values, MPI_INT64_T, comm_);
}

void Communicator::sum_all(std::span<std::uint64_t> values) const {
  sum_everywhere(values, MPI_UINT64_T, comm_);
}

MPI_Request Communicator::begin_sum_all(std::span<std::int64_t> values) const {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Iallreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_INT64_T, MPI_SUM,
                       comm_, &request),
        "MPI_Iallreduce");
  // A library may only note what is to be done, and do it when it is called again, for this sum and those before it:
  // without this call the others get this rank's part when it next waits for something.
  int done = 0;
  check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
  return request;
}

void Communicator::end_sum_all(MPI_Request request) const {
  check(MPI_Wait(&request, MPI_STATUS_IGNORE), "MPI_Wait");
}

void Communicator::broadcast(int root, std::string& text) const {
  std::uint64_t length = text.size();
  check(MPI_Bcast(&length, 1, MPI_UINT64_T, root, comm_), "MPI_Bcast");
  text.resize(length);
  broadcast_bytes(root, text, comm_);
}

std::vector<std::string> Communicator::gather_all(const std::string& text) const {
  const std::uint64_t length = text.size();
  std::vector<std::uint64_t> lengths(static_cast<std::size_t>(size_));
  check(MPI_Allgather(&length, 1, MPI_UINT64_T, lengths.data(), 1, MPI_UINT64_T, comm_), "MPI_Allgather");
  std::vector<std::string> texts(lengths.size());
  for (int from = 0; from < size_; ++from) {
    std::string& part = texts[static_cast<std::size_t>(from)];
    if (from == rank_) part = text;
    part.resize(lengths[static_cast<std::size_t>(from)]);
    broadcast_bytes(from, part, comm_);
  }
  return texts;
}

void Communicator::agree(const std::string& problem) const {
  if (!any(!problem.empty())) return;
  const std::vector<std::string> problems = gather_all(problem);
  const auto first =
      std::find_if(problems.begin(), problems.end(), [](const std::string& text) { return !text.empty(); });
  const bool same = std::all_of(problems.begin(), problems.end(),
                                [&](const std::string& text) { return text == problems.front(); });
  if (same) throw InputError(*first);
  throw InputError("rank " + std::to_string(first - problems.begin()) + ": " + *first);
}

bool Communicator::any(bool value) const {
  int all = value ? 1 : 0;
  check(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MAX, comm_), "MPI_Allreduce");
  return all != 0;
}

void Communicator::abort(int status) const {
  MPI_Abort(comm_, status);
  std::_Exit(status);
}

}  // namespace lenswright
