#include "physics/flat_sky.hpp"

#include <fftw3.h>

#include <algorithm>
#include <cassert>
#include <vector>

namespace lenswright {

namespace {

// Scalar codelets: those chosen by the CPU's vector width would round differently from machine to machine.
constexpr unsigned kPlanFlags = FFTW_ESTIMATE | FFTW_NO_SIMD | FFTW_UNALIGNED;

constexpr int kBlock = 8;  // columns side by side: two cache lines of each row

fftw_complex* fftw(std::complex<double>* values) {
  return reinterpret_cast<fftw_complex*>(values);  // the layouts are the same by both libraries' contracts
}

}  // namespace

struct FlatSky::Plans {
  Plans(int grid, std::size_t pixels, std::size_t modes) {
    std::vector<double> map(pixels);
    std::vector<Complex> spectrum(modes);
    forward = fftw_plan_dft_r2c_2d(grid, grid, map.data(), fftw(spectrum.data()), kPlanFlags);
    const int columns = grid / 2 + 1;
    fftw_complex* const modes_at = fftw(spectrum.data());
    block = fftw_plan_many_dft(1, &grid, kBlock, modes_at, nullptr, columns, 1, modes_at, nullptr, columns, 1,
                               FFTW_BACKWARD, kPlanFlags);
    column = fftw_plan_many_dft(1, &grid, 1, modes_at, nullptr, columns, 1, modes_at, nullptr, columns, 1,
                                FFTW_BACKWARD, kPlanFlags);
    rows = fftw_plan_many_dft_c2r(1, &grid, grid, modes_at, nullptr, 1, columns, map.data(), nullptr, 1, grid,
                                  kPlanFlags);
    assert(forward && block && column && rows);
  }
  ~Plans() {
    fftw_destroy_plan(forward);
    fftw_destroy_plan(block);
    fftw_destroy_plan(column);
    fftw_destroy_plan(rows);
  }
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;

  fftw_plan forward;
  fftw_plan block, column;  // of columns, in place: kBlock of them, and one
  fftw_plan rows;
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

void FlatSky::back(std::span<Complex> spectrum, std::span<double> map, std::size_t filled) const {
  assert(map.size() == pixels() && spectrum.size() == modes());
  const std::size_t last = std::min(filled, columns());
  std::size_t j = 0;
  for (; j + kBlock <= last; j += kBlock)
    fftw_execute_dft(plans_->block, fftw(&spectrum[j]), fftw(&spectrum[j]));
  for (; j < last; ++j) fftw_execute_dft(plans_->column, fftw(&spectrum[j]), fftw(&spectrum[j]));
  fftw_execute_dft_c2r(plans_->rows, fftw(spectrum.data()), map.data());
}

}  // namespace lenswright
