#include "sim/mock_halos.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/units.hpp"
#include "sim/halo_mass_function.hpp"
#include "sim/halo_profile.hpp"

namespace lenswright {

namespace {

constexpr double kSeparation = 1.5;      // of centres, in units of the sum of the two R200c
constexpr double kPatchLooseness = 1.5;  // a patch reaches at most this many radii of a full sphere
constexpr std::uint64_t kBandRatio = 4;  // in mass: one smoothing length per band

int wrap_index(int i, int side) {
  return ((i % side) + side) % side;
}

// Cells that are higher than their 26 neighbours, highest first.
std::vector<std::uint64_t> peaks_of(const std::vector<double>& density, int side) {
  const auto at = [&](int i, int j, int k) {
    return static_cast<std::size_t>(wrap_index(k, side)) +
           static_cast<std::size_t>(side) *
               (static_cast<std::size_t>(wrap_index(j, side)) +
                static_cast<std::size_t>(side) * static_cast<std::size_t>(wrap_index(i, side)));
  };
  const auto is_peak = [&](int i, int j, int k) {
    const double height = density[at(i, j, k)];
    for (int di = -1; di <= 1; ++di)
      for (int dj = -1; dj <= 1; ++dj)
        for (int dk = -1; dk <= 1; ++dk)
          if ((di != 0 || dj != 0 || dk != 0) && density[at(i + di, j + dj, k + dk)] >= height) return false;
    return true;
  };
  std::vector<std::uint64_t> peaks;
  for (int i = 0; i < side; ++i)
    for (int j = 0; j < side; ++j)
      for (int k = 0; k < side; ++k)
        if (is_peak(i, j, k)) peaks.push_back(at(i, j, k));
  std::stable_sort(peaks.begin(), peaks.end(),
                   [&](std::uint64_t a, std::uint64_t b) { return density[a] > density[b]; });
  return peaks;
}

// Placed halos by cells that are at least as wide as the farthest that two of them can be too near: those that a new one could
// overlap are in its own cell and the neighbouring ones.
class PlacedHalos {
 public:
  PlacedHalos(double box, double largest_r200c) : box_(box) {
    constexpr double kMostCells = 64;
    const double widest = kSeparation * 2 * largest_r200c;
    cells_ = static_cast<int>(std::clamp(box / std::max(widest, box / kMostCells), 1.0, kMostCells));
    const auto side = static_cast<std::size_t>(cells_);
    by_cell_.resize(side * side * side);
  }

  bool overlap(const MockHalo& halo) const {
    const int last = cells_ < 3 ? cells_ - 2 : 1;  // with fewer than three cells, each once
    for (int di = -1; di <= last; ++di)
      for (int dj = -1; dj <= last; ++dj)
        for (int dk = -1; dk <= last; ++dk)
          for (const std::size_t placed : by_cell_[cell_of(halo, {di, dj, dk})])
            if (too_near(halo, halos_[placed])) return true;
    return false;
  }

  void add(MockHalo halo) {
    by_cell_[cell_of(halo, {0, 0, 0})].push_back(halos_.size());
    halos_.push_back(std::move(halo));
  }

  std::vector<MockHalo> take() { return std::move(halos_); }

 private:
  std::size_t cell_of(const MockHalo& halo, const std::array<int, 3>& step) const {
    std::size_t index = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const int cell = std::min(cells_ - 1, static_cast<int>(halo.centre[axis] / box_ * cells_));
      index = index * static_cast<std::size_t>(cells_) +
              static_cast<std::size_t>(wrap_index(cell + step[axis], cells_));
    }
    return index;
  }

  bool too_near(const MockHalo& one, const MockHalo& other) const {
    double square = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double d = nearest_image(one.centre[axis] - other.centre[axis], box_);
      square += d * d;
    }
    const double apart = kSeparation * (one.r200c + other.r200c);
    return square < apart * apart;
  }

  double box_;
  int cells_ = 1;
  std::vector<std::vector<std::size_t>> by_cell_;
  std::vector<MockHalo> halos_;
};

double sphere_radius(std::uint64_t members) {  // in cells
  return std::cbrt(3 * static_cast<double>(members) / (4 * kPi));
}

}  // namespace

double nearest_image(double difference, double box) {
  return difference - box * std::nearbyint(difference / box);
}

double wrap(double x, double box) {
  const double wrapped = x - box * std::floor(x / box);
  return wrapped < box ? wrapped : 0;
}

