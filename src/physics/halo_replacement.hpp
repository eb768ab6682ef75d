// halo_replacement.hpp: which particles lie inside the halos of each replacement rule, for all rules at once.
//
// In:     halos (centre, M200c, R200c) and particles in the box's own coordinates, before any transform
// Out:    per particle the set of rules whose region it belongs to, as rings (below)
// Units:  Mpc/h, Msun/h
// Rule:   a halo is selected if lower <= m200c < upper; a particle is inside if d^2 <= (factor r200c)^2 for
// at
//         least one selected halo, d the periodic minimum-image distance; all in double (docs/formats.md)
// Rings:  regions of one mass bin are nested in each other in the order of their radius factors, so a
// particle is
//         put down once per bin, in the smallest region that holds it; the sum of a region's planes from the
//         smallest factor up to its own is the region's plane. Exact, since the sums are integers.
// How:    a periodic grid of cells, each with the halos whose largest region reaches it: one look-up per
// particle
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "physics/mass_assignment.hpp"

namespace lenswright {

struct HaloSphere {
  std::array<double, 3> centre;
  double m200c;
  double r200c;
};

struct ReplacementRule {
  double lower_msun_h = 0;                                        // included
  double upper_msun_h = std::numeric_limits<double>::infinity();  // excluded
  double radius_factor = 1;
  bool operator==(const ReplacementRule&) const = default;
};
inline bool selects(const ReplacementRule& rule, double m200c) {
  return rule.lower_msun_h <= m200c && m200c < rule.upper_msun_h;
}

class ReplacementRegions {
 public:
  // Halos that no rule selects are left out. `rules` in any order, without repetition.
  ReplacementRegions(std::vector<ReplacementRule> rules, const std::vector<HaloSphere>& halos,
                     double box_mpc_h);

  // Rules are numbered by mass bin, then ascending radius factor: rule k is bit k % kSetBits of word
  // k / kSetBits.
  const std::vector<ReplacementRule>& rules() const { return rules_; }
  std::size_t words() const { return words_; }
  // Whether rule k - 1 is the next smaller region of the same mass bin.
  bool holds_previous(std::size_t rule) const;

  // One BatchMembers per word: the particles that are inside at least one region of it, with their rings.
  std::vector<BatchMembers> find_members(const ParticleBatch& batch, int threads) const;

  std::size_t memory_bytes() const;

 private:
  struct Halo {
    std::array<double, 3> centre;
    std::uint32_t mass_class;  // which rules select it
    std::uint32_t thresholds;  // first of its squared radii, ascending, one per distinct factor
  };
  void number_rules(std::vector<ReplacementRule> rules);
  void select_halos(const std::vector<HaloSphere>& halos);
  void build_cells();
  // The set of all rules that hold this point, or'ed into `set`; false if there is none.
  bool find_set(const std::array<double, 3>& point, std::uint64_t* set) const;
  std::size_t cell_of(double x) const;

  double box_;
  std::vector<ReplacementRule> rules_;
  std::size_t words_ = 0;
  std::vector<double> factors_;            // distinct, ascending
  std::vector<std::uint64_t> bin_starts_;  // per word: bits of rules that start a mass bin
  std::vector<std::uint64_t> class_sets_;  // [mass class][factor][word]: rules at or above that factor
  std::vector<Halo> halos_;
  std::vector<double> squared_radii_;      // [halo][factor]
  std::size_t cells_ = 1;                  // per axis
  std::vector<std::uint32_t> cell_begin_;  // one more than cells
  std::vector<std::uint32_t> cell_halos_;
};

}  // namespace lenswright
