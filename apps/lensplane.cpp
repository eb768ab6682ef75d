#include "stage_main.hpp"

int main(int argc, char** argv) {
  return lenswright::stage_main(argc, argv, lenswright::Stage::lensplanes,
                                "Projects snapshots onto mass planes", lenswright::run_lensplane);
}
