#include "stage_main.hpp"

int main(int argc, char** argv) {
  return lenswright::stage_main(argc, argv, lenswright::Stage::lux,
                                "Turns mass planes into lensing-potential derivatives (LUX format)",
                                lenswright::run_lux_convert);
}
