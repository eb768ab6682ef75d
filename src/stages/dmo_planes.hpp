// dmo_planes.hpp: published dmo planes that replace models can start from, in place of all dmo particles.
//
// Usable is a plane that is complete, with a receipt of this project's present numerics, of the same configuration
// and transform; and, as it is read: with the receipt's digest, and all pixels whole quanta below 2^53 (above, a double
// has lost some). Whether it was made of the very particles that are read now shows once they all have been.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "geometry/transform.hpp"
#include "physics/mass_assignment.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

struct DmoPlane {
  Digest file;
  Digest snapshot;  // fingerprint of the particles that it was made of
};

class DmoPlanes {
 public:
  // Collective. Looks for those that replace planes among `products` could start from.
  DmoPlanes(const StageContext& context, const ReceiptIndex& receipts, const TransformSet& transforms,
            const std::vector<ProductId>& products);
  const DmoPlane* find(int realization, int plane) const;
  std::size_t size() const { return planes_.size(); }
  void add(int realization, int plane, const DmoPlane& of) { planes_[{realization, plane}] = of; }
  void remove(int realization, int plane) { planes_.erase({realization, plane}); }

 private:
  std::map<std::pair<int, int>, DmoPlane> planes_;
};

// Reads one into `quanta`; on failure returns why it is not to be used, and `quanta` is zero again.
std::optional<std::string> read_dmo_plane(const StageContext& context, int realization, int plane,
                                          const DmoPlane& expected, const MassQuantum& quantum,
                                          std::span<std::int64_t> quanta);

}  // namespace lenswright
