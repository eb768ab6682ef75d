#include "plan/gap_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "plan/gaps.hpp"

namespace lenswright {

namespace {

// Products in the order in which they are written, as far as they are in the selection.
struct Sequence {
  std::int64_t expected = 0, to_make = 0, damaged = 0;
  bool sound_after_gap = false;  // something sound was written after something that is to be made
  void add(State state) {
    ++expected;
    if (to_be_made(state)) {
      ++to_make;
      if (state != State::missing) ++damaged;
    } else if (to_make > 0) {
      sound_after_gap = true;
    }
  }
  bool whole() const { return to_make == expected; }
  bool tail() const { return !sound_after_gap; }
};

struct SnapshotModelGap {
  int snapshot_index;
  Sequence planes;
};

// "1 mass plane", "3 mass planes"
std::string counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::int64_t planes_in(const std::vector<SnapshotModelGap>& gaps) {
  std::int64_t planes = 0;
  for (const SnapshotModelGap& gap : gaps) planes += gap.planes.to_make;
  return planes;
}

std::string read_gaps(const std::vector<SnapshotModelGap>& gaps) {
  const auto n = static_cast<std::int64_t>(gaps.size());
  const auto tails =
      std::count_if(gaps.begin(), gaps.end(), [](const SnapshotModelGap& gap) { return gap.planes.tail(); });
  const auto whole =
      std::count_if(gaps.begin(), gaps.end(), [](const SnapshotModelGap& gap) { return gap.planes.whole(); });
  if (whole == n)
    return n == 1 ? "one model is missing whole from one snapshot"
                  : fmt::format("all {} gaps are models missing whole from a snapshot", n);
  if (tails == n)
    return n == 1 ? "the one gap is the tail of a model's write order: a killed loop"
                  : fmt::format("all {} gaps are tails of a model's write order: a killed loop", n);
  if (tails == 0)
    return fmt::format("scattered: {} in {}", counted(planes_in(gaps), "mass plane"), counted(n, "gap"));
  return fmt::format("{} of {} gaps {} of a model's write order (a killed loop), the rest is scattered",
                     tails, n, tails == 1 ? "is the tail" : "are tails");
}

std::string read_lensplanes(const Campaign& campaign, const ScanResult& scan, const Selection& selection) {
  std::vector<SnapshotModelGap> gaps;
  std::vector<int> lost_snapshots;
  std::int64_t expected = 0, missing = 0, damaged = 0;
  const auto models = static_cast<int>(campaign.models.size());
  for (int s = 0; s < static_cast<int>(campaign.snapshots.size()); ++s) {
    std::vector<SnapshotModelGap> of_snapshot;
    std::int64_t expected_here = 0;
    for (int m = 0; m < models; ++m) {
      Sequence planes;
      for (int r = 0; r < campaign.realizations; ++r)
        for (int slice = 0; slice < campaign.planes_per_snapshot; ++slice) {
          const ProductId id{ProductKind::mass_plane, m, r, s * campaign.planes_per_snapshot + slice};
          if (selection.contains(campaign, id)) planes.add(scan.state(id));
        }
      expected_here += planes.expected;
      damaged += planes.damaged;
      if (planes.to_make > 0) of_snapshot.push_back({s, planes});
    }
    const std::int64_t missing_here = planes_in(of_snapshot);
    expected += expected_here;
    missing += missing_here;
    if (missing_here > 0 && missing_here == expected_here)
      lost_snapshots.push_back(campaign.snapshots[static_cast<std::size_t>(s)]);
    else
      gaps.insert(gaps.end(), of_snapshot.begin(), of_snapshot.end());
  }
  if (missing == 0) return {};
  std::string text;
  if (missing == expected) {
    text = fmt::format("none of the {} is there: not yet made, or lost as a whole",
                       counted(expected, "mass plane"));
  } else {
    if (!lost_snapshots.empty())
      text = fmt::format(
          "{} {} missing whole", lost_snapshots.size() == 1 ? "snapshot" : "snapshots",
          fmt::format("{}{}", fmt::join(lost_snapshots, ", "), lost_snapshots.size() == 1 ? " is" : " are"));
    if (!gaps.empty()) text += (text.empty() ? "" : "; ") + read_gaps(gaps);
  }
  if (damaged > 0)
    text += fmt::format("; {} damaged rather than missing",
                        damaged == 1 ? "1 plane is" : fmt::format("{} planes are", damaged));
  return text;
}

// Products of one kind, written combination by combination in the order of their index.
std::string read_combinations(const Campaign& campaign, const ScanResult& scan, const Selection& selection,
                              ProductKind kind, std::string_view noun) {
  std::int64_t combinations = 0, whole = 0, tails = 0, to_make = 0;
  const ProductSet& products = scan.products();
  const auto each = static_cast<std::size_t>(products.per_combination(kind));
  for (std::size_t first = 0; first < products.count(kind); first += each) {
    Sequence sequence;
    for (std::size_t i = 0; i < each; ++i)
      if (const ProductId id = products.at(kind, first + i); selection.contains(campaign, id))
        sequence.add(scan.state(id));
    if (sequence.to_make == 0) continue;
    ++combinations;
    to_make += sequence.to_make;
    whole += sequence.whole() ? 1 : 0;
    tails += sequence.tail() ? 1 : 0;
  }
  if (combinations == 0) return {};
  const std::string_view how = whole == combinations   ? "each whole"
                               : tails == combinations ? "each the tail of its write order: a killed loop"
                                                       : "scattered";
  return fmt::format("{} of {}, {}", counted(to_make, noun), counted(combinations, "combination"), how);
}

}  // namespace

std::string gap_pattern(const Campaign& campaign, const ScanResult& scan, const Selection& selection) {
  if (std::string text = read_lensplanes(campaign, scan, selection); !text.empty()) return text;
  std::string text;
  for (const auto& [kind, noun] :
       {std::pair{ProductKind::potential, "potential"}, std::pair{ProductKind::geometry, "geometry file"},
        std::pair{ProductKind::run, "run"}, std::pair{ProductKind::statistics, "statistics file"}})
    if (const std::string reading = read_combinations(campaign, scan, selection, kind, noun);
        !reading.empty())
      text += (text.empty() ? "" : "; ") + reading;
  return text;
}

}  // namespace lenswright
