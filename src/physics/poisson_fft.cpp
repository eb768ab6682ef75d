#include "physics/poisson_fft.hpp"

#include <fftw3.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <vector>

#include "base/error.hpp"
#include "base/finite.hpp"
#include "base/units.hpp"

namespace lenswright {

namespace {

// Scalar codelets: those chosen by the CPU's vector width would round differently from machine to machine.
constexpr unsigned kPlanFlags = FFTW_ESTIMATE | FFTW_NO_SIMD;

// Neighbouring columns share cache lines, so they are taken a few at a time.
constexpr int kColumns = 8;

fftw_complex* fftw(std::complex<double>* values) {
  return reinterpret_cast<fftw_complex*>(values);  // the layouts are the same by both libraries' contracts
}

// 3 omega_m (H0/c)^2, (h/Mpc)^2.
double poisson_factor(double omega_m) {
  const double hubble = kHubbleKmSMpcH / kSpeedOfLightKmS;
  return 3.0 * omega_m * (hubble * hubble);
}

// Frequency of index i in units of 2 pi / Lt; the Nyquist index is negative.
double frequency(int i, int grid) {
  return i < grid / 2 ? i : i - grid;
}

}  // namespace

// Transforms of one row or one column; executed on any array by many threads at once.
struct PoissonSolver::Plans {
  explicit Plans(int n) {
    const std::size_t length = static_cast<std::size_t>(n);
    std::vector<double> real(length);
    std::vector<Complex> from(length), to(length);
    row_forward = fftw_plan_dft_r2c_1d(n, real.data(), fftw(to.data()), kPlanFlags);
    row_back = fftw_plan_dft_c2r_1d(n, fftw(from.data()), real.data(), kPlanFlags);
    column_forward = fftw_plan_dft_1d(n, fftw(from.data()), fftw(to.data()), FFTW_FORWARD, kPlanFlags);
    column_back =
        fftw_plan_dft_1d(n, fftw(to.data()), fftw(to.data()), FFTW_BACKWARD, kPlanFlags);  // in place
    assert(row_forward && row_back && column_forward && column_back);
  }
  ~Plans() {
    for (fftw_plan plan : {row_forward, row_back, column_forward, column_back}) fftw_destroy_plan(plan);
  }
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;

