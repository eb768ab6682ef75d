#include "stage_main.hpp"

int main(int argc, char** argv) {
  return lenswright::stage_main(
      argc, argv, lenswright::Stage::statistics,
      "Measures the convergence maps: moments, spectra, peaks, per model and realization",
      lenswright::run_kappa_stats);
}
