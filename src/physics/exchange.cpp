#include "physics/exchange.hpp"

#include <cassert>
#include <cstddef>

namespace lenswright {

std::vector<double> exchange(const Communicator& ranks, const std::vector<std::span<const double>>& pieces,
                             const std::vector<int>& received) {
  const std::size_t n = static_cast<std::size_t>(ranks.size());
  assert(pieces.size() == n && received.size() == n);
  std::vector<int> sent(n), sent_at(n), received_at(n);
  std::vector<double> out;
  std::size_t total = 0;
  for (std::size_t r = 0; r < n; ++r) {
    sent[r] = static_cast<int>(pieces[r].size());
    sent_at[r] = static_cast<int>(out.size());
    out.insert(out.end(), pieces[r].begin(), pieces[r].end());
    received_at[r] = static_cast<int>(total);
    total += static_cast<std::size_t>(received[r]);
  }
  std::vector<double> in(total);
  MPI_Alltoallv(out.data(), sent.data(), sent_at.data(), MPI_DOUBLE, in.data(), received.data(),
                received_at.data(), MPI_DOUBLE, ranks.handle());
  return in;
}

}  // namespace lenswright
