// lease.hpp: a file that says who is at work on something, one holder at a time, on any host that sees the file
// system.
//
// File:    a JSON object: owner, host, pid, process_started, since. Its time of change is the heartbeat: a
//          thread of the holder renews it.
// Over:    a holder on this host is gone once its process is; one on another host, where no process can be
//          checked, once its heartbeat is older than terms.silence, by the file system's own clock. What a
//          holder that is gone has left moves to locks/ beside the file, and the next one goes on.
// Hazard:  a holder that was itself stopped for longer than terms.silence may have been taken over: it asks
//          require_held() before each step that must not be done by two.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "io/disk.hpp"

namespace lenswright {

struct LeaseHolder {
  std::string owner, host;
  long pid = 0;
  long long process_started = 0;  // clock ticks since boot: a recycled pid is not taken for the holder
  std::string since;              // UTC
};
// "anna (process 4711 on login01) since 2026-01-31T12:34:56.789Z"
std::string describe(const LeaseHolder& holder);
std::string encode_lease(const LeaseHolder& holder);
LeaseHolder decode_lease(const std::string& path, const std::string& text);  // throws FormatError

// This process, now.
LeaseHolder this_process();
// False only if it certainly does not live: same host, and no such process.
bool may_live(const LeaseHolder& holder);

struct LeaseTerms {
  std::string doing;                           // "is at work on this campaign", for the message to the second
  std::chrono::milliseconds heartbeat{15000};  // renewed this often
  std::chrono::milliseconds silence{300000};   // of a holder on another host: longer, and it is taken over
  std::chrono::milliseconds patience{0};       // the second one waits this long before it is refused
};

class Lease {
 public:
  // Throws InputError that names the holder, and since when, if another one has it. `disk` outlives this and,
  // like the real one, may be used from two threads.
  Lease(Disk& disk, std::filesystem::path file, LeaseTerms terms);
  ~Lease();  // releases it, if it is still ours
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  // The holder that was gone, described; empty: none.
  const std::string& taken_over() const { return taken_over_; }
  // Throws InputError if the file no longer says that we have it.
  void require_held() const;

 private:
  bool take();  // false: another one has it
  void beat();

  Disk& disk_;
  std::filesystem::path file_;
  LeaseTerms terms_;
  std::string text_, taken_over_, refusal_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread heart_;
};

}  // namespace lenswright
