// plane_writing.hpp: one mass plane on its way to disk while the rank goes on with its work.
//
// At most one is in flight: to start another waits for the one before. Not collective; touches neither MPI nor HDF5.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <span>

#include "physics/mass_assignment.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

// What a plane is the sum of; nobody changes either until it is written.
struct PlaneParts {
  std::span<const std::int64_t> whole;
  std::shared_ptr<const TiledPlane> change;  // may be null
  std::shared_ptr<const QuantaPlane> own;    // where `whole` lies, if nobody else keeps it
};

// The same plane in memory of its own.
PlaneParts detached(const PlaneParts& parts, int grid);

// Writes and publishes. Throws NumericError for a negative pixel; IoError.
Published write_mass_plane(const StageContext& context, const ProductId& id, const PlaneParts& parts,
                           const MassQuantum& quantum);

class PlaneWriting {
 public:
  explicit PlaneWriting(ReceiptBook& book) : book_(book) {}
  // `record` lacks the file yet. Throws what the plane before met.
  void start(const StageContext& context, const ProductId& id, PlaneParts parts, const MassQuantum& quantum,
             ProductRecord record);
  // Waits; adds the record to the book. Throws what writing met.
  void finish();
  // The same, for a run that has failed already.
  void finish_quietly() noexcept;

 private:
  struct Flight {
    ProductRecord record;
    std::future<Published> published;
    std::string path;
  };
  ReceiptBook& book_;
  std::optional<Flight> flight_;
};

}  // namespace lenswright
