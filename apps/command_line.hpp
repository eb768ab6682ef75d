// command_line.hpp: the options that several programs share, parsed once.
#pragma once

#include <cxxopts.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "campaign/campaign.hpp"

namespace lenswright {

// "--snapshot 96 90" and "--snapshot 96,90" mean the same: values after one of `list_options` are joined by
// commas.
std::vector<std::string> join_list_options(int argc, char** argv,
                                           const std::vector<std::string>& list_options);

// --config FILE, --set KEY=VALUE (any number), --help, --version
void add_common_options(cxxopts::Options& options);
Campaign campaign_from(const cxxopts::ParseResult& parsed);

// The selectors in words of the campaign, turned into indices; throws UsageError naming what is allowed.
std::vector<int> models_from(const Campaign& campaign, const std::vector<std::string>& names);
std::vector<int> snapshots_from(const Campaign& campaign, const std::vector<int>& numbers);  // -> indices
std::vector<int> realizations_from(const Campaign& campaign, const std::vector<int>& numbers);
std::uint64_t bytes_from(const std::string& text);  // "180G", "512M"

// The exit statuses, as --help prints them.
std::string exit_status_help();

// Runs `body`; a Failure becomes its message on stderr, "program: message", and its exit status.
int run_guarded(const std::string& program, const std::function<int()>& body);

}  // namespace lenswright
