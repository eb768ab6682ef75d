// stop_request.hpp: the flag that SIGINT, SIGTERM (interrupted, 130) and SIGUSR1 (walltime near, 75) set.
//
// Libraries ask between pieces of work, when everything done so far is published: throw_if_stop_requested().
#pragma once

namespace lenswright {

// Installs the handlers; called by main. A second SIGINT or SIGTERM ends the program at once.
void watch_stop_signals();
bool stop_requested();
// Throws StopRequested with the exit status that belongs to the signal.
void throw_if_stop_requested();

}  // namespace lenswright
