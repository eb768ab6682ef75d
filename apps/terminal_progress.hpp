// terminal_progress.hpp: a progress bar on a terminal, plain lines (at most one per 10 s) in a log.
#pragma once

#include <memory>

#include "base/progress.hpp"

namespace lenswright {

std::unique_ptr<ProgressSink> make_terminal_progress();  // on stderr

}  // namespace lenswright
