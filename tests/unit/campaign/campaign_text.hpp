// campaign_text.hpp: a small valid campaign file, and that file with a line changed, for tests of the loader.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "campaign/campaign.hpp"
#include "campaign/load_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright::test {

// Keys stand one per line in the first column or indented by two, so that a test can replace one.
std::string valid_campaign_text();

// `text` with its one line that starts with `line_start` (after indentation) replaced; throws if there is not
// exactly one.
std::string with_line(const std::string& text, const std::string& line_start, const std::string& replacement);

// Loads the text from a file of its own.
Campaign load_text(const std::string& text, const std::vector<std::string>& overrides = {});

// The problems that loading reports, each as "line:column: what"; empty if it loads.
std::vector<std::string> problems_of(const std::string& text, const std::vector<std::string>& overrides = {});

}  // namespace lenswright::test
