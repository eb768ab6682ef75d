// Power spectra of traced maps: B modes against rotation, convergence against the Limber sum.
//
// A periodic sky: each plane is as wide as the field at its distance, width = chi * field, so that maps of a whole
// field are periodic and Fourier modes stand for themselves, without a window.
#include <fftw3.h>
#include <gtest/gtest.h>

#include <complex>
#include <random>

#include "lens_stack.hpp"
#include "validation_output.hpp"

namespace lenswright {
namespace {

using test::LensStack;
using test::Traced;
using Complex = std::complex<double>;

constexpr double kField = 5 * kRadiansPerDegree;
constexpr int kRaySide = 192;
constexpr double kChiSource = 3400;

double multipole(double mode) {
  return 2 * kPi * mode / kField;
}
// Signed frequency of an index of a transform.
int frequency(int index, int side) {
  return index < side / 2 ? index : index - side;
}

std::vector<Complex> transform(const std::vector<Complex>& values, int side, int sign) {
  std::vector<Complex> from = values, to(values.size());
  const fftw_plan plan = fftw_plan_dft_2d(side, side, reinterpret_cast<fftw_complex*>(from.data()),
                                          reinterpret_cast<fftw_complex*>(to.data()), sign, FFTW_ESTIMATE);
  fftw_execute(plan);
  fftw_destroy_plan(plan);
  return to;
}

// Modes of a periodic map: the amplitudes of exp(i l theta).
std::vector<Complex> modes(const std::vector<double>& map) {
  std::vector<Complex> result = transform({map.begin(), map.end()}, kRaySide, FFTW_FORWARD);
  for (Complex& mode : result) mode /= static_cast<double>(map.size());
  return result;
}

// Power spectrum of the projected contrast of a slab, (Mpc/h)^2: a few times that of matter, so that the second
// order stands out.
double slab_power(double k, double a) {
  return 60 * a * a / std::pow(1 + k * k / 0.25, 1.2);
}

// Structure in modes up to `largest`; the n-th mode of a plane is at l = 72 n.
Grid2d<double> gaussian_plane(int grid, int largest, double width, double a, std::mt19937& random) {
  const auto uniform = [&] { return (static_cast<double>(random()) + 0.5) / 4294967296.0; };
  std::vector<Complex> spectrum(static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid));
  for (int u = -largest; u <= largest; ++u)
    for (int v = -largest; v <= largest; ++v) {
      const double mode = std::hypot(u, v);
      const double radius = std::sqrt(-2 * std::log(uniform())), angle = 2 * kPi * uniform();
      if (mode == 0 || mode > largest) continue;
      // The real part of a sum of independent modes has half their power; |re^(i angle)|^2 is 2 on average.
      const int row = (u + grid) % grid, column = (v + grid) % grid;
      spectrum[static_cast<std::size_t>(row * grid + column)] =
          std::sqrt(slab_power(2 * kPi * mode / width, a)) / width * std::polar(radius, angle);
    }
  const std::vector<Complex> contrast = transform(spectrum, grid, FFTW_BACKWARD);
  const double mean = mean_pixel_mass({grid, width, test::kSlabMpcH, test::kOmegaM});
  Grid2d<double> mass(grid);
  for (std::size_t k = 0; k < mass.size(); ++k) mass[k] = mean * (1 + contrast[k].real());
  return mass;
}

struct PeriodicPlane {
  double chi, a;
};
const std::vector<PeriodicPlane> kPlanes{{450, 0.86},  {900, 0.75},  {1400, 0.65},
                                         {1900, 0.57}, {2400, 0.50}, {2900, 0.44}};

Traced trace_sky(unsigned seed, int grid, int largest) {
  std::mt19937 random(seed);
  LensStack stack;
  for (const PeriodicPlane& plane : kPlanes) {
    const double width = plane.chi * kField;
    RunTransform frame;
    frame.symmetry = seed % 8;
    frame.shift = {0.37 * width, 0.81 * width};
    stack.add(plane.chi, plane.a, gaussian_plane(grid, largest, width, plane.a, random), frame, width);
  }
  return stack.trace(test::square_field(kRaySide, kField), kChiSource);
}

// Sums over the modes of rings in l.
struct Ring {
  int first, last;                                                 // modes [first, last)
  double count = 0, kappa = 0, e_mode = 0, b_mode = 0, omega = 0;  // powers
  double kappa_e = 0, omega_b = 0;                                 // of kappa - E and omega + B
};

void add_to_rings(const Traced& traced, std::vector<Ring>& rings) {
  const auto kappa = modes(traced.map(LensingMap::kappa)), omega = modes(traced.map(LensingMap::omega));
  const auto gamma1 = modes(traced.map(LensingMap::gamma1)), gamma2 = modes(traced.map(LensingMap::gamma2));
  for (int i = 0; i < kRaySide; ++i)
    for (int j = 0; j < kRaySide; ++j) {
      const int u = frequency(i, kRaySide), v = frequency(j, kRaySide);
      const double mode2 = u * u + v * v;
      for (Ring& ring : rings) {
        if (mode2 < ring.first * ring.first || mode2 >= ring.last * ring.last) continue;
        const std::size_t k = static_cast<std::size_t>(i * kRaySide + j);
        const double cosine = (u * u - v * v) / mode2, sine = 2.0 * u * v / mode2;
        const Complex e_mode = cosine * gamma1[k] + sine * gamma2[k];
        const Complex b_mode = cosine * gamma2[k] - sine * gamma1[k];
        ring.count += 1;
        ring.kappa += std::norm(kappa[k]);
        ring.omega += std::norm(omega[k]);
        ring.e_mode += std::norm(e_mode);
        ring.b_mode += std::norm(b_mode);
        ring.kappa_e += std::norm(kappa[k] - e_mode);
        ring.omega_b += std::norm(omega[k] + b_mode);
      }
    }
}

double spectrum(const Ring& ring, double sum) {
  return kField * kField * sum / ring.count;
}

TEST(ValidationSpectra, BModesAreTheRotationAndEModesTheConvergence) {
  // l = 144 to 2520; the planes' structure ends at l = 2016, and what is beyond is of second order alone.
  constexpr int kGrid = 1024, kLargest = 28;
  std::vector<Ring> rings{{2, 5}, {5, 10}, {10, 15}, {15, 20}, {20, 25}, {25, 28}, {29, 35}};
  add_to_rings(trace_sky(21, kGrid, kLargest), rings);
  // Deflected rays see the slope of bilinear fields, known to k h / 2 at each point: an error of random sign, which
  // stands in the power by its square.
  const double slope = std::pow(2 * kPi * kLargest / kGrid / 2, 2);
  constexpr double kPowers = 0.01;
  ASSERT_LT(slope, kPowers);
  nlohmann::json points = nlohmann::json::array();
  for (const Ring& ring : rings) {
    EXPECT_NEAR(ring.b_mode / ring.omega, 1, kPowers) << ring.first;
    EXPECT_NEAR(ring.e_mode / ring.kappa, 1, 1e-3) << ring.first;
    // Not only the powers: mode by mode.
    EXPECT_LT(ring.omega_b, slope * ring.omega) << ring.first;
    EXPECT_LT(ring.kappa_e, 1e-4 * ring.kappa) << ring.first;
    EXPECT_GT(ring.omega, 0);
    points.push_back({{"l", multipole((ring.first + ring.last) / 2.0)},
                      {"kappa", spectrum(ring, ring.kappa)},
                      {"e_mode", spectrum(ring, ring.e_mode)},
                      {"b_mode", spectrum(ring, ring.b_mode)},
                      {"omega", spectrum(ring, ring.omega)}});
  }
  test::write_points("b_modes", points);
}

TEST(ValidationSpectra, ConvergenceHasTheLimberSumOfItsPlanes) {
  constexpr unsigned kSkies = 4;
  constexpr int kGrid = 512, kLargest = 40;
  std::vector<Ring> rings{{2, 4}, {4, 6}, {6, 9}, {9, 13}, {13, 18}, {18, 24}, {24, 32}, {32, 40}};
  for (unsigned sky = 0; sky < kSkies; ++sky) add_to_rings(trace_sky(100 + sky, kGrid, kLargest), rings);
  nlohmann::json points = nlohmann::json::array();
  double chi2 = 0;
  for (const Ring& ring : rings) {
    // Sum over planes of W^2 P(l / chi) / chi^2, averaged over the modes of the ring.
    double limber = 0, count = 0;
    for (int u = -ring.last; u <= ring.last; ++u)
      for (int v = -ring.last; v <= ring.last; ++v) {
        const double mode = std::hypot(u, v);
        if (mode < ring.first || mode >= ring.last) continue;
        count += 1;
        for (const PeriodicPlane& plane : kPlanes) {
          const double weight = 1.5 * test::kOmegaM * std::pow(100.0 / 299792.458, 2) * test::kSlabMpcH *
                                plane.chi * (kChiSource - plane.chi) / (kChiSource * plane.a);
          limber +=
              weight * weight * slab_power(multipole(mode) / plane.chi, plane.a) / (plane.chi * plane.chi);
        }
      }
    limber /= count;
    const double found = spectrum(ring, ring.kappa), scatter = limber * std::sqrt(2 / ring.count);
    // Bilinear interpolation between nodes averages over them: at most (k h)^2 / 4 of the power of a mode is lost.
    const double window = std::pow(2 * kPi * ring.last / kGrid, 2) / 4;
    constexpr double kScatters = 3.5;  // one ring in two thousand
    EXPECT_LT(found, limber + kScatters * scatter) << ring.first;
    EXPECT_GT(found, limber * (1 - window) - kScatters * scatter) << ring.first;
    chi2 += std::pow((found - limber) / scatter, 2);
    points.push_back({{"l", multipole((ring.first + ring.last) / 2.0)},
                      {"found", found},
                      {"limber", limber},
                      {"scatter", scatter},
                      {"window", window}});
  }
  // Eight rings of independent modes: 27 is passed once in a thousand.
  EXPECT_LT(chi2, 27);
  test::write_points("limber", points);
}

}  // namespace
}  // namespace lenswright
