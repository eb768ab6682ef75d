// campaign_lock.hpp: at most one program at a time plans and submits a campaign's work: the file
// <state>/submit.lock, with owner, host, process and time.
//
// A holder on this host that no longer lives is taken over (its lock moves to <state>/locks/); one on another
// host cannot be checked and is believed.
#pragma once

#include <filesystem>
#include <string>

#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

struct LockHolder {
  std::string owner, host;
  long pid = 0;
  long long process_started =
      0;              // clock ticks since boot, so that a recycled pid is not taken for the holder
  std::string since;  // UTC
};
// "anna (process 4711 on login01) since 2026-01-31T12:34:56.789Z"
std::string describe(const LockHolder& holder);
std::string encode_lock(const LockHolder& holder);
LockHolder decode_lock(const std::string& path, const std::string& text);  // throws FormatError

// This process, now.
LockHolder this_process();
// False only if it certainly does not live: same host, and no such process.
bool may_live(const LockHolder& holder);

std::filesystem::path lock_file(const Campaign& campaign);

class CampaignLock {
 public:
  // Throws InputError that names the holder if another one has it.
  CampaignLock(Disk& disk, const Campaign& campaign);
  ~CampaignLock();  // releases it, if it is still ours
  CampaignLock(const CampaignLock&) = delete;
  CampaignLock& operator=(const CampaignLock&) = delete;
  // The dead holder that was taken over, described; empty: none.
  const std::string& taken_over() const { return taken_over_; }

 private:
  Disk& disk_;
  std::filesystem::path path_;
  std::string text_;
  std::string taken_over_;
};

}  // namespace lenswright
