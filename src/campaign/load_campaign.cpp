#include "campaign/load_campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <sstream>

#include "campaign/campaign_checks.hpp"
#include "campaign/config_reader.hpp"
#include "campaign/config_tree.hpp"
#include "campaign/effective_configuration.hpp"
#include "campaign/models_section.hpp"
#include "campaign/slurm_section.hpp"
#include "campaign/statistics_section.hpp"

namespace lenswright {

namespace {

constexpr std::uint64_t kLargestSnapshot = 999;      // three digits in snapdir_NNN
constexpr std::uint64_t kMostRealizations = 100;     // two digits in LP_rr, from 00
constexpr std::uint64_t kMostPlanes = 99;            // two digits in lenspotpp.dat, from 01
constexpr std::uint64_t kMostRuns = 999;             // three digits in runnnn, from 001
constexpr std::uint64_t kSmallestGrid = 4;           // below, a TSC cloud would meet itself
constexpr std::uint64_t kLargestGrid = 65536;        // pixels per side
constexpr std::uint64_t kLargestCount = 1000000000;  // of goals and fuses

std::string text_of_file(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) throw IoError(file, "read the campaign file", EISDIR);
  errno = 0;
  const std::ifstream stream(file, std::ios::binary);
  if (!stream) throw IoError(file, "open the campaign file", errno);
  std::ostringstream text;
  text << stream.rdbuf();
  if (text.fail() && errno != 0)
    throw IoError(file, "read the campaign file", errno);  // an empty file fails too
  return text.str();
}

// Reads the sections of one campaign file into one campaign.
class CampaignReader {
 public:
  CampaignReader(const ConfigNode& tree, Campaign& campaign, Problems& problems)
      : root_(&tree, "", problems), campaign_(campaign), problems_(problems) {}

  void read() {
    read_name();
    read_path(root_, "state", campaign_.state, Need::required);
    read_universe();
    read_input();
    read_cone();
    if (const ConfigNode* models = root_.value("models", Need::required)) {
      campaign_.models = read_models(*models, problems_);
    }
    read_lensplanes();
    Section lux = root_.section("lux", Need::required);
    read_path(lux, "root", campaign_.lux.root, Need::required);
    static const std::vector<std::string> kKeeping = {"always", "until_traced"};
    if (const ConfigNode* node = lux.value("keep", Need::optional)) {
      if (const auto choice = read_choice(*node, "lux.keep", kKeeping, problems_)) {
        campaign_.lux.keep = static_cast<KeepPotentials>(*choice);
      }
    }
    lux.close();
    read_raytracing();
    read_statistics();
    read_goals();
    read_slurm(root_.section("slurm", Need::optional), campaign_, problems_);
    if (!campaign_.statistics) campaign_.slurm.erase(Stage::statistics);
    root_.close();
  }

 private:
  void read_name() {
    const ConfigNode* node = root_.value("campaign", Need::required);
    if (node == nullptr) return;
    const auto name = read_text(*node, "campaign", problems_);
    if (!name) return;
    const bool safe = name->front() != '.' && name->front() != '-' &&
                      std::all_of(name->begin(), name->end(), [](unsigned char c) {
                        return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-');
                      });
    if (!safe) {
      problems_.add(
          node->place,
          fmt::format("campaign is '{}'; allowed: letters, digits, '.', '_' and '-', starting with a "
                      "letter, digit or '_'",
                      *name));
      return;
    }
    campaign_.name = *name;
  }

  void read_path(Section& section, std::string_view key, std::filesystem::path& target, Need need) {
    const ConfigNode* node = section.value(key, need);
    if (node == nullptr) return;
    const auto text = read_text(*node, section.name_of(key), problems_);
    if (!text) return;
    if (text->front() == '~') {
      problems_.add(node->place, fmt::format("{} is '{}'; '~' is not expanded, write ${{HOME}}",
                                             section.name_of(key), *text));
      return;
    }
    target = (campaign_.file.parent_path() / *text).lexically_normal();
    if (!target.has_filename() && target.has_relative_path()) target = target.parent_path();  // "LP/"
  }

  void read_universe() {
    Section cosmology = root_.section("cosmology", Need::required);
    cosmology.number("omega_m", campaign_.omega_m, {0, 1, false, true}, Need::required);
    cosmology.number("h", campaign_.h, {0.1, 2, false, false}, Need::required);
    cosmology.close();
    root_.number("box", campaign_.box_mpc_h, {0, 1e5, false, true}, Need::required);
  }

