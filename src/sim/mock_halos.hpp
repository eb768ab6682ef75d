// mock_halos.hpp: halos of a mass function on the peaks of a linear density field, each with the particles
// that collapse into it.
//
// In:     masses in descending order; displacements at z = 0 and the growth factor of the snapshot
// Out:    halos that share no particle and keep 1.5 (R200a + R200b) apart
// Units:  comoving Mpc/h, Msun/h; particles are counted by their cell (i, j, k) of the initial grid,
//         k + N * (j + N * i)
// Source: peaks: Bardeen et al. 1986, ApJ 304, 15; collapsing patches around them: Bond & Myers 1996,
//         ApJS 103, 1, here simply the nearest free particles
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/gaussian_field.hpp"

namespace lenswright {

inline constexpr int kMinimumHaloParticles = 20;  // as FoF catalogues have it

struct MockHalo {
  std::array<double, 3> centre{};  // in [0, box)
  double m200c = 0;                // members * particle mass
  double r200c = 0;
  std::vector<std::uint64_t> members;  // nearest to the peak first
};

using Displacements = std::array<std::vector<double>, 3>;

class HaloPlacement {
 public:
  HaloPlacement(const GaussianField& field, double particle_mass, double omega_m);
  // Halos that find no free peak are left out (only where most of the matter is in halos).
  std::vector<MockHalo> place(const std::vector<double>& masses, const Displacements& displacements,
                              double growth, double z) const;

 private:
  struct Offset {
    int i, j, k;
    int square;  // i^2 + j^2 + k^2
  };
  struct Band {
    std::uint64_t most_members = 0;
    std::vector<std::uint64_t> peaks;  // cells, highest first
  };
  std::vector<std::uint64_t> free_patch(std::uint64_t peak, std::uint64_t members,
                                        const std::vector<bool>& taken) const;
  std::array<double, 3> centre_of(std::uint64_t peak, const std::vector<std::uint64_t>& members,
                                  const Displacements& displacements, double growth) const;
  const Band& band_of(std::uint64_t members) const;

  int side_;
  double box_;
  double particle_mass_;
  double omega_m_;
  std::vector<Offset> offsets_;  // by distance
  std::vector<Band> bands_;      // ascending
};

// Difference of two positions or of its components, to the nearest periodic image.
double nearest_image(double difference, double box);
// Into [0, box).
double wrap(double x, double box);

}  // namespace lenswright
