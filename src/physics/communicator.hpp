// communicator.hpp: the ranks that work together, as a value; the MPI calls that this project uses, each
// wrapped once.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lenswright {

// MPI_Init_thread on construction, MPI_Finalize on destruction. One per program, in main.
class MpiSession {
 public:
  MpiSession(int& argc, char**& argv);
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
};

class Communicator {
 public:
  Communicator() : Communicator(MPI_COMM_WORLD) {}
  explicit Communicator(MPI_Comm comm);
  int rank() const { return rank_; }
  int size() const { return size_; }
  bool first() const { return rank_ == 0; }
  MPI_Comm handle() const { return comm_; }

  void barrier() const;
  // Sums element by element onto `root`; elsewhere `values` keep what they had. In small
  // pieces, so that the library's buffer is small, too.
  void sum_to(int root, std::span<std::int64_t> values) const;
  void sum_all(std::span<std::int64_t> values) const;
  void sum_all(std::span<std::uint64_t> values) const;  // wraps modulo 2^64
  // The same, begun now and waited for later; REQUIRES: until then `values` stay where they are and as they are, and
  // other collectives may run in between, on all ranks alike.
  MPI_Request begin_sum_all(std::span<std::int64_t> values) const;
  void end_sum_all(MPI_Request request) const;
  void broadcast(int root, std::string& text) const;
  std::vector<std::string> gather_all(const std::string& text) const;
  // Ranks agree before a collective: if any rank's `problem` is not empty, all throw InputError with the
  // first one (lowest rank), named by its rank if `problem` differs between ranks.
  void agree(const std::string& problem) const;
  bool any(bool value) const;
  // Ends all ranks with this exit status; for a failure outside of an agreement.
  [[noreturn]] void abort(int status) const;

 private:
  MPI_Comm comm_;
  int rank_, size_;
};

}  // namespace lenswright
