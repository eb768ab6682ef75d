#include "physics/halo_replacement.hpp"

#include <omp.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

namespace lenswright {

namespace {

constexpr std::size_t kMostCells = 128;  // per axis
// Cells per selected halo: most cells are then empty or hold a few halos.
constexpr double kCellsPerHalo = 64;
// How much further than its radius a halo is entered into cells, relative to the box: far more than the
// rounding of positions and cell numbers, far less than a cell.
constexpr double kReachMargin = 1e-9;

double minimum_image(double difference, double box) {
  if (difference > 0.5 * box) return difference - box;
  if (difference < -0.5 * box) return difference + box;
  return difference;
}

auto order_of(const ReplacementRule& rule) {
  return std::tuple(rule.lower_msun_h, rule.upper_msun_h, rule.radius_factor);
}

bool same_bin(const ReplacementRule& a, const ReplacementRule& b) {
  return a.lower_msun_h == b.lower_msun_h && a.upper_msun_h == b.upper_msun_h;
}

bool has_bit(const std::uint64_t* words, std::size_t bit) {
  return (words[bit / kSetBits] >> (bit % kSetBits) & 1) != 0;
}

void set_bit(std::vector<std::uint64_t>& words, std::size_t bit, bool value) {
  const std::uint64_t mask = std::uint64_t{1} << (bit % kSetBits);
  words[bit / kSetBits] = value ? words[bit / kSetBits] | mask : words[bit / kSetBits] & ~mask;
}

// In one piece: lists that grow are copied from place to place. What is not written to takes no memory.
BatchMembers room_for(std::size_t members, std::uint64_t overlaps) {
  BatchMembers room;
  room.particles.reserve(members);
  room.sets.reserve(members);
  room.overlaps = overlaps;
  return room;
}

// Distance of cell `cell` (of width `width`) from `x` along one axis, periodic; 0 inside.
double distance_to_cell(double x, std::int64_t cell, double width, double box) {
  const double centre = (static_cast<double>(cell) + 0.5) * width;
  return std::max(0.0, std::abs(minimum_image(centre - x, box)) - 0.5 * width);
}

}  // namespace

ReplacementRegions::ReplacementRegions(std::vector<ReplacementRule> rules,
                                       const std::vector<HaloSphere>& halos, double box_mpc_h,
                                       bool with_unions)
    : box_(box_mpc_h) {
  number_rules(std::move(rules));
  select_halos(halos);
  if (with_unions) find_unions();
  build_cells();
}

void ReplacementRegions::number_rules(std::vector<ReplacementRule> rules) {
  rules_ = std::move(rules);
  std::sort(rules_.begin(), rules_.end(),
            [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
  assert(std::adjacent_find(rules_.begin(), rules_.end()) == rules_.end());
  words_ = (rules_.size() + kSetBits - 1) / kSetBits;
  bin_starts_.assign(words_, 0);
  own_.assign(words_, ~std::uint64_t{0});
  overlap_bits_.assign(words_, 0);
  for (std::size_t k = 0; k < rules_.size(); ++k) {
    factors_.push_back(rules_[k].radius_factor);
    if (!holds_previous(k)) bin_starts_[k / kSetBits] |= std::uint64_t{1} << (k % kSetBits);
  }
  std::sort(factors_.begin(), factors_.end());
  factors_.erase(std::unique(factors_.begin(), factors_.end()), factors_.end());
}

bool ReplacementRegions::holds_previous(std::size_t rule) const {
  return rule > 0 && same_bin(rules_[rule - 1], rules_[rule]);
}

void ReplacementRegions::select_halos(const std::vector<HaloSphere>& halos) {
  // Halos that the same rules select are of one mass class; few classes share one table of sets.
  std::map<std::vector<bool>, std::uint32_t> classes;
  for (const HaloSphere& halo : halos) {
    std::vector<bool> selected(rules_.size());
    bool any = false;
    for (std::size_t k = 0; k < rules_.size(); ++k) {
      selected[k] = selects(rules_[k], halo.m200c);
      any = any || selected[k];
    }
    if (!any) continue;
    const auto [place, is_new] = classes.try_emplace(selected, static_cast<std::uint32_t>(classes.size()));
    if (is_new) {
      for (const double factor : factors_) {
        std::vector<std::uint64_t> set(words_);
        for (std::size_t k = 0; k < rules_.size(); ++k)
          if (selected[k] && rules_[k].radius_factor >= factor)
            set[k / kSetBits] |= std::uint64_t{1} << (k % kSetBits);
        class_sets_.insert(class_sets_.end(), set.begin(), set.end());
      }
    }
    halos_.push_back({halo.centre, place->second, static_cast<std::uint32_t>(squared_radii_.size())});
    for (const double factor : factors_) {
      const double radius = factor * halo.r200c;
      squared_radii_.push_back(radius * radius);
    }
  }
}

// Whole bins with the same factors: then what lies in both parts is nested by factor, as the parts are.
void ReplacementRegions::find_unions() {
  struct Bin {
    std::size_t first, count;       // rules
    std::set<std::size_t> classes;  // of mass, that it selects
  };
  std::vector<Bin> bins;
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (!holds_previous(rule)) bins.push_back({rule, 0, {}});
    ++bins.back().count;
  }
  const std::size_t of_class = factors_.size() * words_;
  for (Bin& bin : bins)
    for (std::size_t k = 0; k * of_class < class_sets_.size(); ++k)
      if (has_bit(class_sets_.data() + k * of_class, bin.first)) bin.classes.insert(k);
  // Parts come before what is made of them.
  std::stable_sort(bins.begin(), bins.end(),
                   [](const Bin& a, const Bin& b) { return a.classes.size() < b.classes.size(); });
  for (std::size_t n = 0; n < bins.size(); ++n) {
    const Bin& whole = bins[n];
    const auto is_part = [&](const Bin& part) {
      if (part.count != whole.count) return false;
      for (std::size_t k = 0; k < whole.count; ++k)
        if (rules_[part.first + k].radius_factor != rules_[whole.first + k].radius_factor) return false;
      return !part.classes.empty() && std::includes(whole.classes.begin(), whole.classes.end(),
                                                    part.classes.begin(), part.classes.end());
    };
    std::vector<const Bin*> parts, candidates;
    for (std::size_t k = 0; k < n; ++k)
      if (is_part(bins[k])) candidates.push_back(&bins[k]);
    for (const Bin* one : candidates)
      if (parts.empty() && one->classes == whole.classes) parts = {one};
    // No more words than rules need, since each is memory per particle.
    const bool has_room = rules_.size() + overlaps_.size() + whole.count <= words_ * kSetBits;
    for (const Bin* one : candidates) {
      for (const Bin* other : candidates) {
        if (!parts.empty() || !has_room ||
            one->classes.size() + other->classes.size() != whole.classes.size())
          continue;
        std::set<std::size_t> both = one->classes;
        both.insert(other->classes.begin(), other->classes.end());
        if (both == whole.classes) parts = {one, other};
      }
    }
    if (parts.empty()) continue;
    for (std::size_t k = 0; k < whole.count; ++k) {
      Union made{whole.first + k, {}};
      for (const Bin* part : parts) made.parts.push_back(part->first + k);
      set_bit(own_, made.rule, false);
      if (parts.size() == 2) {
        const std::size_t bit = rules_.size() + overlaps_.size();
        set_bit(overlap_bits_, bit, true);
        overlaps_.push_back({made.parts[0], made.parts[1], k > 0});
        overlap_rules_.push_back(made.rule);
      }
      unions_.push_back(std::move(made));
    }
  }
}

// What lies in both parts is nested as the parts are, by radius factor: the innermost such region has its bit.
void ReplacementRegions::add_overlaps(const std::vector<std::uint64_t>& set,
                                      std::vector<std::uint64_t>& rings) const {
  bool in_previous = false;
  for (std::size_t n = 0; n < overlaps_.size(); ++n) {
    const bool in_both = has_bit(set.data(), overlaps_[n].one) && has_bit(set.data(), overlaps_[n].other);
    if (in_both && !(in_previous && overlaps_[n].holds_previous)) set_bit(rings, rules_.size() + n, true);
    in_previous = in_both;
  }
}

std::size_t ReplacementRegions::cell_of(double x) const {
  const auto cell = static_cast<std::size_t>(x * static_cast<double>(cells_) / box_);
  return std::min(cell, cells_ - 1);
}

void ReplacementRegions::build_cells() {
  cells_ = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::cbrt(kCellsPerHalo * static_cast<double>(halos_.size()))), 1, kMostCells);
  const auto side = static_cast<std::int64_t>(cells_);
  const double width = box_ / static_cast<double>(cells_);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> entries;  // cell, halo
  for (std::size_t h = 0; h < halos_.size(); ++h) {
    const double squared = squared_radii_[halos_[h].thresholds + factors_.size() - 1];
    const double reach = std::sqrt(squared) * (1 + kReachMargin) + kReachMargin * box_;
    // Per axis: the cells in reach, each once, also if the halo reaches around the box.
    std::array<std::vector<std::pair<std::int64_t, double>>, 3> near;
    for (std::size_t k = 0; k < 3; ++k) {
      const double x = halos_[h].centre[k];
      const auto first = static_cast<std::int64_t>(std::floor((x - reach) / width));
      const auto last = static_cast<std::int64_t>(std::floor((x + reach) / width));
      const std::int64_t count = std::min(side, last - first + 1);
      for (std::int64_t n = 0; n < count; ++n) {
        const std::int64_t cell = ((first + n) % side + side) % side;
        const double distance = distance_to_cell(x, cell, width, box_);
        near[k].emplace_back(cell, distance * distance);
      }
    }
    for (const auto& [i, di] : near[0])
      for (const auto& [j, dj] : near[1])
        for (const auto& [k, dk] : near[2])
          if (di + dj + dk <= reach * reach)
            entries.emplace_back(static_cast<std::uint32_t>((i * side + j) * side + k),
                                 static_cast<std::uint32_t>(h));
  }
  cell_begin_.assign(cells_ * cells_ * cells_ + 1, 0);
  for (const auto& [cell, halo] : entries) ++cell_begin_[cell + 1];
  for (std::size_t cell = 1; cell < cell_begin_.size(); ++cell) cell_begin_[cell] += cell_begin_[cell - 1];
  cell_halos_.resize(entries.size());
  std::vector<std::uint32_t> next(cell_begin_.begin(), cell_begin_.end() - 1);
  for (const auto& [cell, halo] : entries) cell_halos_[next[cell]++] = halo;
}

