// fault_walk.hpp: one piece of work with a fault at its first operation, its second, ... until it ends unstruck.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "faulty_disk.hpp"
#include "io/disk.hpp"

namespace lenswright::test {

// The real disk without waiting for it: nothing here loses power.
inline Disk& quick_disk() {
  static FaultyDisk disk(real_disk());
  disk.syncs = false;
  return disk;
}

// For each kind of fault and each operation: prepare(), act(disk), which may throw, then check(ended). Errors are
// ENOSPC, EIO, EROFS and EACCES in turn. Returns how many faults struck.
template <typename Prepare, typename Act, typename Check>
std::size_t strike_everywhere(const Prepare& prepare, const Act& act, const Check& check,
                              std::size_t stride = 1) {
  constexpr std::array<int, 4> kErrors{ENOSPC, EIO, EROFS, EACCES};
  std::size_t strikes = 0;
  for (const FaultKind kind : {FaultKind::error, FaultKind::short_write, FaultKind::death}) {
    for (std::size_t at = 1;; at += stride) {
      prepare();
      FaultyDisk disk(real_disk(), Fault{at, kind, kErrors[at % kErrors.size()]});
      disk.syncs = false;
      bool ended = false;
      try {
        act(disk);
        ended = true;
      } catch (const Failure& failure) {
        EXPECT_FALSE(std::string(failure.what()).empty());
      } catch (const WriterDied&) {
      }
      SCOPED_TRACE(testing::Message() << "operation " << at << " (" << disk.struck_operation() << ")");
      check(ended);
      if (!disk.struck()) break;
      ++strikes;
    }
  }
  return strikes;
}

}  // namespace lenswright::test
