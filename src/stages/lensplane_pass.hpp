// lensplane_pass.hpp: mass planes of some (realization, slice)s, from their whole planes and what is inside replacement
// regions to published files.
//
// A (realization, slice) holds dmo's and hydro's planes whole, which the reading makes, and of each replace model what it
// changes of dmo's, in tiles, which the pass makes. The ranks of a node put particles on the same planes; what nodes have
// is summed to different ranks in turn, which write at the same time, one plane each while the next is summed.
// Throws: InputError or StopRequested, on all ranks
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stages/lensplane_reading.hpp"
#include "stages/plane_writing.hpp"

namespace lenswright {

class LensplanePassRun {
 public:
  // Collective. One run at a time: each takes the memory of the one before. `title` ends what progress shows, as
  // ", pass 1 of 3".
  LensplanePassRun(const LensplaneSetting& setting, LensplaneReading& reading, const LensplanePass& pass,
                   std::string title = {});
  // Members of word `word` of the reading's regions. Not collective.
  void put_down(Simulation simulation, const ParticleBatch& batch, const BatchMembers& members,
                std::size_t word);
  // Collective, after all members of all ranks are put down. Returns the number of planes made, some of them still on
  // their way in `writing`.
  std::size_t publish(PlaneWriting& writing);

 private:
  struct UnitChanges {
    const PlaneUnit* unit = nullptr;
    std::vector<std::shared_ptr<TiledPlane>> of_rule;  // what the models asked for change of dmo's plane
    std::vector<TiledPlane*>
        ring_target;  // where particles of a rule's ring go: the next larger region asked for; then overlaps
  };
  struct Output {
    ProductId id;
    std::span<std::int64_t> whole;
    std::shared_ptr<TiledPlane> change;  // null: `whole` is the plane
  };
  std::vector<TileSet> changed_tiles() const;
  void allocate();
  int plane_of(const PlaneUnit& unit) const;
  void join_rings();
  ProductRecord record_of(const Output& output) const;

  const LensplaneSetting& setting_;
  const StageContext& context_;
  LensplaneReading& reading_;
  const LensplanePass& pass_;
  std::string title_;
  std::map<int, std::vector<UnitChanges>> units_;  // by realization
  std::vector<Output> outputs_;
};

}  // namespace lenswright
