#include "campaign_text.hpp"

#include <fmt/format.h>

#include <sstream>
#include <stdexcept>

namespace lenswright::test {

std::string valid_campaign_text() {
  return R"(campaign: small
state: state
cosmology:
  omega_m: 0.3089
  h: 0.6774
box: 50.0
input:
  dmo: sims/dmo
  hydro: sims/hydro
snapshots: [96, 90, 85]
planes_per_snapshot: 2
realizations: 4
models:
  - dmo
  - hydro
  - replace: {log10_mass_edges: [12.5, 13.0, 13.5], open_bins: true, radius_factors: [0.5, 3.0]}
lensplanes:
  root: LP
  grid: 64
  seed: 2020
lux:
  root: LUX
raytracing:
  root: RT
  grid: 32
  field_deg: 5.0
  runs: 12
  seed: 1992
  sources: [3, 6]
  fields: [kappa, gamma1]
)";
}

std::string with_line(const std::string& text, const std::string& line_start,
                      const std::string& replacement) {
  std::istringstream lines(text);
  std::string line, changed;
  int found = 0;
  while (std::getline(lines, line)) {
    const std::size_t start = line.find_first_not_of(' ');
    if (start != std::string::npos && line.compare(start, line_start.size(), line_start) == 0) {
      ++found;
      changed += replacement.empty() ? "" : line.substr(0, start) + replacement + "\n";
    } else {
      changed += line + "\n";
    }
  }
  if (found != 1) throw std::logic_error(fmt::format("{} lines start with '{}'", found, line_start));
  return changed;
}

Campaign load_text(const std::string& text, const std::vector<std::string>& overrides) {
  const TemporaryFolder folder;
  write_file(folder / "campaign.yaml", text);
  return load_campaign(folder / "campaign.yaml", overrides);
}

std::vector<std::string> problems_of(const std::string& text, const std::vector<std::string>& overrides) {
  try {
    load_text(text, overrides);
  } catch (const ConfigError& error) {
    std::vector<std::string> problems;
    for (const ConfigProblem& problem : error.problems()) {
      problems.push_back(problem.line > 0
                             ? fmt::format("{}:{}: {}", problem.line, problem.column, problem.what)
                             : fmt::format("{}: {}", problem.file, problem.what));
    }
    return problems;
  }
  return {};
}

}  // namespace lenswright::test
