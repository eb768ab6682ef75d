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
// Unions: where the halos of a mass bin are exactly those of two others together (12.5 and up: 12.5 to 13, 13 and up),
//         or of one, it gets none of its particles but, at the end, the planes of those: a particle is put down for
//         one bin and not for each of five. What lies in both parts, few particles, is taken away once.
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
  // Halos that no rule selects are left out. `rules` in any order, without repetition. with_unions: for whoever makes the
  // planes of all rules.
  ReplacementRegions(std::vector<ReplacementRule> rules, const std::vector<HaloSphere>& halos,
                     double box_mpc_h, bool with_unions = false);

  // Rules are numbered by mass bin, then ascending radius factor: rule k is bit k % kSetBits of word
  // k / kSetBits.
  const std::vector<ReplacementRule>& rules() const { return rules_; }
  std::size_t words() const { return words_; }
  // Whether rule k - 1 is the next smaller region of the same mass bin.
  bool holds_previous(std::size_t rule) const;

  struct Union {
    std::size_t rule;
    std::vector<std::size_t> parts;  // rules of the same factor
  };
  // When all rings are joined, the planes of the parts are to be added to the rule's, in this order.
  const std::vector<Union>& unions() const { return unions_; }
  // Bits beyond those of rules: the plane of which rule what lies in both parts of a union is taken from.
  const std::vector<std::size_t>& overlap_rules() const { return overlap_rules_; }

  // One BatchMembers per word: the particles that are inside at least one region of it, with their rings, and with
  // overlaps as rings, too: bits of the innermost in which both parts hold the particle.
  std::vector<BatchMembers> find_members(const ParticleBatch& batch, int threads) const;

  std::size_t memory_bytes() const;

 private:
  struct Halo {
    std::array<double, 3> centre;
    std::uint32_t mass_class;  // which rules select it
    std::uint32_t thresholds;  // first of its squared radii, ascending, one per distinct factor
  };
  // How many of a point's halos' mass classes differ.
  enum class Classes { none, one, several };
  struct Overlap {
    std::size_t one, other;  // rules
    bool holds_previous;     // the one before is the next smaller of the same bin
  };
  void number_rules(std::vector<ReplacementRule> rules);
  void find_unions();
  void add_overlaps(const std::vector<std::uint64_t>& set, std::vector<std::uint64_t>& rings) const;
  void select_halos(const std::vector<HaloSphere>& halos);
  void build_cells();
  // The set of all rules that hold this point, or'ed into `set`.
  Classes find_set(const std::array<double, 3>& point, std::uint64_t* set) const;
  std::size_t cell_of(double x) const;

  double box_;
  std::vector<ReplacementRule> rules_;
  std::size_t words_ = 0;
  std::vector<double> factors_;            // distinct, ascending
  std::vector<std::uint64_t> bin_starts_;  // per word: bits of rules that start a mass bin
  std::vector<std::uint64_t> own_;         // per word: bits of rules that particles are put down for
  std::vector<Union> unions_;
  std::vector<Overlap> overlaps_;
  std::vector<std::size_t> overlap_rules_;
  std::vector<std::uint64_t> overlap_bits_;  // per word
  std::vector<std::uint64_t> class_sets_;    // [mass class][factor][word]: rules at or above that factor
  std::vector<Halo> halos_;
  std::vector<double> squared_radii_;      // [halo][factor]
  std::size_t cells_ = 1;                  // per axis
  std::vector<std::uint32_t> cell_begin_;  // one more than cells
  std::vector<std::uint32_t> cell_halos_;
};

}  // namespace lenswright
