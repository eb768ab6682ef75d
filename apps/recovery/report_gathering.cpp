#include "report_gathering.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/stop_request.hpp"
#include "base/units.hpp"
#include "campaign/product_path.hpp"
#include "io/map_file.hpp"
#include "io/plane_file.hpp"
#include "ledger/database/ledger_database.hpp"
#include "ledger/event_log.hpp"
#include "report/picture.hpp"
#include "run/command_runner.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

constexpr int kPictureWidth = 320;    // pixels of the field
constexpr std::size_t kPictures = 3;  // dmo, hydro and the first of the others

std::string text_of(const nlohmann::json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<Happening> happenings_of(Disk& disk, const Campaign& campaign,
                                     std::vector<std::string>& problems) {
  const EventLogContents log = read_event_log(disk, campaign);
  problems.insert(problems.end(), log.problems.begin(), log.problems.end());
  std::map<std::string, std::size_t> place;
  std::vector<Happening> happenings;
  for (const EventLine& line : log.lines) {
    const auto [entry, is_new] = place.try_emplace(text_of(line.event, "run"), happenings.size());
    if (is_new) happenings.emplace_back();
    Happening& happening = happenings[entry->second];
    const std::string event = text_of(line.event, "event");
    if (event == "began") {
      happening.when = text_of(line.event, "when");
      happening.who = text_of(line.event, "who");
      happening.command = "recovery " + text_of(line.event, "verb");
      for (const nlohmann::json& word : line.event.value("arguments", nlohmann::json::array()))
        if (word.is_string()) happening.command += " " + word.get<std::string>();
    } else if (event == "changed") {
      happening.changes.push_back(text_of(line.event, "what"));
    } else if (event == "ended") {
      happening.outcome = fmt::format("exit status {}", line.event.value("status", nlohmann::json()).dump());
    }
  }
  return happenings;
}

// Runs `body`; what it throws becomes a sentence.
template <typename Body>
void unless_unreadable(std::vector<std::string>& problems, const Body& body) {
  try {
    body();
  } catch (const StopRequested&) {
    throw;
  } catch (const Failure& failure) {
    problems.emplace_back(failure.what());
  }
}

std::vector<PastPlan> past_plans(Disk& disk, const Campaign& campaign, std::vector<std::string>& problems) {
  std::vector<PastPlan> plans;
  const fs::path folder = campaign.state / "plans";
  if (!disk.status(folder)) return plans;
  for (const DirectoryEntry& entry : disk.list(folder)) {
    const fs::path file = folder / entry.name / "plan.json";
    if (entry.status.type != FileType::directory || !disk.status(file)) continue;
    unless_unreadable(problems, [&] {
      plans.push_back(decode_past_plan(campaign, entry.name, file.string(), read_text(disk, file)));
    });
  }
  return plans;
}

RecoveryHistory history_from(Disk& disk, const Campaign& campaign, const ScanResult& scan) {
  std::vector<std::string> problems;
  std::vector<Happening> happenings;
  std::vector<PastPlan> plans;
  Attempts attempts;
  unless_unreadable(problems, [&] { happenings = happenings_of(disk, campaign, problems); });
  unless_unreadable(problems, [&] { plans = past_plans(disk, campaign, problems); });
  unless_unreadable(problems, [&] { attempts = load_attempts(disk, campaign); });
  problems.insert(problems.end(), attempts.problems.begin(), attempts.problems.end());
  RecoveryHistory history = history_of(campaign, scan, plans, attempts.records, happenings);
  history.problems = std::move(problems);
  return history;
}

// Of the ledger, and of receipts that it has not taken in.
std::vector<Receipt> all_receipts(Disk& disk, const Campaign& campaign, std::vector<std::string>& problems) {
  std::vector<Receipt> receipts;
  std::set<std::string> known;
  unless_unreadable(problems, [&] {
    if (!disk.status(ledger_file(campaign))) return;
    const LedgerDatabase ledger(ledger_file(campaign), campaign.name, LedgerDatabase::Access::read);
    ledger.each_receipt([&](const LedgerReceipt& receipt) {
      known.insert(receipt.name);
      receipts.push_back(receipt.facts);
    });
  });
  unless_unreadable(problems, [&] {
    if (!disk.status(receipts_folder(campaign))) return;
    for (const DirectoryEntry& entry : disk.list(receipts_folder(campaign))) {
      if (!is_receipt_name(entry.name) || known.contains(entry.name)) continue;
      const fs::path file = receipts_folder(campaign) / entry.name;
      unless_unreadable(problems, [&] {
        receipts.push_back(decode_receipt(file.string(), read_text(disk, file)));
        receipts.back().products.clear();
      });
    }
  });
  return receipts;
}

std::vector<int> dmo_first(const Campaign& campaign) {
  std::vector<int> models(campaign.models.size());
  std::iota(models.begin(), models.end(), 0);
  std::stable_partition(models.begin(), models.end(), [&](int model) {
    return campaign.models[static_cast<std::size_t>(model)].kind == ModelKind::dmo;
  });
  return models;
}

Soundness soundness_from(const Look& look, const ScanResult& scan, ProgressSink& progress) {
  const Campaign& campaign = look.campaign;
  const std::vector<int> sources = sources_to_show(campaign);
  SoundnessGathering gathering(campaign, sources);
  const ProductSet& set = scan.products();
  progress.begin("reading statistics of maps", set.count(ProductKind::statistics), "files");
  for (const int model : dmo_first(campaign)) {
    std::vector<StatisticsFile> files;
    for (int realization = 0; realization < campaign.realizations; ++realization) {
      const ProductId id{ProductKind::statistics, model, realization, 0};
      if (!set.contains(id)) continue;
      throw_if_stop_requested();
      progress.advance(1);
      if (scan.state(id) != State::complete || !look.selection.contains(campaign, id)) continue;
      std::vector<std::string> problems;
      unless_unreadable(problems, [&] {
        files.push_back(read_statistics(absolute_path(campaign, id), kSoundnessStatistics, sources));
      });
      for (std::string& sentence : problems) gathering.problem(std::move(sentence));
    }
    if (!files.empty()) gathering.add(model, files);
  }
  progress.end();
  return gathering.take();
}

Grid2d<double> read_map(Disk& disk, const Campaign& campaign, const ProductFile& file, int source) {
  const fs::path path = campaign.raytracing.root / file.path;
  if (file.layout == FileLayout::scalar_plane) {
    PlaneReader reader(disk, path, file.grid, kScalarFields);
    Grid2d<double> map(file.grid);
    std::vector<double> row(static_cast<std::size_t>(file.grid));
    for (int i = 0; i < file.grid; ++i) {
      reader.read_rows(row);
      for (int j = 0; j < file.grid; ++j) map(i, j) = row[static_cast<std::size_t>(j)];
    }
    return map;
  }
  const auto opened = disk.open(path);
  std::vector<std::byte> bytes(opened->size());
  opened->read_at(0, bytes);
  if (file.layout == FileLayout::fits) return decode_fits_map(path.string(), bytes);
  for (auto& [name, map] : decode_hdf5_maps(path.string(), bytes))
    if (name.field == "kappa" && name.source == source) return std::move(map);
  throw FormatError(path, 0, fmt::format("a map kappa of source plane {}", source), "none");
}

// The file of a run that holds kappa of the source plane; null: none is kept.
const ProductFile* kappa_file(const std::vector<ProductFile>& files, int source) {
  for (const ProductFile& file : files) {
    if (file.layout == FileLayout::hdf5) return &file;
    if (file.field == MapField::kappa && file.source == source) return &file;
  }
  return nullptr;
}

// The same field of view in several models: realization and run are the first that all have complete.
std::vector<ReportPicture> pictures_from(Disk& disk, const Look& look, const ScanResult& scan,
                                         std::vector<std::string>& problems) {
  const Campaign& campaign = look.campaign;
  std::vector<int> models;
  for (std::size_t index = 0; index < campaign.models.size() && models.size() < kPictures; ++index)
    if (look.selection.contains(campaign, {ProductKind::run, static_cast<int>(index), 0, 1}) ||
        look.selection.models.empty())
      models.push_back(static_cast<int>(index));
  const auto all_have = [&](int realization, int run) {
    return std::all_of(models.begin(), models.end(), [&](int model) {
      return scan.state({ProductKind::run, model, realization, run}) == State::complete;
    });
  };
  std::vector<ReportPicture> pictures;
  for (int realization = 0; realization < campaign.realizations; ++realization) {
    for (int run = 1; run <= campaign.raytracing.runs; ++run) {
      if (models.empty() || !all_have(realization, run)) continue;
      PictureSettings settings;
      settings.width = kPictureWidth;
      settings.field_arcmin = campaign.raytracing.field_deg * 60;
      const int source = campaign.last_source();
      for (const int model : models) {
        const ProductId id{ProductKind::run, model, realization, run};
        const std::vector<ProductFile> files = product_files(campaign, id);
        const ProductFile* file = kappa_file(files, source);
        if (file == nullptr) return pictures;
        unless_unreadable(problems, [&] {
          const Grid2d<double> map = read_map(disk, campaign, *file, source);
          if (!settings.range) settings.range = value_range(map, settings);
          const Picture picture = draw_field(map, settings);
          const std::string label = model_label(campaign.models[static_cast<std::size_t>(model)]);
          pictures.push_back(
              {fmt::format("{}, realization {}, run {}", label, realization, run),
               fmt::format("Convergence map of {}, realization {}, run {}, source plane {}: a field of {:g} "
                           "degrees, dark where kappa is {:.2g}, bright where it is {:.2g}",
                           label, realization, run, source, campaign.raytracing.field_deg,
                           settings.range->first, settings.range->second),
               product_name(campaign, id), source, campaign.raytracing.field_deg, settings.range->first,
               settings.range->second, picture.width, picture.height, encode_png(picture)});
        });
      }
      return pictures;
    }
  }
  return pictures;
}

}  // namespace

Report gather_report(Disk& disk, const Look& look, const Survey& found, ProgressSink& progress) {
  const Campaign& campaign = look.campaign;
  Report report;
  report.options = look.options;
  report.summary = summary_of(look, found);
  report.coverage = coverage_of(campaign, look.selection, found.scan);
  std::string options = " " + shell_line({{"--config", campaign.file.string()}, {}, {}});
  for (const std::string& text : campaign.overrides) options += " " + shell_line({{"--set", text}, {}, {}});
  list_incomplete(report, found.scan.findings, campaign, look.selection, options);
  report.history = history_from(disk, campaign, found.scan);
  std::vector<std::string>& problems = report.history.problems;
  report.provenance = provenance_of(campaign, all_receipts(disk, campaign, problems));
  report.soundness = soundness_from(look, found.scan, progress);
  report.pictures = pictures_from(disk, look, found.scan, problems);
  return report;
}

}  // namespace lenswright
