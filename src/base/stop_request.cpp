#include "base/stop_request.hpp"

#include <csignal>

#include "base/error.hpp"

namespace lenswright {

namespace {

volatile std::sig_atomic_t caught_signal = 0;

void remember(int signal_number) {
  // A user who asks twice means it. A launcher and its scheduler each pass SIGTERM on, so that one comes in twos and
  // threes; what does not end in time gets SIGKILL from them.
  if (caught_signal == SIGINT && signal_number == SIGINT) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
    return;
  }
  // The first one says why (a SIGTERM follows a SIGUSR1 at the limit, and Open MPI's launcher answers SIGINT with one),
  // but for the user's own, which comes before all.
  if (caught_signal == 0 || signal_number == SIGINT) caught_signal = signal_number;
}

}  // namespace

void watch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = remember;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int signal_number : {SIGINT, SIGTERM, SIGUSR1}) sigaction(signal_number, &action, nullptr);
}

bool stop_requested() {
  return caught_signal != 0;
}

bool stop_for_walltime() {
  return caught_signal == SIGUSR1;
}

void throw_if_stop_requested() {
  if (caught_signal == 0) return;
  if (caught_signal != SIGINT) {
    throw StopRequested("stopped early; what is finished is published, run again for the rest",
                        ExitStatus::stopped_early);
  }
  throw StopRequested("interrupted; what is finished is published, run again for the rest",
                      ExitStatus::interrupted);
}

}  // namespace lenswright
