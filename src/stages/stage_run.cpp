#include "stages/stage_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "ledger/root_marker.hpp"
#include "ledger/staleness.hpp"
#include "ledger/trash.hpp"

namespace lenswright {

namespace {

// What one rank's part of a common piece of work came to.
struct Outcome {
  std::string problem;                // empty: none
  std::optional<ExitStatus> stopped;  // a signal arrived
};

Outcome outcome_of(const std::function<void()>& body) {
  Outcome outcome;
  try {
    body();
  } catch (const StopRequested& stop) {
    outcome.stopped = stop.status();
  } catch (const std::bad_alloc&) {
    outcome.problem = "out of memory: give more ranks or nodes, or a smaller --memory";
  } catch (const std::exception& failure) {
    outcome.problem = failure.what();
    if (outcome.problem.empty()) outcome.problem = "failed for a reason it does not tell";
  }
  return outcome;
}

void throw_if_stopped(const Communicator& ranks, std::optional<ExitStatus> stopped) {
  if (!ranks.any(stopped.has_value())) return;
  // The signal need not have reached every rank: all end with the status of the one it did.
  const std::string mine = stopped ? std::to_string(static_cast<int>(*stopped)) : "0";
  int status = 0;
  for (const std::string& text : ranks.gather_all(mine)) status = std::max(status, std::stoi(text));
  throw StopRequested(status == static_cast<int>(ExitStatus::stopped_early)
                          ? "stopped early; what is finished is published, run again for the rest"
                          : "interrupted; what is finished is published, run again for the rest",
                      static_cast<ExitStatus>(status));
}

// Collective. `body` runs on rank 0 and makes a text; all get it, or all throw what went wrong.
std::string from_first(const Communicator& ranks, const std::function<std::string()>& body) {
  std::string text;
  Outcome outcome;
  if (ranks.first()) outcome = outcome_of([&] { text = body(); });
  ranks.broadcast(0, outcome.problem);
  if (!outcome.problem.empty()) throw InputError(outcome.problem);
  throw_if_stopped(ranks, outcome.stopped);
  ranks.broadcast(0, text);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string relative_to_root(const Campaign& campaign, const Finding& finding) {
  return std::filesystem::path(finding.path).lexically_relative(stage_root(campaign, finding.stage)).string();
}

// Decides about one asked product; true if it is to be made.
bool choose(const StageContext& context, const StageRequest& request, const ProductId& id,
            const ReceiptIndex& receipts, Staleness& staleness, std::vector<Finding>& moves,
            std::size_t& stale) {
  const Campaign& campaign = context.campaign;
  const std::vector<Finding> findings =
      check_product_files(campaign, context.disk, id, Tier::header, receipts, &staleness);
  const State state = findings.empty() ? State::complete : findings.front().state;
  const std::string name = product_name(campaign, id);
  if (state == State::unknown)
    throw InputError(fmt::format("{} cannot be looked at: {}", name, findings.front().because));
  if (state == State::mismatched && !request.replace_mismatched) {
    throw InputError(
        fmt::format("{} is {}. The campaign {} has lensplanes.grid {} and raytracing.grid {}: correct the "
                    "campaign file, or move such products aside with --replace-mismatched",
                    name, findings.front().because, campaign.file.string(), campaign.lensplanes.grid,
                    campaign.raytracing.grid));
  }
  const bool complete = state == State::complete || state == State::stale;
  if (state == State::stale && !request.force) ++stale;
  if (complete && !request.force) return false;
  const std::filesystem::path path = absolute_path(campaign, id);
  if (request.force) {
    if (context.disk.status(path))
      moves.push_back({state, stage_of(id.kind), id, path.string(), "made anew because of --force"});
    return true;
  }
  for (const Finding& finding : findings)
    if (finding.state == State::truncated || finding.state == State::corrupt ||
        finding.state == State::mismatched)
      moves.push_back(finding);
  return true;
}

std::string command_for_combination(const Campaign& campaign, const ProductId& id) {
  const auto program_of = [](Stage stage) {
    switch (stage) {
      case Stage::lensplanes:
        return "lensplane";
      case Stage::lux:
        return "lux_convert";
      case Stage::raytracing:
        return "raytrace";
      case Stage::statistics:
        break;
    }
    return "kappa_stats";
  };
  const std::string program = program_of(stage_of(id.kind));
  return fmt::format("{} --config {} --model {} --realization {}", program, campaign.file.string(),
                     campaign.models[static_cast<std::size_t>(id.model)].name, id.realization);
}

}  // namespace

void together(const Communicator& ranks, const std::function<void()>& body) {
  const Outcome outcome = outcome_of(body);
  ranks.agree(outcome.problem);
  throw_if_stopped(ranks, outcome.stopped);
}

void stop_together(const Communicator& ranks) {
  together(ranks, throw_if_stop_requested);
}

ReceiptIndex load_receipts(const StageContext& context) {
  ReceiptIndex receipts;
  from_first(context.ranks, [&] {
    receipts = ReceiptIndex::load(context.disk, context.campaign);
    for (const std::string& problem : receipts.problems()) context.progress.note(problem);
    return std::string();
  });
  return receipts;
}

Work choose_work(const StageContext& context, const StageRequest& request, const ReceiptIndex& receipts) {
  const Campaign& campaign = context.campaign;
  Work work;
  const std::string names = from_first(context.ranks, [&] {
    require_root(context.disk, campaign, request.stage);
    if (request.stage == Stage::lux) require_root(context.disk, campaign, Stage::lensplanes);
    if (request.stage == Stage::raytracing) require_root(context.disk, campaign, Stage::lux);
    if (request.stage == Stage::statistics) require_root(context.disk, campaign, Stage::raytracing);
    std::string text;
    Staleness staleness(campaign, context.disk, receipts);
    std::size_t stale = 0;
    for (const ProductId& id : request.products)
      if (choose(context, request, id, receipts, staleness, work.moves, stale))
        text += product_name(campaign, id) + '\n';
    for (const Finding& move : work.moves) {
      const auto origin = receipts.origin(product_name(campaign, *move.product));
      work.receipts.push_back(origin ? std::string(origin->receipt) : std::string());
    }
    if (stale > 0)
      context.progress.note(fmt::format(
          "{} of the products are stale and left alone: `recovery why` tells why, `recovery submit "
          "--include-stale` or --force makes them anew",
          stale));
    return text;
  });
  for (const std::string& name : lines_of(names)) work.products.push_back(*product_named(campaign, name));
  std::sort(work.products.begin(), work.products.end());
  return work;
}

void move_aside(const StageContext& context, const Work& work) {
  from_first(context.ranks, [&] {
    for (std::size_t move = 0; move < work.moves.size(); ++move) {
      const Finding& finding = work.moves[move];
      move_to_trash(context.disk, context.campaign, finding.stage,
                    relative_to_root(context.campaign, finding), finding.because, work.receipts[move]);
      context.progress.note(fmt::format("{} moved to the trash: {}", finding.path, finding.because));
    }
    return std::string();
  });
}

std::vector<ProductId> work_left(const StageContext& context, const StageRequest& request,
                                 const ReceiptIndex& receipts) {
  Work work = choose_work(context, request, receipts);
  move_aside(context, work);
  return std::move(work.products);
}

std::string command_for(const Campaign& campaign, const ProductId& id) {
  // As narrow as it goes: with --force, what else it names is made anew too.
  std::string command = command_for_combination(campaign, id);
  if (id.kind == ProductKind::mass_plane) command += fmt::format(" --plane {}", id.index);
  if (id.kind == ProductKind::potential) command += fmt::format(" --plane {}", id.index - 1);
  if (id.kind == ProductKind::run) command += fmt::format(" --run {}", id.index);
  return command;
}

KnownDigests require_inputs(const StageContext& context, const std::vector<ProductId>& products,
                            const ReceiptIndex& receipts) {
  const Campaign& campaign = context.campaign;
  const std::string lines = from_first(context.ranks, [&] {
    std::set<ProductId> inputs;
    for (const ProductId& id : products)
      for (const ProductId& input : inputs_of(campaign, id)) inputs.insert(input);
    std::string text, first_problem;
    std::size_t problems = 0;
    Staleness staleness(campaign, context.disk, receipts);
    for (const ProductId& input : inputs) {
      const std::string name = product_name(campaign, input);
      const Finding finding =
          check_product(campaign, context.disk, input, Tier::header, receipts, &staleness);
      if (finding.state != State::complete) {
        // What cannot be looked at, or is of another grid, is not simply made anew.
        const bool can_be_made = finding.state == State::missing || finding.state == State::truncated ||
                                 finding.state == State::corrupt;
        if (problems++ == 0 && finding.state == State::stale)
          first_problem = fmt::format(
              "input {} is stale: {}; nothing is made from it: make it and all that is made from it "
              "anew with `recovery submit --config {} --include-stale`, or it alone with `{} --force`",
              name, finding.because, campaign.file.string(), command_for(campaign, input));
        else if (problems == 1)
          first_problem = fmt::format(
              "input {} is {}: {}; {}", name, state_name(finding.state), finding.because,
              can_be_made ? fmt::format("make it with `{}`", command_for_combination(campaign, input))
                          : fmt::format("see `recovery diagnose --config {}`", campaign.file.string()));
        continue;
      }
      for (const ProductFile& file : product_files(campaign, input))
        if (const std::optional<Digest> digest = receipts.file_digest(name, file.path))
          text += fmt::format("{} {}/{}\n", digest->hex(), stage_name(stage_of(input.kind)), file.path);
    }
    if (problems > 1) first_problem += fmt::format(" ({} more inputs are not complete)", problems - 1);
    if (problems > 0) throw InputError(first_problem + "; nothing was written");
    return text;
  });
  KnownDigests known;
  for (const std::string& line : lines_of(lines))
    known.emplace(line.substr(33), *Digest::from_hex(line.substr(0, 32)));
  return known;
}

void compare_digest(const KnownDigests& known, const std::string& product, const Digest& found) {
  const auto recorded = known.find(product);
  if (recorded == known.end() || recorded->second == found) return;
  throw InputError(
      fmt::format("damaged input: {} has digest {}, its receipt says {}; nothing is made from it: find out "
                  "more with `recovery verify --tier full`, then make it anew",
                  product, found.hex(), recorded->second.hex()));
}

void read_input(const Campaign& campaign, const ProductId& id, const std::function<void()>& read) {
  try {
    read();
  } catch (const FormatError& error) {
    throw InputError(fmt::format("damaged input: {}: {}; make it anew with `{} --force`",
                                 product_name(campaign, id), error.what(), command_for(campaign, id)));
  }
}

}  // namespace lenswright
