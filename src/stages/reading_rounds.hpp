// reading_rounds.hpp: what ranks that read snapshots together tell each other, batch by batch.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "campaign/product_graph.hpp"
#include "physics/communicator.hpp"

namespace lenswright {

// What ranks tell each other after each batch.
struct Round {
  std::array<std::int64_t, 7> values{};
  std::int64_t& failed() { return values[0]; }
  std::int64_t& stopped() { return values[1]; }
  std::int64_t& unfinished() { return values[2]; }
  std::int64_t& particles() { return values[3]; }
  std::int64_t& chunks() { return values[4]; }
  std::int64_t& coarse_mass(Simulation simulation) { return values[simulation == Simulation::dmo ? 5 : 6]; }
};

// Rounds on their way: ranks tell each other of a batch and go on to the next ones. A sum may come through only when the
// others call MPI again, a batch later; who waited for each would keep step with the slowest batch of all.
class Rounds {
 public:
  explicit Rounds(const Communicator& ranks) : ranks_(ranks) {}
  ~Rounds() { assert(begun_ == ended_ && "a sum may still write here"); }
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;

  // Collective. Returns the sum of the round that was told kAhead rounds before, if there was one.
  std::optional<Round> tell(const Round& mine) {
    Flight& flight = flights_[begun_++ % flights_.size()];
    flight.round = mine;
    flight.request = ranks_.begin_sum_all(std::span<std::int64_t>(flight.round.values));
    if (begun_ - ended_ <= kAhead) return std::nullopt;
    return next();
  }
  // Those that are still on their way.
  void finish() {
    while (ended_ < begun_) next();
  }

 private:
  static constexpr std::size_t kAhead = 3;
  struct Flight {
    Round round;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  Round next() {
    Flight& flight = flights_[ended_++ % flights_.size()];
    ranks_.end_sum_all(flight.request);
    return flight.round;
  }
  const Communicator& ranks_;
  std::array<Flight, kAhead + 1> flights_;
  std::size_t begun_ = 0, ended_ = 0;
};

}  // namespace lenswright