ReplacementRegions::Classes ReplacementRegions::find_set(const std::array<double, 3>& point,
                                                         std::uint64_t* set) const {
  const std::size_t cell = (cell_of(point[0]) * cells_ + cell_of(point[1])) * cells_ + cell_of(point[2]);
  Classes classes = Classes::none;
  std::uint32_t first_class = 0;
  for (std::uint32_t entry = cell_begin_[cell]; entry < cell_begin_[cell + 1]; ++entry) {
    const Halo& halo = halos_[cell_halos_[entry]];
    const double x = minimum_image(point[0] - halo.centre[0], box_);
    const double y = minimum_image(point[1] - halo.centre[1], box_);
    const double z = minimum_image(point[2] - halo.centre[2], box_);
    const double squared = x * x + y * y + z * z;
    const double* radii = squared_radii_.data() + halo.thresholds;
    const std::size_t levels = factors_.size();
    if (squared > radii[levels - 1]) continue;
    std::size_t level = 0;
    while (squared > radii[level]) ++level;
    const std::uint64_t* held = class_sets_.data() + (halo.mass_class * levels + level) * words_;
    for (std::size_t word = 0; word < words_; ++word) set[word] |= held[word];
    if (classes == Classes::none) {
      classes = Classes::one;
      first_class = halo.mass_class;
    } else if (halo.mass_class != first_class) {
      classes = Classes::several;
    }
  }
  return classes;
}

