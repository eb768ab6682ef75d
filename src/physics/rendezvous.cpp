#include "physics/rendezvous.hpp"

#include <thread>

namespace lenswright {

namespace {

MPI_Comm duplicate(MPI_Comm comm) {
  MPI_Comm copy = MPI_COMM_NULL;
  MPI_Comm_dup(comm, &copy);
  return copy;
}

}  // namespace

Rendezvous::Rendezvous(const Communicator& ranks) : comm_(duplicate(ranks.handle())), ranks_(comm_) {}

Rendezvous::~Rendezvous() {
  MPI_Comm_free(&comm_);
}

bool Rendezvous::all_come(std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(comm_, &request);
  for (int all_here = 0;;) {
    MPI_Test(&request, &all_here, MPI_STATUS_IGNORE);
    if (all_here != 0) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace lenswright
