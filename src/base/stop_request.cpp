#include "base/stop_request.hpp"

#include <csignal>

#include "base/error.hpp"

namespace lenswright {

namespace {

volatile std::sig_atomic_t caught_signal = 0;

void remember(int signal_number) {
  if (caught_signal != 0 && caught_signal != SIGUSR1 && signal_number != SIGUSR1) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
    return;
  }
  caught_signal = signal_number;
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

void throw_if_stop_requested() {
  if (caught_signal == 0) return;
  if (caught_signal == SIGUSR1) {
    throw StopRequested(
        "stopped before the time limit; what is finished is published, run again for the rest",
        ExitStatus::stopped_early);
  }
  throw StopRequested("interrupted; what is finished is published, run again for the rest",
                      ExitStatus::interrupted);
}

}  // namespace lenswright
