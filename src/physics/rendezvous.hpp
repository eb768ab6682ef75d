// rendezvous.hpp: a place where ranks that failed meet, apart from all other communication.
#pragma once

#include <chrono>

#include "physics/communicator.hpp"

namespace lenswright {

class Rendezvous {
 public:
  explicit Rendezvous(const Communicator& ranks);  // collective
  ~Rendezvous();
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;
  // Waits for all other ranks to come here too; false if some have not after `patience`: they are at work, or wait
  // elsewhere for this one. Once per rendezvous.
  bool all_come(std::chrono::milliseconds patience) const;
  // For what they have to say to each other once all are here.
  const Communicator& ranks() const { return ranks_; }

 private:
  MPI_Comm comm_;
  Communicator ranks_;
};

}  // namespace lenswright