  void read_input() {
    Section input = root_.section("input", Need::required);
    read_path(input, "dmo", campaign_.input.dmo, Need::required);
    read_path(input, "hydro", campaign_.input.hydro, Need::optional);
    if (input.value("matches", Need::optional) != nullptr) {
      read_path(input, "matches", campaign_.input.matches.emplace(), Need::optional);
    }
    if (const ConfigNode* node = input.value("particle_types", Need::optional)) {
      static const std::vector<std::string> kTypes = {"0", "1", "4", "5"};
      campaign_.input.particle_types.clear();
      for (const std::size_t choice : read_choices(*node, "input.particle_types", kTypes)) {
        campaign_.input.particle_types.push_back(std::stoi(kTypes[choice]));
      }
    }
    input.close();
  }

  void read_cone() {
    if (const ConfigNode* node = root_.value("snapshots", Need::required)) read_snapshots(*node);
    campaign_.planes_per_snapshot = 0;  // until it is read: then nothing can be said of planes
    root_.whole_number("planes_per_snapshot", campaign_.planes_per_snapshot, 1, kMostPlanes, Need::required);
    if (const ConfigNode* node = root_.value("plane_redshifts", Need::optional)) read_plane_redshifts(*node);
    root_.whole_number("realizations", campaign_.realizations, 1, kMostRealizations, Need::required);
  }

  // Left empty if one is bad: then nothing can be said of planes.
  void read_snapshots(const ConfigNode& node) {
    std::vector<int> snapshots;
    const std::span<const ConfigNode> items = read_list(node, "snapshots", problems_);
    for (const ConfigNode& item : items) {
      const auto number = read_whole_number(item, "a snapshot", 0, kLargestSnapshot, problems_);
      if (!number) continue;
      const int snapshot = static_cast<int>(*number);
      if (std::find(snapshots.begin(), snapshots.end(), snapshot) != snapshots.end()) {
        problems_.add(item.place, fmt::format("snapshot {} is given twice; allowed: once each", snapshot));
        continue;
      }
      snapshots.push_back(snapshot);
    }
    if (snapshots.size() == items.size()) campaign_.snapshots = std::move(snapshots);
  }

  void read_plane_redshifts(const ConfigNode& node) {
    std::vector<double> redshifts;
    const std::span<const ConfigNode> items = read_list(node, "plane_redshifts", problems_);
    for (const ConfigNode& item : items) {
      const auto z = read_number(item, "a plane's redshift", {0, 100, false, true}, problems_);
      if (!z) continue;
      if (!redshifts.empty() && *z <= redshifts.back()) {
        problems_.add(item.place,
                      fmt::format("plane_redshifts: {} comes after {}; allowed: increasing numbers", *z,
                                  redshifts.back()));
      }
      redshifts.push_back(*z);
    }
    if (redshifts.size() == items.size() && !items.empty()) campaign_.plane_redshifts = std::move(redshifts);
  }

  void read_lensplanes() {
    LensplaneSettings& settings = campaign_.lensplanes;
    Section section = root_.section("lensplanes", Need::required);
    read_path(section, "root", settings.root, Need::required);
    read_grid(section, settings.grid);
    if (settings.grid % 2 != 0) {
      problems_.add(
          section.value("grid", Need::optional)->place,
          fmt::format("lensplanes.grid is {}; allowed: even numbers (the derivatives in Fourier space "
                      "are defined with a Nyquist row and column)",
                      settings.grid));
    }
    static const std::vector<std::string> kAssignments = {"ngp", "cic", "tsc"};
    if (const ConfigNode* node = section.value("assignment", Need::optional)) {
      if (const auto choice = read_choice(*node, "lensplanes.assignment", kAssignments, problems_)) {
        settings.assignment = static_cast<Assignment>(*choice);
      }
    }
    // init_genrand takes 32 bits
    section.whole_number("seed", settings.seed, 0, std::numeric_limits<std::uint32_t>::max(), Need::required);
    static const std::vector<std::string> kAuthorities = {"agree", "file", "seed"};
    if (const ConfigNode* node = section.value("transforms", Need::optional)) {
      if (const auto choice = read_choice(*node, "lensplanes.transforms", kAuthorities, problems_)) {
        settings.transforms = static_cast<TransformAuthority>(*choice);
      }
    }
    section.close();
  }

