// job_usage.hpp: what all ranks of a program have taken so far, together.
#pragma once

#include "ledger/job_facts.hpp"
#include "physics/communicator.hpp"

namespace lenswright {

// Collective; the same on all ranks.
JobUsage job_usage(const Communicator& ranks);

}  // namespace lenswright