std::vector<BatchMembers> ReplacementRegions::find_members(const ParticleBatch& batch, int threads) const {
  std::vector<BatchMembers> result(words_);
  if (halos_.empty()) return result;
  const int team_asked = std::max(1, threads);
  std::vector<std::vector<BatchMembers>> parts(static_cast<std::size_t>(team_asked));
#pragma omp parallel num_threads(team_asked)
  {
    const auto thread = static_cast<std::size_t>(omp_get_thread_num());
    const auto team = static_cast<std::size_t>(omp_get_num_threads());
    std::vector<BatchMembers> mine(words_);
    const std::size_t begin = batch.size() * thread / team, end = batch.size() * (thread + 1) / team;
    for (std::size_t word = 0; word < words_; ++word) mine[word] = room_for(end - begin, overlap_bits_[word]);
    std::vector<std::uint64_t> set(words_), rings(words_);
    for (std::size_t p = begin; p < end; ++p) {
      std::fill(set.begin(), set.end(), 0);
      const Classes classes = find_set({batch.axis[0][p], batch.axis[1][p], batch.axis[2][p]}, set.data());
      if (classes == Classes::none) continue;
      std::uint64_t carried = 0;  // the last bit of the word before
      for (std::size_t word = 0; word < words_; ++word) {
        // Only the innermost region of each bin: those whose predecessor in the bin does not hold the
        // particle.
        const std::uint64_t in_previous = ((set[word] << 1) | carried) & ~bin_starts_[word];
        carried = set[word] >> (kSetBits - 1);
        rings[word] = set[word] & ~in_previous & own_[word];
      }
      if (classes == Classes::several) add_overlaps(set, rings);
      for (std::size_t word = 0; word < words_; ++word) {
        if (rings[word] == 0) continue;
        mine[word].particles.push_back(static_cast<std::uint32_t>(p));
        mine[word].sets.push_back(rings[word]);
      }
    }
    parts[thread] = std::move(mine);
  }
  if (parts.size() == 1) return std::move(parts.front());
  for (std::size_t word = 0; word < words_; ++word) {
    std::size_t count = 0;
    for (const auto& part : parts)
      if (!part.empty()) count += part[word].particles.size();
    BatchMembers& into = result[word];
    into = room_for(count, overlap_bits_[word]);
    for (const auto& part : parts) {
      if (part.empty()) continue;  // fewer threads than asked for
      into.particles.insert(into.particles.end(), part[word].particles.begin(), part[word].particles.end());
      into.sets.insert(into.sets.end(), part[word].sets.begin(), part[word].sets.end());
    }
  }
  return result;
}

std::size_t ReplacementRegions::memory_bytes() const {
  return halos_.capacity() * sizeof(Halo) + squared_radii_.capacity() * sizeof(double) +
         (cell_begin_.capacity() + cell_halos_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace lenswright