  void read_raytracing() {
    RaytracingSettings& settings = campaign_.raytracing;
    Section section = root_.section("raytracing", Need::required);
    read_path(section, "root", settings.root, Need::required);
    read_grid(section, settings.grid);
    section.number("field_deg", settings.field_deg, {0, 180, false, false}, Need::required);
    section.whole_number("runs", settings.runs, 1, kMostRuns, Need::required);
    section.whole_number("seed", settings.seed, 0, std::numeric_limits<std::uint64_t>::max(), Need::required);
    section.truth("randomize", settings.randomize, Need::optional);
    if (const ConfigNode* node = section.value("sources", Need::required)) {
      for (const ConfigNode& item : read_list(*node, "raytracing.sources", problems_)) {
        const auto source = read_whole_number(item, "a source plane", 1, kMostPlanes, problems_);
        if (!source) continue;
        if (!settings.sources.empty() && static_cast<int>(*source) <= settings.sources.back()) {
          problems_.add(item.place,
                        fmt::format("raytracing.sources: {} comes after {}; allowed: ascending, once each",
                                    *source, settings.sources.back()));
          continue;
        }
        settings.sources.push_back(static_cast<int>(*source));
      }
    }
    static const std::vector<std::string> kFields = {"kappa", "gamma1", "gamma2", "omega"};
    if (const ConfigNode* node = section.value("fields", Need::optional)) {
      settings.fields.clear();
      for (const std::size_t choice : read_choices(*node, "raytracing.fields", kFields)) {
        settings.fields.push_back(static_cast<MapField>(choice));
      }
    }
    static const std::vector<std::string> kFormats = {"dat", "fits", "hdf5"};
    if (const ConfigNode* node = section.value("formats", Need::optional)) {
      settings.formats.clear();
      for (const std::size_t choice : read_choices(*node, "raytracing.formats", kFormats)) {
        settings.formats.push_back(static_cast<MapFormat>(choice));
      }
    }
    section.truth("fits_compression", settings.fits_compression, Need::optional);
    static const std::vector<std::string> kInterpolations = {"bilinear", "nearest", "bicubic"};
    if (const ConfigNode* node = section.value("interpolation", Need::optional)) {
      if (const auto choice = read_choice(*node, "raytracing.interpolation", kInterpolations, problems_)) {
        settings.interpolation = static_cast<Interpolation>(*choice);
      }
    }
    static const std::vector<std::string> kMethods = {"full", "born"};
    if (const ConfigNode* node = section.value("method", Need::optional)) {
      if (const auto choice = read_choice(*node, "raytracing.method", kMethods, problems_)) {
        settings.method = static_cast<TracingMethod>(*choice);
      }
    }
    section.close();
  }

  void read_statistics() {
    Section section = root_.section("statistics", Need::optional);
    if (!section.present()) return;
    StatisticsSettings& settings = campaign_.statistics.emplace();
    read_path(section, "root", settings.root, Need::required);
    read_statistics_settings(section, settings, problems_);
    section.close();
  }

  void read_goals() {
    Section goals = root_.section("goals", Need::optional);
    std::int64_t maps = 0;
    goals.whole_number("kappa_maps_per_model", maps, 1, kLargestCount, Need::optional);
    if (maps > 0) campaign_.kappa_maps_per_model = maps;
    goals.close();

    Section safety = root_.section("safety", Need::optional);
    safety.whole_number("max_moved_files", campaign_.safety.max_moved_files, 0, kLargestCount,
                        Need::optional);
    safety.whole_number("max_tasks", campaign_.safety.max_tasks, 0, kLargestCount, Need::optional);
    safety.whole_number("trash_hours", campaign_.safety.trash_hours, 0, kLargestCount, Need::optional);
    safety.close();
  }

  void read_grid(Section& section, int& grid) {
    section.whole_number("grid", grid, kSmallestGrid, kLargestGrid, Need::required);
  }

  // A list of words out of `allowed`, each at most once.
  std::vector<std::size_t> read_choices(const ConfigNode& node, const std::string& name,
                                        const std::vector<std::string>& allowed) {
    std::vector<std::size_t> choices;
    for (const ConfigNode& item : read_list(node, name, problems_)) {
      const auto choice = read_choice(item, "an entry of " + name, allowed, problems_);
      if (!choice) continue;
      if (std::find(choices.begin(), choices.end(), *choice) != choices.end()) {
        problems_.add(item.place, fmt::format("{}: {} is given twice; allowed: once each", name, item.text));
        continue;
      }
      choices.push_back(*choice);
    }
    return choices;
  }

  Section root_;
  Campaign& campaign_;
  Problems& problems_;
};

}  // namespace

Campaign load_campaign(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  Problems problems;
  ConfigNode tree = parse_yaml(text_of_file(file), file.string(), problems);
  for (const std::string& text : overrides) apply_override(tree, text, problems);

  Campaign campaign;
  campaign.file = std::filesystem::absolute(file).lexically_normal();
  campaign.overrides = overrides;
  CampaignReader(tree, campaign, problems).read();
  check_campaign(campaign, tree, problems);
  if (!problems.empty()) throw ConfigError(problems.in_order());
  campaign.effective_json = effective_configuration(campaign);
  return campaign;
}

}  // namespace lenswright