HaloPlacement::HaloPlacement(const GaussianField& field, double particle_mass, double omega_m)
    : side_(field.side()), box_(field.box_mpc_h()), particle_mass_(particle_mass), omega_m_(omega_m) {
  const std::uint64_t largest = static_cast<std::uint64_t>(side_) * static_cast<std::uint64_t>(side_) *
                                static_cast<std::uint64_t>(side_) / 8;
  for (std::uint64_t most = kMinimumHaloParticles * kBandRatio;; most *= kBandRatio) {
    // A Gaussian of radius R / sqrt(5) smooths as much as the top hat of radius R that holds the band's
    // geometric mean mass.
    const double mass =
        static_cast<double>(most) / std::sqrt(static_cast<double>(kBandRatio)) * particle_mass;
    const double smoothing = lagrangian_radius(mass, omega_m) / std::sqrt(5.0);
    bands_.push_back({most, peaks_of(field.density(smoothing), side_)});
    if (most >= largest || bands_.back().peaks.size() < 2) break;
  }
  const int reach = std::min(side_ / 2 - 1, static_cast<int>(kPatchLooseness * sphere_radius(largest)));
  for (int i = -reach; i <= reach; ++i)
    for (int j = -reach; j <= reach; ++j)
      for (int k = -reach; k <= reach; ++k)
        if (const int square = i * i + j * j + k * k; square <= reach * reach)
          offsets_.push_back({i, j, k, square});
  std::stable_sort(offsets_.begin(), offsets_.end(),
                   [](const Offset& a, const Offset& b) { return a.square < b.square; });
}

const HaloPlacement::Band& HaloPlacement::band_of(std::uint64_t members) const {
  for (const Band& band : bands_)
    if (members <= band.most_members) return band;
  return bands_.back();
}

std::vector<std::uint64_t> HaloPlacement::free_patch(std::uint64_t peak, std::uint64_t members,
                                                     const std::vector<bool>& taken) const {
  const auto n = static_cast<std::uint64_t>(side_);
  const int k0 = static_cast<int>(peak % n), j0 = static_cast<int>(peak / n % n),
            i0 = static_cast<int>(peak / (n * n));
  const double reach = kPatchLooseness * sphere_radius(members);
  std::vector<std::uint64_t> patch;
  for (const Offset& offset : offsets_) {
    if (patch.size() == members || offset.square > reach * reach) break;
    const auto i = static_cast<std::uint64_t>(wrap_index(i0 + offset.i, side_));
    const auto j = static_cast<std::uint64_t>(wrap_index(j0 + offset.j, side_));
    const auto k = static_cast<std::uint64_t>(wrap_index(k0 + offset.k, side_));
    const std::uint64_t cell = k + n * (j + n * i);
    if (!taken[cell]) patch.push_back(cell);
  }
  if (patch.size() < members) patch.clear();
  return patch;
}

std::array<double, 3> HaloPlacement::centre_of(std::uint64_t peak, const std::vector<std::uint64_t>& members,
                                               const Displacements& displacements, double growth) const {
  const auto n = static_cast<std::uint64_t>(side_);
  const double cell = box_ / side_;
  const auto coordinates = [&](std::uint64_t index) {
    return std::array<double, 3>{cell * static_cast<double>(index / (n * n)),
                                 cell * static_cast<double>(index / n % n),
                                 cell * static_cast<double>(index % n)};
  };
  const std::array<double, 3> origin = coordinates(peak);
  std::array<double, 3> centre{};
  for (const std::uint64_t member : members) {
    const std::array<double, 3> q = coordinates(member);
    for (std::size_t axis = 0; axis < 3; ++axis)
      centre[axis] += nearest_image(q[axis] - origin[axis], box_) + growth * displacements[axis][member];
  }
  for (std::size_t axis = 0; axis < 3; ++axis)
    centre[axis] = wrap(origin[axis] + centre[axis] / static_cast<double>(members.size()), box_);
  return centre;
}

std::vector<MockHalo> HaloPlacement::place(const std::vector<double>& masses,
                                           const Displacements& displacements, double growth,
                                           double z) const {
  std::vector<bool> taken(displacements[0].size(), false);
  // Masses come largest first; a halo's own is rounded to whole particles.
  PlacedHalos placed(box_, masses.empty() ? 0 : r200c_mpc_h(masses.front() + particle_mass_, z, omega_m_));
  for (const double mass : masses) {
    const auto members = static_cast<std::uint64_t>(std::llround(mass / particle_mass_));
    if (members < kMinimumHaloParticles) break;
    for (const std::uint64_t peak : band_of(members).peaks) {
      if (taken[peak]) continue;
      MockHalo halo;
      halo.members = free_patch(peak, members, taken);
      if (halo.members.empty()) continue;
      halo.centre = centre_of(peak, halo.members, displacements, growth);
      halo.m200c = static_cast<double>(members) * particle_mass_;
      halo.r200c = r200c_mpc_h(halo.m200c, z, omega_m_);
      if (placed.overlap(halo)) continue;
      for (const std::uint64_t member : halo.members) taken[member] = true;
      placed.add(std::move(halo));
      break;
    }
  }
  return placed.take();
}

}  // namespace lenswright
