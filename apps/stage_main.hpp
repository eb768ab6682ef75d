// stage_main.hpp: main() of the MPI programs but for the stage itself.
#pragma once

#include <functional>
#include <string>

#include "stages/stage_run.hpp"

namespace lenswright {

int stage_main(int argc, char** argv, Stage stage, const std::string& description,
               const std::function<StageOutcome(const StageContext&, const StageRequest&)>& run);

}  // namespace lenswright
