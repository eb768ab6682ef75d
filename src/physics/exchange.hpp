// exchange.hpp: pieces of arrays from every rank to every rank.
#pragma once

#include <span>
#include <vector>

#include "physics/communicator.hpp"

namespace lenswright {

// Collective. pieces[r] goes to rank r; the result holds what came from ranks 0, 1, ..., one after the other.
// received[r]: how many values come from rank r. At most 2^31 - 1 values each way.
std::vector<double> exchange(const Communicator& ranks, const std::vector<std::span<const double>>& pieces,
                             const std::vector<int>& received);

}  // namespace lenswright