  fftw_plan row_forward, row_back, column_forward, column_back;
};

double mean_pixel_mass(const PoissonGeometry& geometry) {
  const double pixels = static_cast<double>(geometry.grid) * static_cast<double>(geometry.grid);
  return kRhoCritical0 * geometry.omega_m * geometry.width_mpc_h * geometry.width_mpc_h *
         geometry.thickness_mpc_h / pixels;
}

PoissonSolver::PoissonSolver(const PoissonGeometry& geometry, int threads)
    : geometry_(geometry), threads_(threads), half_(static_cast<std::size_t>(geometry.grid) / 2 + 1) {
  assert(geometry.grid >= 2 && geometry.grid % 2 == 0 && threads >= 1);
  const std::size_t n = static_cast<std::size_t>(geometry.grid);
  plans_ = std::make_unique<Plans>(geometry.grid);
  delta_ = BigArray<double>(n * n);
  for (BigArray<Complex>* const plane : {&psi_, &ikx_psi_, &kx2_psi_}) *plane = BigArray<Complex>(n * half_);
}

PoissonSolver::~PoissonSolver() = default;

void PoissonSolver::solve() {
  const int n = geometry_.grid;
  const std::size_t side = static_cast<std::size_t>(n);
  const double mean = mean_pixel_mass(geometry_);
  const double thickness = geometry_.thickness_mpc_h;
  bool finite = true;
#pragma omp parallel for num_threads(threads_) schedule(static) reduction(&& : finite)
  for (int i = 0; i < n; ++i) {
    const std::span<double> row(delta_.data() + side * static_cast<std::size_t>(i), side);
    finite = finite && all_finite(row);
    for (double& value : row) value = (value / mean - 1.0) * thickness;
    // An out-of-place real-to-complex transform of one dimension leaves its input as it is.
    fftw_execute_dft_r2c(plans_->row_forward, row.data(),
                         fftw(psi_.data() + half_ * static_cast<std::size_t>(i)));
  }
  if (!finite) throw NumericError("the mass plane holds a value that is not finite");

#pragma omp parallel num_threads(threads_)
  {
    std::vector<Complex> work(2 * kColumns * side);
#pragma omp for schedule(static)
    for (int first = 0; first <= n / 2; first += kColumns)
      transform_columns(first, std::min(kColumns, n / 2 + 1 - first), work);
  }
}

void PoissonSolver::transform_columns(int first, int count, std::span<Complex> work) {
  const int n = geometry_.grid;
  const std::size_t side = static_cast<std::size_t>(n), columns = static_cast<std::size_t>(count);
  const double k_unit = 2.0 * kPi / geometry_.width_mpc_h;
  // Transforms there and back are not normalised; the factor takes 1/N^2 with it.
  const double factor = poisson_factor(geometry_.omega_m) / (static_cast<double>(n) * static_cast<double>(n));
  Complex* const psi = work.data();               // `count` columns in Fourier space, one after the other
  Complex* const buffer = psi + kColumns * side;  // as many columns

  const auto at = [&](std::size_t i, std::size_t c) {
    return i * half_ + static_cast<std::size_t>(first) + c;
  };
  for (std::size_t i = 0; i < side; ++i)
    for (std::size_t c = 0; c < columns; ++c) buffer[c * side + i] = psi_[at(i, c)];
  for (std::size_t c = 0; c < columns; ++c) {
    const int column = first + static_cast<int>(c);
    const double ky = k_unit * frequency(column, n);
    Complex* const spectrum = psi + c * side;
    fftw_execute_dft(plans_->column_forward, fftw(buffer + c * side), fftw(spectrum));
    if (column == 0) mean_delta_ = spectrum[0].real() / (static_cast<double>(n) * static_cast<double>(n));
    for (int i = 0; i < n; ++i) {
      const double kx = k_unit * frequency(i, n);
      const double scale = column == 0 && i == 0 ? 0.0 : factor / (kx * kx + ky * ky);
      spectrum[i] = Complex(spectrum[i].real() * scale, spectrum[i].imag() * scale);
    }
    if (column == n / 2) corner_ = spectrum[n / 2].real() * (ky * ky);
  }

  // Back along x, times what `derivative` makes of kx and psi.
  const auto back = [&](BigArray<Complex>& plane, const auto& derivative) {
    for (std::size_t c = 0; c < columns; ++c) {
      Complex* const column = buffer + c * side;
      for (int i = 0; i < n; ++i) {
        const double kx = k_unit * frequency(i, n);
        column[i] = derivative(i, kx, psi[c * side + static_cast<std::size_t>(i)]);
      }
      fftw_execute_dft(plans_->column_back, fftw(column), fftw(column));
    }
    for (std::size_t i = 0; i < side; ++i)
      for (std::size_t c = 0; c < columns; ++c) plane[at(i, c)] = buffer[c * side + i];
  };
  back(psi_, [](int, double, const Complex& value) { return value; });
  back(ikx_psi_, [n](int i, double kx, const Complex& value) {
    return i == n / 2 ? Complex(0.0, 0.0) : Complex(-kx * value.imag(), kx * value.real());
  });
  back(kx2_psi_, [](int, double kx, const Complex& value) {
    return Complex((kx * kx) * value.real(), (kx * kx) * value.imag());
  });
}

void PoissonSolver::field_rows(int first, int count, std::span<double> fields) const {
  const int n = geometry_.grid;
  const std::size_t side = static_cast<std::size_t>(n);
  assert(first >= 0 && count >= 0 && first + count <= n);
  assert(fields.size() == 5 * side * static_cast<std::size_t>(count));
  const double k_unit = 2.0 * kPi / geometry_.width_mpc_h;
  const double factor = poisson_factor(geometry_.omega_m);
  bool finite = true;
#pragma omp parallel num_threads(threads_) reduction(&& : finite)
  {
    std::vector<Complex> spectrum(half_);
    std::vector<double> values(4 * side);
    const auto field = [&](int f) { return values.data() + static_cast<std::size_t>(f) * side; };
    const auto transform = [&](double* into) {
      fftw_execute_dft_c2r(plans_->row_back, fftw(spectrum.data()), into);  // overwrites its input
    };
#pragma omp for schedule(static)
    for (int row = 0; row < count; ++row) {
      const std::size_t i = static_cast<std::size_t>(first + row);
      const Complex* const psi = psi_.data() + i * half_;
      const Complex* const ikx_psi = ikx_psi_.data() + i * half_;
      const Complex* const kx2_psi = kx2_psi_.data() + i * half_;

      std::copy(ikx_psi, ikx_psi + half_, spectrum.begin());  // f0: i kx psi
      transform(field(0));
      for (std::size_t j = 0; j < half_; ++j) {  // f1: i ky psi, without the Nyquist column
        const double ky = k_unit * static_cast<double>(j);
        spectrum[j] = Complex(-ky * psi[j].imag(), ky * psi[j].real());
      }
      spectrum[half_ - 1] = 0.0;
      transform(field(1));
      std::copy(kx2_psi, kx2_psi + half_, spectrum.begin());  // f2: kx^2 psi
      transform(field(2));
      for (std::size_t j = 0; j < half_; ++j) {  // f3: kx ky psi = -i ky (i kx psi)
        const double ky = k_unit * static_cast<double>(j);
        spectrum[j] = Complex(ky * ikx_psi[j].imag(), -ky * ikx_psi[j].real());
      }
      spectrum[half_ - 1] = i % 2 == 0 ? corner_ : -corner_;  // of the Nyquist column only the corner stays
      transform(field(3));

      double* out = fields.data() + 5 * side * static_cast<std::size_t>(row);
      const double* const delta = delta_.data() + i * side;
      for (std::size_t j = 0; j < side; ++j, out += 5) {
        for (int f = 0; f < 4; ++f) out[f] = field(f)[j];
        out[4] = factor * (delta[j] - mean_delta_) - out[2];
      }
      finite = finite && all_finite({out - 5 * side, 5 * side});
    }
  }
  if (!finite) throw NumericError("a lensing-potential field is not finite");
}

}  // namespace lenswright
