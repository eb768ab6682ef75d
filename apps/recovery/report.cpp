// recovery report: the reports that verify --report has left: list them, or open the newest.
#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "command_line.hpp"
#include "report_folder.hpp"
#include "run/captured_command.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

std::string headline_of(Disk& disk, const fs::path& file) {
  const nlohmann::json json = nlohmann::json::parse(read_text(disk, file), nullptr, false);
  return json.is_object() ? json.value("headline", "cannot be read") : "cannot be read";
}

// Where there is a screen; where not, the path that has been printed must do.
ExitStatus open_in_browser(const fs::path& page) {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return ExitStatus::done;
  try {
    const CommandAnswer answer =
        make_process_source()->ask({{"xdg-open", page.string()}, {}, {}}, std::chrono::seconds(20));
    if (answer.status == 0) return ExitStatus::done;
    fmt::print(stderr, "recovery: xdg-open could not open it: {}\n", answer.err);
  } catch (const Failure&) {
    fmt::print(stderr, "recovery: xdg-open is not installed; open the file in a browser\n");
  }
  return ExitStatus::done;
}

}  // namespace

ExitStatus run_report(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "report",
      "list: the reports that are there, and what they say. open: shows the newest, or the one named, in a "
      "browser, or says where it is. New ones are left by recovery verify --report.");
  options.add_options()("action", "list or open", cxxopts::value<std::string>(), "ACTION")(
      "name", "open: which one, as list names it", cxxopts::value<std::string>()->default_value("latest"),
      "NAME")("dir", "where they are (<state>/reports)", cxxopts::value<std::string>(), "DIR");
  options.parse_positional({"action", "name"});
  options.positional_help("ACTION [NAME]");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  const std::string action = parsed->count("action") > 0 ? (*parsed)["action"].as<std::string>() : "list";
  const Campaign campaign = campaign_from(*parsed);
  const fs::path folder =
      parsed->count("dir") > 0 ? fs::absolute((*parsed)["dir"].as<std::string>()) : reports_folder(campaign);
  Disk& disk = real_disk();
  if (action != "list" && action != "open")
    throw UsageError(fmt::format("recovery report {}: there are list and open", action));
  const std::vector<std::string> names = report_names(disk, folder);
  if (names.empty())
    throw InputError(fmt::format("{}: no reports there; next: recovery verify --config {} --report",
                                 folder.string(), campaign.file.string()));
  if (action == "list") {
    for (const std::string& name : names)
      fmt::print("{}\n  {}\n", (folder / name / "report.html").string(),
                 headline_of(disk, folder / name / "report.json"));
    return ExitStatus::done;
  }
  const fs::path page = folder / (*parsed)["name"].as<std::string>() / "report.html";
  if (!disk.status(page))
    throw InputError(
        fmt::format("{}: there is no such report; recovery report list names them", page.string()));
  fmt::print("{}\n", page.string());
  return open_in_browser(page);
}

}  // namespace lenswright
