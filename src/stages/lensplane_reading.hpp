// lensplane_reading.hpp: a snapshot's particles, read once for one or several passes: their whole planes are made while
// the particles come by, and who is inside replacement regions is told.
//
// Ranks share the snapshot's chunks; each chunk is read once and put on every whole plane of all passes while it is in
// memory. The ranks of a node put particles on the same planes.
// Out:    whole planes, N x N row-major, quanta per pixel
// Throws: InputError or StopRequested, on all ranks
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "physics/halo_replacement.hpp"
#include "physics/mass_assignment.hpp"
#include "physics/plane_memory.hpp"
#include "stages/batch_feed.hpp"
#include "stages/dmo_planes.hpp"
#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_plan.hpp"
#include "stages/pass_progress.hpp"
#include "stages/plane_sizes.hpp"

namespace lenswright {

MassKernel kernel_of(Assignment assignment);

// What all readings and passes of a run have in common.
struct LensplaneSetting {
  const StageContext& context;
  const TransformSet& transforms;
  MassQuantum quantum;
  int threads = 1;
  std::size_t batch_particles = 0;
  const RankGroups& groups;
  const PlaneSizes& sizes;
  // Their memory goes from one reading or pass to the next.
  PlaneMemory& whole_memory;
  PlaneMemory& tile_memory;
  MassAssignment& assignment;
  BatchFeed::Buffers& buffers;
};

// Fingerprints of snapshots that were read before, by simulation and snapshot index: reading one again must give the
// same.
using SnapshotFingerprints = std::map<std::pair<Simulation, int>, Digest>;

class LensplaneReading {
 public:
  // Of one (realization, slice), all particles of a simulation; empty: nobody needs them.
  struct WholePlanes {
    std::span<std::int64_t> dmo, hydro;
    bool dmo_is_read = false;  // from a published plane
  };
  // What a batch has inside regions, one BatchMembers per word; the batch is gone after the call.
  using TakeMembers = std::function<void(Simulation, const ParticleBatch&, const std::vector<BatchMembers>&)>;

  // Collective, as is every method but those of what there is. `title` ends what progress shows, as ", pass 1 of 3".
  LensplaneReading(const LensplaneSetting& setting, const LensplaneInputs& inputs,
                   std::span<const LensplanePass> passes, std::string title = {});
  // From here on dmo's planes of these are not made of particles but of what is published, where that holds good;
  // others are removed from `planes`.
  void start_from(DmoPlanes& planes);
  // False: a plane that this started from was made of other particles than those read; read again without (it has
  // been removed from `planes`). `take` is called by this rank's own batches: it must not be collective.
  bool read_particles(SnapshotFingerprints& fingerprints, DmoPlanes& planes, const TakeMembers& take);
  // One of the whole planes over all groups of ranks; the same call again does nothing.
  void sum_over_groups(std::span<std::int64_t> whole);

  const LensplaneInputs& inputs() const { return inputs_; }
  const WholePlanes& planes(int realization, int slice) const { return whole_.at({realization, slice}); }
  const BandLocks* locks(int realization) const;  // nullptr: this rank has its planes for itself
  const ReplacementRegions& regions() const { return *regions_; }
  const SnapshotTransform& transform(int realization) const;
  Digest fingerprint(Simulation simulation) const { return read_.at(simulation); }

 private:
  // What is read of one simulation, by this rank or by all.
  struct Reading {
    Simulation simulation;
    std::string name;
    DigestSum digest;              // of this rank's chunks
    std::int64_t coarse_mass = 0;  // of all ranks' particles
  };
  void allocate();
  int plane_of(int slice) const;
  void read_batches(std::vector<BatchFeed::Source> sources, std::vector<Reading>& readings,
                    PassProgress& progress, const TakeMembers& take);
  void put_down(Simulation simulation, const ParticleBatch& batch);

  const LensplaneSetting& setting_;
  const StageContext& context_;
  const LensplaneInputs& inputs_;
  const LensplanePass all_;  // passes as one
  std::string title_;
  std::unique_ptr<const ReplacementRegions> regions_;
  std::map<std::pair<int, int>, WholePlanes> whole_;  // by realization and slice
  std::map<int, BandLocks> locks_;                    // by realization
  std::set<const std::int64_t*> summed_;              // over groups
  std::map<Simulation, Digest> read_;                 // fingerprints
};

}  // namespace lenswright
