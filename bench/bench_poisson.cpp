// Planes through lux_convert, from their files to the potentials' files, against what no converter can do without.
//
// Four planes by one call of the stage, as a task has several. The floor, measured right before and after each
// conversion: one forward and four inverse transforms of FFTW over the whole plane (real to complex and back, planned
// without timing), and plain writes of as many bytes as the potentials have. Processor seconds per plane; medians over
// repetitions:
//   conversion       the stage: read and check the plane, transform, interleave, digest, write, sync, receipt
//   in_kernel        how much of it the kernel took: pages for the files, copies to them
//   bare_scalar      the five transforms with scalar codelets, whose bytes are the same on every machine
//   bare_vector      the same with the codelets that FFTW chooses for this processor
//   plain_write      write and sync of the potential's bytes
//   to_scalar_floor  conversion / (bare_scalar + plain_write), pair by pair
//   to_vector_floor  conversion / (bare_vector + plain_write), pair by pair
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fftw3.h>
#include <sys/resource.h>

#include <complex>
#include <stdexcept>

#include "bench_campaign.hpp"
#include "bench_stream.hpp"

namespace lenswright::bench {
namespace {

constexpr int kRepetitions = 5, kPlanes = 4;

class BareTransforms {
 public:
  BareTransforms(int grid, unsigned flags)
      : pixels_(static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid)),
        modes_(static_cast<std::size_t>(grid) * (static_cast<std::size_t>(grid) / 2 + 1)),
        real_(fftw_alloc_real(pixels_)),
        spectrum_(fftw_alloc_complex(modes_)),
        forward_(fftw_plan_dft_r2c_2d(grid, grid, real_, spectrum_, FFTW_ESTIMATE | flags)),
        back_(fftw_plan_dft_c2r_2d(grid, grid, spectrum_, real_, FFTW_ESTIMATE | flags)) {
    Draws draw;
    for (std::size_t k = 0; k < pixels_; ++k) real_[k] = draw() - 0.5;
  }
  ~BareTransforms() {
    fftw_destroy_plan(forward_);
    fftw_destroy_plan(back_);
    fftw_free(real_);
    fftw_free(spectrum_);
  }
  BareTransforms(const BareTransforms&) = delete;
  BareTransforms& operator=(const BareTransforms&) = delete;

  double seconds() {
    return seconds_of([&] {
      fftw_execute(forward_);
      for (int field = 0; field < 4; ++field) {
        fftw_execute(back_);
        // Kept from growing: values out of all range take other time.
        real_[0] *= 1e-7;
      }
    });
  }

 private:
  std::size_t pixels_, modes_;
  double* real_;
  fftw_complex* spectrum_;
  fftw_plan forward_, back_;
};

void write_plainly(const std::filesystem::path& path, std::uint64_t bytes) {
  const std::vector<char> block(std::size_t{1} << 20, 'x');
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  for (std::uint64_t left = bytes; left > 0;) {
    const ssize_t written = write(file, block.data(), std::min<std::uint64_t>(left, block.size()));
    if (written <= 0) throw std::runtime_error("the disk is full");
    left -= static_cast<std::uint64_t>(written);
  }
  if (fsync(file) != 0) throw std::runtime_error("fsync");
  close(file);
}

// Per file, of as many as a conversion makes.
double plain_write_seconds(const std::filesystem::path& folder, std::uint64_t bytes) {
  std::vector<std::filesystem::path> paths;
  for (int plane = 0; plane < kPlanes; ++plane) paths.push_back(folder / fmt::format("plain{}", plane));
  const double seconds = seconds_of([&] {
    for (const std::filesystem::path& path : paths) write_plainly(path, bytes);
  });
  for (const std::filesystem::path& path : paths) std::filesystem::remove(path);
  return seconds / kPlanes;
}

// Of this process, so far.
double kernel_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_stime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_stime.tv_usec);
}

void convert(benchmark::State& state) {
  const int grid = static_cast<int>(state.range(0));
  const BenchCampaign bench(grid, kPlanes, 1);
  std::vector<ProductId> potentials;
  Draws draw;
  for (int index = 0; index < kPlanes; ++index) {
    const ProductId mass{ProductKind::mass_plane, 0, 0, index};
    Grid2d<double> plane(grid);
    for (double& value : plane.values()) value = 1e9 * draw();
    std::filesystem::create_directories(bench.file(mass).parent_path());
    write_scalar_plane(real_disk(), bench.file(mass), plane);
    potentials.push_back({ProductKind::potential, 0, 0, index + 1});
  }
  const std::uint64_t bytes = plane_file_size(grid, kPotentialFields);
  std::vector<double> conversion, in_kernel, scalar, vector, write, to_scalar, to_vector;
  BareTransforms bare_scalar(grid, FFTW_NO_SIMD), bare_vector(grid, 0);
  for (auto _ : state) {
    for (int repetition = 0; repetition < kRepetitions; ++repetition) {
      const double before = bare_scalar.seconds(), vector_before = bare_vector.seconds();
      const double write_before = plain_write_seconds(bench.folder(), bytes);
      const double kernel_before = kernel_seconds();
      conversion.push_back(bench.seconds_of_stage(Stage::lux, potentials) / kPlanes);
      in_kernel.push_back((kernel_seconds() - kernel_before) / kPlanes);
      for (const ProductId& id : potentials) std::filesystem::remove(bench.file(id));
      scalar.push_back((before + bare_scalar.seconds()) / 2);
      vector.push_back((vector_before + bare_vector.seconds()) / 2);
      write.push_back((write_before + plain_write_seconds(bench.folder(), bytes)) / 2);
      to_scalar.push_back(conversion.back() / (scalar.back() + write.back()));
      to_vector.push_back(conversion.back() / (vector.back() + write.back()));
    }
    state.SetIterationTime(median(conversion));
  }
  state.counters["conversion"] = median(conversion);
  state.counters["in_kernel"] = median(in_kernel);
  state.counters["bare_scalar"] = median(scalar);
  state.counters["bare_vector"] = median(vector);
  state.counters["plain_write"] = median(write);
  state.counters["to_scalar_floor"] = median(to_scalar);
  state.counters["to_vector_floor"] = median(to_vector);
}
BENCHMARK(convert)->Arg(2048)->Arg(4096)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lenswright::bench

int main(int argc, char** argv) {
  const lenswright::MpiSession mpi(argc, argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
