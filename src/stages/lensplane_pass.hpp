// lensplane_pass.hpp: one pass over a snapshot's particles: read, put on planes, summed over ranks, published.
//
// Ranks share the snapshot's chunks; each chunk is read once and put on every plane of the pass while it is in memory.
// Planes are summed onto different ranks in turn, which write them at the same time.
// Throws: InputError or StopRequested, on all ranks; a pass whose particles could not all be read publishes nothing
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "physics/mass_assignment.hpp"
#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_plan.hpp"

namespace lenswright {

// What all passes of a run have in common.
struct LensplaneSetting {
  const StageContext& context;
  const TransformSet& transforms;
  MassQuantum quantum;
  int threads = 1;
  std::size_t batch_particles = 0;
};

class LensplanePassRun {
 public:
  // Fingerprints of snapshots that were read before, by simulation and snapshot index: reading one again must give
  // the same.
  using Fingerprints = std::map<std::pair<Simulation, int>, Digest>;

  // Collective, as are all methods.
  LensplanePassRun(const LensplaneSetting& setting, const LensplaneInputs& inputs, const LensplanePass& pass);
  void read_particles(Fingerprints& fingerprints);
  // Returns the number of planes published.
  std::size_t publish(ReceiptBook& book);

 private:
  struct UnitPlanes {
    const PlaneUnit* unit = nullptr;
    QuantaPlane* dmo = nullptr;         // all dmo particles
    QuantaPlane* hydro = nullptr;       // all hydro particles
    std::vector<QuantaPlane*> of_rule;  // what is asked for
    std::vector<QuantaPlane*>
        ring_target;              // where particles of a rule's ring go: the next larger region asked for
    bool dmo_is_of_rule = false;  // a single replace model starts as dmo in its own plane
  };
  struct Output {
    ProductId id;
    QuantaPlane* plane;
  };
  void allocate();
  void read_simulation(Simulation simulation, Fingerprints& fingerprints);
  void deposit(Simulation simulation, const ParticleBatch& batch, MassAssignment& assignment) const;
  void join_rings();
  Published write(const Output& output) const;
  ProductRecord record_of(const Output& output, const Published& published) const;

  const LensplaneSetting& setting_;
  const StageContext& context_;
  const LensplaneInputs& inputs_;
  const LensplanePass& pass_;
  ReplacementRegions regions_;
  std::vector<QuantaPlane> planes_;
  std::map<int, std::vector<UnitPlanes>> units_;  // by realization
  std::vector<Output> outputs_;
  std::map<Simulation, Digest> read_;  // fingerprints of this pass
};

}  // namespace lenswright
