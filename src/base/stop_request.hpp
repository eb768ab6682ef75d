// stop_request.hpp: the flag that SIGINT (the user: interrupted, 130) and SIGUSR1 and SIGTERM (walltime near, or the
// system wants the machine: stopped early, 75) set.
//
// Libraries ask between pieces of work, when everything done so far is published: throw_if_stop_requested().
#pragma once

namespace lenswright {

// Installs the handlers; called by main. A second SIGINT ends the program at once.
void watch_stop_signals();
bool stop_requested();
// It was SIGUSR1.
bool stop_for_walltime();
// Throws StopRequested with the exit status that belongs to the signal.
void throw_if_stop_requested();

}  // namespace lenswright
