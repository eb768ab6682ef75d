// lensplane_pass.hpp: one pass over a snapshot's particles: read, put on planes, summed over ranks, published.
//
// Ranks share the snapshot's chunks; each chunk is read once and put on every plane of the pass while it is in memory.
// A (realization, slice) holds dmo's and hydro's planes whole, and of each replace model what it changes of dmo's, in
// tiles. The ranks of a node put particles on the same planes; what nodes have is summed to different ranks in turn, which
// write at the same time, one plane each while the next is summed.
// Throws: InputError or StopRequested, on all ranks; a pass whose particles could not all be read publishes nothing
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "physics/mass_assignment.hpp"
#include "physics/plane_memory.hpp"
#include "stages/batch_feed.hpp"
#include "stages/dmo_planes.hpp"
#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_plan.hpp"
#include "stages/particle_store.hpp"
#include "stages/pass_progress.hpp"
#include "stages/plane_sizes.hpp"
#include "stages/plane_writing.hpp"

namespace lenswright {

MassKernel kernel_of(Assignment assignment);

// What all passes of a run have in common.
struct LensplaneSetting {
  const StageContext& context;
  const TransformSet& transforms;
  MassQuantum quantum;
  int threads = 1;
  std::size_t batch_particles = 0;
  const RankGroups& groups;
  const PlaneSizes& sizes;
  // Their memory goes from one pass to the next.
  PlaneMemory& memory;
  MassAssignment& assignment;
  BatchFeed::Buffers& buffers;
  ParticleStore* store = nullptr;  // keeps particles for the passes that follow; null: each pass reads them
};

// Fingerprints of snapshots that were read before, by simulation and snapshot index: reading one again must give the
// same.
using SnapshotFingerprints = std::map<std::pair<Simulation, int>, Digest>;

class LensplanePassRun {
 public:
  // Collective, as are all methods. `title` ends what progress shows, as ", pass 1 of 3".
  LensplanePassRun(const LensplaneSetting& setting, const LensplaneInputs& inputs, const LensplanePass& pass,
                   std::string title = {});
  // From here on dmo's planes of these are not made of particles but of what is published, where that holds good;
  // others are removed from `planes`.
  void start_from(DmoPlanes& planes);
  // False: a plane that this pass started from was made of other particles than those read; do the pass again
  // without (it has been removed from `planes`).
  bool read_particles(SnapshotFingerprints& fingerprints, DmoPlanes& planes);
  // Returns the number of planes published, the last of each rank still on its way in `writing`; goes_on: while the next
  // pass takes the memory of this one.
  std::size_t publish(PlaneWriting& writing, bool goes_on);

 private:
  struct UnitPlanes {
    const PlaneUnit* unit = nullptr;
    std::span<std::int64_t> dmo;                       // all dmo particles; empty: nobody needs them
    std::span<std::int64_t> hydro;                     // all hydro particles
    std::vector<std::shared_ptr<TiledPlane>> of_rule;  // what the models asked for change of dmo's plane
    std::vector<TiledPlane*>
        ring_target;  // where particles of a rule's ring go: the next larger region asked for; then overlaps
    bool dmo_is_read = false;  // from a published plane
  };
  struct Output {
    ProductId id;
    std::span<std::int64_t> whole;
    std::shared_ptr<TiledPlane> change;  // null: `whole` is the plane
  };
  std::vector<TileSet> changed_tiles() const;
  void allocate();
  int plane_of(const PlaneUnit& unit) const;
  // What is read of one simulation, by this rank or by all.
  struct Reading {
    Simulation simulation;
    std::string name;
    DigestSum digest;              // of this rank's chunks
    std::int64_t coarse_mass = 0;  // of all ranks' particles
    KeptSimulation kept;
  };
  void read_simulations(const std::vector<Simulation>& simulations, SnapshotFingerprints& fingerprints);
  void read_batches(std::vector<BatchFeed::Source> sources, std::vector<Reading>& readings,
                    PassProgress& progress);
  void put_down_kept(Simulation simulation, KeptSimulation& kept);
  void deposit(Simulation simulation, const ParticleBatch& batch, const std::vector<BatchMembers>& members);
  void join_rings();
  ProductRecord record_of(const Output& output) const;

  const LensplaneSetting& setting_;
  const StageContext& context_;
  const LensplaneInputs& inputs_;
  const LensplanePass& pass_;
  std::string title_;
  std::shared_ptr<const ReplacementRegions> regions_;
  std::map<int, std::vector<UnitPlanes>> units_;  // by realization
  std::map<int, BandLocks> locks_;                // of each; none where a rank has its planes for itself
  std::vector<Output> outputs_;
  std::set<const std::int64_t*> summed_;  // over groups
  std::map<Simulation, Digest> read_;     // fingerprints of this pass
};

}  // namespace lenswright
