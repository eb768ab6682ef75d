#include "stage_main.hpp"

int main(int argc, char** argv) {
  return lenswright::stage_main(argc, argv, lenswright::Stage::raytracing,
                                "Traces rays through the lens planes into convergence maps",
                                lenswright::run_raytrace);
}
