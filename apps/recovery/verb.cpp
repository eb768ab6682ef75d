#include "verb.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace lenswright {

namespace {

constexpr Verb kVerbs[] = {
    {"init", "make the state folder, the stages' roots and their markers; take in an existing tree",
     run_init},
    {"diagnose", "what is missing or damaged, what that holds up, and the pattern behind it", run_diagnose},
    {"submit", "make again what is missing or damaged, and all that is made from it", run_submit},
    {"status", "what waits, runs, is done or failed on the cluster, and the products on disk", run_status},
    {"cancel", "take back what waits or runs on the cluster", run_cancel},
    {"verify", "model by stage: OK, or how much of it is there", run_verify},
    {"why", "the state of one product or file, and the reason", run_why},
    {"ledger", "what all receipts tell: merge, rebuild, check, export, import", run_ledger},
    {"log", "who did what to the campaign, when, and what that changed", run_log},
    {"trash", "what has been moved aside: list it, put it back, or remove it for good", run_trash},
    {"backup", "copies of ledger, receipts, plans and checksums: make, list, verify, restore", run_backup},
    {"adopt", "take in products made elsewhere or by other codes, after checking every byte", run_adopt},
    {"manifest", "a checksum list of the products, for xxhsum -c or sha256sum -c", run_manifest},
    {"release", "let go of potentials when all that is made from them is there", run_release},
    {"report", "the reports that verify --report has left: list them, open one", run_report},
    {"completion", "completion of verbs and options for bash or zsh", run_completion},
};

// Levenshtein distance.
std::size_t edits(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const Verb> verbs() {
  return kVerbs;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t fewest = word.size() / 2 + 1;  // more than half of the word wrong is no likeness
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edits(word, candidate);
    if (distance > fewest) continue;
    if (distance == fewest && !best.empty()) continue;
    best = candidate;
    fewest = distance;
  }
  return best;
}

}  // namespace lenswright
