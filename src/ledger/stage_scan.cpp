// The walk over one stage, models shared by a few threads; declared in scanner.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <numeric>
#include <set>
#include <span>
#include <thread>
#include <utility>

#include "base/stop_request.hpp"
#include "ledger/scanner.hpp"

namespace lenswright {

namespace {

// A parallel file system answers a few at once; more would be unkind to the others on a login node.
constexpr unsigned kThreads = 4;

bool chosen(const std::vector<int>& list, int value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

std::vector<ProductId> selected_products(const Campaign& campaign, Stage stage, const Selection& selection,
                                         int realization) {
  std::vector<ProductId> products;
  const ProductSet set(campaign);
  // Any selected model will do: which planes and runs are selected does not depend on it.
  const int model = selection.models.empty() ? 0 : selection.models.front();
  for (const ProductKind kind : kinds_of(stage)) {
    const auto each = static_cast<std::size_t>(set.per_combination(kind));
    const auto first = static_cast<std::size_t>(campaign.combination_index(model, realization)) * each;
    for (std::size_t i = 0; i < each; ++i)
      if (const ProductId id = set.at(kind, first + i); selection.contains(campaign, id))
        products.push_back(id);
  }
  return products;
}

}  // namespace

// What all models of a stage have in common.
struct Scanner::StageWalk {
  Stage stage = Stage::lensplanes;
  std::filesystem::path path;
  Listing root;
  std::vector<int> models, realizations;       // selected
  std::set<std::string, std::less<>> folders;  // of all realizations
  std::vector<ExpectedFolder> expected;        // per realization
  std::vector<std::uint64_t> counts;           // of products, per realization
};

void Scanner::scan_model(const StageWalk& walk, int model_index,
                         const std::function<void(std::uint64_t)>& advance) {
  const std::string& name = campaign_.models[static_cast<std::size_t>(model_index)].name;
  const Listing model = list(walk.path / name, find_entry(walk.root.entries, name));
  for (const int r : walk.realizations) {
    throw_if_stop_requested();
    const std::size_t before = findings.size();
    scan_combination(walk.expected[static_cast<std::size_t>(r)], model, model_index, r);
    if (closer_ != nullptr) closer_->done(walk.stage, model_index, r, std::span(findings).subspan(before));
    advance(walk.counts[static_cast<std::size_t>(r)]);
  }
  look_at_extras(model.entries, walk.path / name,
                 [&](const std::string& entry) { return walk.folders.contains(entry); });
}

// Findings come in the order of models, whoever looked at which.
void Scanner::scan_models_together(const StageWalk& walk, const std::function<void(std::uint64_t)>& advance) {
  struct Part {
    std::vector<Finding> findings;
    std::vector<std::filesystem::path> dead_temporary_files;
  };
  std::vector<Part> parts(walk.models.size());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    Scanner scanner(campaign_, disk_, tier_, receipts_, set_state_);
    scanner.seen_ = seen_;
    scanner.stage_ = stage_;
    scanner.report_orphans_ = report_orphans_;
    try {
      for (std::size_t i; (i = next++) < walk.models.size();) {
        scanner.scan_model(walk, walk.models[i], [&](std::uint64_t products) {
          const std::lock_guard guard(mutex);
          advance(products);
        });
        parts[i].findings = std::exchange(scanner.findings, {});
        parts[i].dead_temporary_files = std::exchange(scanner.dead_temporary_files, {});
      }
    } catch (...) {
      const std::lock_guard guard(mutex);
      if (!failure) failure = std::current_exception();
      next = walk.models.size();  // the others stop too
    }
    const std::lock_guard guard(mutex);
    sound.insert(sound.end(), scanner.sound.begin(), scanner.sound.end());
    any_plane_there_ = any_plane_there_ || scanner.any_plane_there_;
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::clamp(std::thread::hardware_concurrency(), 1U, kThreads); ++i)
    threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  for (Part& part : parts) {
    std::move(part.findings.begin(), part.findings.end(), std::back_inserter(findings));
    std::move(part.dead_temporary_files.begin(), part.dead_temporary_files.end(),
              std::back_inserter(dead_temporary_files));
  }
}

void Scanner::scan_stage(Stage stage, const Selection& selection, ProgressSink& progress) {
  StageWalk walk;
  if (!open_root(stage, walk.root)) return;
  report_orphans_ = selection.whole_folders();
  walk.stage = stage;
  walk.path = stage_root(campaign_, stage);
  std::set<std::string, std::less<>> names;
  for (int m = 0; m < static_cast<int>(campaign_.models.size()); ++m) {
    names.insert(campaign_.models[static_cast<std::size_t>(m)].name);
    if (chosen(selection.models, m)) walk.models.push_back(m);
  }
  walk.expected.resize(static_cast<std::size_t>(campaign_.realizations));
  walk.counts.assign(walk.expected.size(), 0);
  for (int r = 0; r < campaign_.realizations; ++r) {
    walk.folders.insert(realization_folder(r));
    if (!chosen(selection.realizations, r)) continue;
    walk.realizations.push_back(r);
    const std::vector<ProductId> of_folder = selected_products(campaign_, stage, selection, r);
    walk.counts[static_cast<std::size_t>(r)] = of_folder.size();
    walk.expected[static_cast<std::size_t>(r)] = expected_folder(campaign_, of_folder);
  }

  progress.begin(
      fmt::format("checking {}", stage_name(stage)),
      walk.models.size() * std::accumulate(walk.counts.begin(), walk.counts.end(), std::uint64_t{0}),
      "products");
  const auto advance = [&](std::uint64_t products) { progress.advance(products); };
  // A closer look goes combination by combination, so that it can go on where it was interrupted.
  if (closer_ == nullptr && disk_.shared_by_threads() && walk.models.size() > 1)
    scan_models_together(walk, advance);
  else
    for (const int model : walk.models) scan_model(walk, model, advance);
  look_at_extras(walk.root.entries, walk.path, [&](const std::string& entry) {
    return names.contains(entry) || entry == kRootMarkerFile || entry == kTrashFolder ||
           (stage == Stage::lensplanes && entry == kTransformsFile);
  });
  if (stage == Stage::lensplanes) look_at_transforms(walk.path, walk.root);
  progress.end();
}

}  // namespace lenswright
