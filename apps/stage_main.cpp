#include "stage_main.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>

#include "attempt_record.hpp"
#include "base/process_usage.hpp"
#include "base/stop_request.hpp"
#include "base/version.hpp"
#include "campaign/product_path.hpp"
#include "command_line.hpp"
#include "physics/rendezvous.hpp"
#include "plan/array_spec.hpp"
#include "plan/task_file.hpp"
#include "stages/job_usage.hpp"
#include "terminal_progress.hpp"

namespace lenswright {

namespace {

const std::vector<std::string> kSelectors{"model", "realization", "snapshot", "plane", "run"};

bool offers(Stage stage, const std::string& selector) {
  if (selector == "run") return stage == Stage::raytracing;
  const bool of_planes = stage == Stage::lensplanes || stage == Stage::lux;
  return selector == "model" || selector == "realization" || of_planes;
}

cxxopts::Options make_options(const std::string& program, Stage stage, const std::string& description) {
  cxxopts::Options options(program,
                           description + "\n\n  mpirun -n P " + program +
                               " --config FILE [options]\n\nBuilds what is asked for and not complete "
                               "(everything, without a selector).\n");
  options.custom_help("[options]");
  add_common_options(options);
  auto add = options.add_options();
  add("model", "models, by name", cxxopts::value<std::vector<std::string>>(), "M ...");
  add("realization", "realizations, from 0", cxxopts::value<std::vector<int>>(), "R ...");
  if (offers(stage, "snapshot"))
    add("snapshot", "snapshots, by number", cxxopts::value<std::vector<int>>(), "N ...");
  if (offers(stage, "plane"))
    add("plane", "planes, from 0 as in the names of mass planes (a potential's name is one higher)",
        cxxopts::value<std::vector<int>>(), "P ...");
  if (offers(stage, "run")) add("run", "runs, from 1", cxxopts::value<std::vector<int>>(), "R ...");
  add("tasks", "task file of a plan, in place of selectors", cxxopts::value<std::string>(), "FILE");
  add("task", "array index of the task in it", cxxopts::value<int>(), "K");
  add("tasks-digest", "XXH3-128 of the task file (xxhsum -H2): anything else in its place is refused",
      cxxopts::value<std::string>(), "HEX");
  add("force", "make complete products anew too; the old ones are moved to the trash");
  add("replace-mismatched", "move products of another grid to the trash and make them anew");
  add("threads", "threads per rank (default: OMP_NUM_THREADS, SLURM_CPUS_PER_TASK, or 1)",
      cxxopts::value<int>(), "T");
  add("memory",
      "bytes that each rank may use, as in 4G (default: its part of the Slurm job's memory, or of 80 % of "
      "the "
      "machine)",
      cxxopts::value<std::string>(), "SIZE");
  if (stage == Stage::lensplanes) {
    add("pass-time",
        "a pass over the particles may take this long by the estimate, as in 90s, 30m, 2h, so that a killed "
        "job "
        "loses no more (default: any time)",
        cxxopts::value<std::string>(), "TIME");
  }
  add("estimate", "print memory, passes, bytes and time that the work would take, and do nothing");
  return options;
}

// Whether this process speaks for all that were launched together, before MPI can tell.
bool speaks_for_all() {
  for (const char* variable : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"})
    if (const char* rank = std::getenv(variable)) return std::string(rank) == "0";
  return true;
}

int default_threads() {
  for (const char* variable : {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"})
    if (const char* text = std::getenv(variable))
      if (const int threads = std::atoi(text); threads > 0) return threads;
  return 1;
}

std::vector<int> numbers_between(const cxxopts::ParseResult& parsed, const std::string& option, int lowest,
                                 int highest) {
  if (parsed.count(option) == 0) return {};
  std::vector<int> numbers = parsed[option].as<std::vector<int>>();
  for (const int number : numbers)
    if (number < lowest || number > highest)
      throw UsageError(
          fmt::format("--{} {}: the campaign has {}s {} to {}", option, number, option, lowest, highest));
  return numbers;
}

std::vector<ProductId> selected_products(const Campaign& campaign, Stage stage,
                                         const cxxopts::ParseResult& parsed) {
  Selection selection;
  selection.stages = {stage};
  if (parsed.count("model") > 0)
    selection.models = models_from(campaign, parsed["model"].as<std::vector<std::string>>());
  if (parsed.count("realization") > 0)
    selection.realizations = realizations_from(campaign, parsed["realization"].as<std::vector<int>>());
  if (offers(stage, "snapshot") && parsed.count("snapshot") > 0)
    selection.snapshots = snapshots_from(campaign, parsed["snapshot"].as<std::vector<int>>());
  if (offers(stage, "plane")) selection.planes = numbers_between(parsed, "plane", 0, campaign.planes() - 1);
  if (offers(stage, "run")) selection.runs = numbers_between(parsed, "run", 1, campaign.raytracing.runs);
  std::vector<ProductId> products;
  const ProductSet all(campaign);
  for (const ProductKind kind : kinds_of(stage))
    for (std::size_t position = 0; position < all.count(kind); ++position)
      if (const ProductId id = all.at(kind, position); selection.contains(campaign, id))
        products.push_back(id);
  // Planes named to be made anew leave the geometry, which is of no plane, alone.
  if (parsed.count("force") > 0 && !(selection.planes.empty() && selection.snapshots.empty()))
    std::erase_if(products, [](const ProductId& id) { return id.kind == ProductKind::geometry; });
  if (products.empty()) throw UsageError("no product of the campaign fits all of the selectors");
  return products;
}

// A job may wait for days: what it finds in the end is what was planned, or nothing is done.
void require_digest(const Campaign& campaign, const std::string& path, const std::string& text,
                    const std::string& expected) {
  const std::optional<Digest> digest = Digest::from_hex(expected);
  if (!digest) throw UsageError(fmt::format("--tasks-digest {}: 32 hexadecimal digits", expected));
  if (const Digest found = digest_of(text); found != *digest)
    throw InputError(fmt::format(
        "{} has digest {}, the job was submitted for {}: it is not the file that was planned; nothing is "
        "made. Plan anew with `recovery submit --config {}`",
        path, found.hex(), digest->hex(), campaign.file.string()));
}

std::vector<ProductId> task_products(const Campaign& campaign, Stage stage,
                                     const cxxopts::ParseResult& parsed) {
  for (const std::string& selector : kSelectors)
    if (offers(stage, selector) && parsed.count(selector) > 0)
      throw UsageError(
          fmt::format("--tasks and --{} exclude each other: the task says what to make", selector));
  if (parsed.count("task") == 0) throw UsageError("--tasks needs --task K, the array index of the task");
  const std::string path = parsed["tasks"].as<std::string>();
  const std::string text = read_text(real_disk(), path);
  if (parsed.count("tasks-digest") > 0)
    require_digest(campaign, path, text, parsed["tasks-digest"].as<std::string>());
  const TaskFile file = decode_task_file(campaign, path, text);
  if (file.stage != stage)
    throw UsageError(
        fmt::format("{} holds tasks of {}, not of {}", path, stage_name(file.stage), stage_name(stage)));
  const auto task = file.tasks.find(parsed["task"].as<int>());
  if (task == file.tasks.end()) {
    std::vector<int> indices;
    for (const auto& [index, ignored] : file.tasks) indices.push_back(index);
    throw UsageError(
        fmt::format("{} has no task {}; it has {}", path, parsed["task"].as<int>(), array_spec(indices)));
  }
  return task->second.products;
}

// "90s", "30m", "2h", "1.5h"; without a letter: seconds.
double seconds_from(const std::string& text) {
  std::size_t read = 0;
  double value = 0;
  try {
    value = std::stod(text, &read);
  } catch (const std::exception&) {
    read = 0;
  }
  const std::string unit = text.substr(read);
  const double seconds = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (read == 0 || seconds == 0 || !(value > 0) || !std::isfinite(value))
    throw UsageError(fmt::format("--pass-time {}: a time as in 90s, 30m or 2h", text));
  return value * seconds;
}

StageRequest request_from(const Campaign& campaign, Stage stage, const cxxopts::ParseResult& parsed) {
  StageRequest request;
  request.stage = stage;
  for (const char* option : {"task", "tasks-digest"})
    if (parsed.count(option) > 0 && parsed.count("tasks") == 0)
      throw UsageError(fmt::format("--{} needs --tasks FILE, the file that holds the task", option));
  request.products = parsed.count("tasks") > 0 ? task_products(campaign, stage, parsed)
                                               : selected_products(campaign, stage, parsed);
  request.force = parsed.count("force") > 0;
  request.replace_mismatched = parsed.count("replace-mismatched") > 0;
  request.threads = parsed.count("threads") > 0 ? parsed["threads"].as<int>() : default_threads();
  if (request.threads < 1) throw UsageError("--threads: at least 1");
  if (stage == Stage::lensplanes) {
    if (parsed.count("pass-time") > 0)
      request.pass_seconds = seconds_from(parsed["pass-time"].as<std::string>());
  }
  request.estimate_only = parsed.count("estimate") > 0;
  if (parsed.count("memory") > 0) request.memory_bytes = bytes_from(parsed["memory"].as<std::string>());
  return request;
}

// How a rank ended.
struct Ending {
  std::string message;  // empty: well
  int status = static_cast<int>(ExitStatus::done);
};

template <typename Body>
Ending ending_of(const Body& body) {
  try {
    body();
    return {};
  } catch (const Failure& failure) {
    return {failure.what(), static_cast<int>(failure.status())};
  } catch (const std::bad_alloc&) {
    return {"out of memory: give more ranks or nodes, or a smaller --memory",
            static_cast<int>(ExitStatus::failed)};
  } catch (const std::exception& failure) {
    return {failure.what(), static_cast<int>(ExitStatus::failed)};
  }
}

// A rank that failed waits a moment for the others to come to the same end. If all do, one speaks for them; if
// not, the others are at work or wait for this one in vain, and the whole job ends here.
int settle(const std::string& program, const Rendezvous& rendezvous, const Ending& ending,
           std::optional<AttemptRecord>& record) {
  constexpr std::chrono::seconds kPatience{5};
  const Communicator& ranks = rendezvous.ranks();
  if (!rendezvous.all_come(kPatience)) {
    fmt::print(stderr, "{}: rank {}: {}\n", program, ranks.rank(), ending.message);
    std::fflush(stderr);
    const ProcessUsage mine = process_usage();  // the others are not there to tell theirs
    if (record)
      record->write(real_disk(), {1, mine.peak_memory_bytes, mine.wall_seconds, mine.cpu_seconds},
                    ending.status, fmt::format("rank {}: {}", ranks.rank(), ending.message), 0);
    ranks.abort(ending.status);
  }
  const std::vector<std::string> messages = ranks.gather_all(ending.message);
  int status = ending.status;
  for (const std::string& text : ranks.gather_all(std::to_string(ending.status)))
    status = std::max(status, std::stoi(text));
  const JobUsage usage = job_usage(ranks);
  if (ranks.first()) {
    const std::set<std::string> different(messages.begin(), messages.end());
    for (std::size_t rank = 0; rank < messages.size(); ++rank) {
      if (different.size() > 1) fmt::print(stderr, "{}: rank {}: {}\n", program, rank, messages[rank]);
    }
    if (different.size() == 1) fmt::print(stderr, "{}: {}\n", program, messages.front());
    if (record) record->write(real_disk(), usage, status, messages.front(), 0);
  }
  return status;
}

}  // namespace

int stage_main(int argc, char** argv, Stage stage, const std::string& description,
               const std::function<StageOutcome(const StageContext&, const StageRequest&)>& run) {
  const std::string program = std::filesystem::path(argv[0]).filename().string();
  std::vector<std::string> lists;
  for (const std::string& selector : kSelectors) lists.push_back("--" + selector);
  const std::vector<std::string> words = join_list_options(argc, argv, lists);
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());

  // Usage is told without MPI: it must work on a login node, too.
  cxxopts::Options options = make_options(program, stage, description);
  std::optional<cxxopts::ParseResult> parsed;
  const auto parse = [&] {
    parsed = options.parse(static_cast<int>(pointers.size()), pointers.data());
    if (!parsed->unmatched().empty())
      throw UsageError(
          fmt::format("'{}' is not an option; try {} --help", parsed->unmatched().front(), program));
    return static_cast<int>(ExitStatus::done);
  };
  if (const int status = speaks_for_all() ? run_guarded(program, parse) : ending_of(parse).status;
      status != 0)
    return status;
  if (parsed->count("help") > 0 || parsed->count("version") > 0) {
    if (speaks_for_all())
      fmt::print("{}\n", parsed->count("help") > 0 ? options.help() + "\n" + exit_status_help()
                                                   : program + " " + code_version());
    return static_cast<int>(ExitStatus::done);
  }

  MpiSession mpi(argc, argv);
  watch_stop_signals();
  const Communicator ranks;
  const Rendezvous rendezvous(ranks);
  std::optional<Campaign> campaign;
  StageRequest request;
  std::optional<AttemptRecord> record;  // of a run on a task, on every rank: any of them may have to write it
  const Ending ending = ending_of([&] {
    campaign = campaign_from(*parsed);
    if (parsed->count("tasks") > 0 && parsed->count("task") > 0 && parsed->count("estimate") == 0)
      record.emplace(*campaign, stage, (*parsed)["tasks"].as<std::string>(), (*parsed)["task"].as<int>(),
                     ranks.size());
    request = request_from(*campaign, stage, *parsed);
    if (record) record->set_request(request);
    std::unique_ptr<ProgressSink> progress = std::make_unique<SilentProgress>();
    if (ranks.first()) progress = make_terminal_progress();
    if (record) progress->note(record->opening());
    const StageContext context{*campaign, real_disk(), ranks, *progress};
    const StageOutcome outcome = run(context, request);
    if (request.estimate_only) {
      if (ranks.first()) fmt::print("{}", outcome.estimate);
      return;
    }
    // As they now lie on the disk: what a program believes of itself is not enough.
    together(ranks, [&] {
      if (ranks.first()) require_outputs(*campaign, real_disk(), request);
    });
    const JobUsage usage = job_usage(ranks);
    if (!ranks.first()) return;
    if (record) record->write(real_disk(), usage, 0, {}, outcome.made);
    fmt::print("made {}, already complete {}\n", outcome.made, outcome.were_complete);
  });
  return ending.message.empty() ? ending.status : settle(program, rendezvous, ending, record);
}

}  // namespace lenswright
