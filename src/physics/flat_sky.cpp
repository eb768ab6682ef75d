#include "physics/flat_sky.hpp"

#include <fftw3.h>

#include <cassert>
#include <vector>

namespace lenswright {

namespace {

// Scalar codelets: those chosen by the CPU's vector width would round differently from machine to machine.
constexpr unsigned kPlanFlags = FFTW_ESTIMATE | FFTW_NO_SIMD | FFTW_UNALIGNED;

fftw_complex* fftw(std::complex<double>* values) {
  return reinterpret_cast<fftw_complex*>(values);  // the layouts are the same by both libraries' contracts
}

}  // namespace

struct FlatSky::Plans {
  Plans(int grid, std::size_t pixels, std::size_t modes) {
    std::vector<double> map(pixels);
    std::vector<Complex> spectrum(modes);
    forward = fftw_plan_dft_r2c_2d(grid, grid, map.data(), fftw(spectrum.data()), kPlanFlags);
    back = fftw_plan_dft_c2r_2d(grid, grid, fftw(spectrum.data()), map.data(), kPlanFlags);
    assert(forward && back);
  }
  ~Plans() {
    fftw_destroy_plan(forward);
    fftw_destroy_plan(back);
  }
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;

  fftw_plan forward, back;
};

FlatSky::FlatSky(int grid, double side_rad) : grid_(grid), side_rad_(side_rad) {
  assert(grid >= 2 && side_rad > 0);
  plans_ = std::make_unique<Plans>(grid, pixels(), modes());
}

FlatSky::~FlatSky() = default;

void FlatSky::forward(std::span<const double> map, std::span<Complex> spectrum) const {
  assert(map.size() == pixels() && spectrum.size() == modes());
  // The library takes no pointer to const, but leaves the input of an out-of-place real transform as it is.
  fftw_execute_dft_r2c(plans_->forward, const_cast<double*>(map.data()), fftw(spectrum.data()));
}

void FlatSky::back(std::span<Complex> spectrum, std::span<double> map) const {
  assert(map.size() == pixels() && spectrum.size() == modes());
  fftw_execute_dft_c2r(plans_->back, fftw(spectrum.data()), map.data());
}

}  // namespace lenswright
