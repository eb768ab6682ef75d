#include "command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <limits>
#include <string_view>

#include "campaign/load_campaign.hpp"

namespace lenswright {

namespace {

// Each of `words` turned into an index by `find`, in the campaign's order and once each.
template <typename Word, typename Find>
std::vector<int> indices_of(const std::vector<Word>& words, const Find& find, const std::string& what,
                            const std::string& allowed) {
  std::vector<int> indices;
  for (const Word& word : words) {
    const std::optional<int> index = find(word);
    if (!index) throw UsageError(fmt::format("the campaign has no {} {}; it has {}", what, word, allowed));
    indices.push_back(*index);
  }
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  return indices;
}

// One line per problem, each behind the program's name.
void print_failure(const std::string& program, std::string_view message) {
  while (true) {
    const std::size_t end = message.find('\n');
    fmt::print(stderr, "{}: {}\n", program, message.substr(0, end));
    if (end == std::string_view::npos) return;
    message.remove_prefix(end + 1);
  }
}

}  // namespace

std::vector<std::string> join_list_options(int argc, char** argv,
                                           const std::vector<std::string>& list_options) {
  std::vector<std::string> joined;
  bool in_list = false;      // the words that follow belong to a list option
  bool value_taken = false;  // and its first value is there
  for (int i = 0; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("-")) {
      const std::size_t equals = word.find('=');
      in_list =
          std::find(list_options.begin(), list_options.end(), word.substr(0, equals)) != list_options.end();
      value_taken = equals != std::string::npos;
      joined.push_back(word);
    } else if (in_list && value_taken) {
      joined.back() += "," + word;
    } else {
      value_taken = in_list;
      joined.push_back(word);
    }
  }
  return joined;
}

void add_common_options(cxxopts::Options& options) {
  // Each --set stays one word: a value may hold commas ("raytracing.sources=[4, 8]"), which a vector
  // option would split.
  options.add_options()("config", "campaign file (YAML)", cxxopts::value<std::string>(), "FILE")(
      "set", "override one key of the campaign file, as in raytracing.runs=10; may be repeated",
      cxxopts::value<std::string>(),
      "KEY=VALUE")("help", "print this help")("version", "print the version of the code");
}

Campaign campaign_from(const cxxopts::ParseResult& parsed) {
  if (parsed.count("config") == 0) throw UsageError("--config FILE is missing: the campaign file");
  std::vector<std::string> overrides;
  for (const cxxopts::KeyValue& option : parsed.arguments()) {
    if (option.key() == "set") overrides.push_back(option.value());
  }
  return load_campaign(parsed["config"].as<std::string>(), overrides);
}

std::vector<int> models_from(const Campaign& campaign, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Model& model : campaign.models) known.push_back(model.name);
  return indices_of(
      names, [&](const std::string& name) { return campaign.model_index(name); }, "model",
      fmt::format("{}", fmt::join(known, ", ")));
}

std::vector<int> snapshots_from(const Campaign& campaign, const std::vector<int>& numbers) {
  return indices_of(
      numbers, [&](int number) { return campaign.snapshot_index(number); }, "snapshot",
      fmt::format("{}", fmt::join(campaign.snapshots, ", ")));
}

std::vector<int> realizations_from(const Campaign& campaign, const std::vector<int>& numbers) {
  const auto find = [&](int number) {
    return number >= 0 && number < campaign.realizations ? std::optional<int>(number) : std::nullopt;
  };
  return indices_of(numbers, find, "realization", fmt::format("0 to {}", campaign.realizations - 1));
}

std::uint64_t bytes_from(const std::string& text) {
  constexpr std::string_view kUnits = "KMGT";
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  int shift = 0;
  bool good = error == std::errc() && number > 0 && end - rest <= 1;
  if (good && rest != end) {
    const std::size_t unit = kUnits.find(*rest);
    good = unit != std::string_view::npos;
    shift = good ? 10 * (static_cast<int>(unit) + 1) : 0;
  }
  if (!good || number > (std::numeric_limits<std::uint64_t>::max() >> shift)) {
    throw UsageError(
        fmt::format("'{}' is not an amount of memory; allowed: a whole number of bytes, or one with K, "
                    "M, G or T, as in 180G",
                    text));
  }
  return number << shift;
}

std::string exit_status_help() {
  return "Exit status:\n"
         "    0  complete, or done\n"
         "    1  gaps or damage found\n"
         "    2  could not do it, or cannot tell: usage, configuration, input, I/O, scheduler\n"
         "   75  stopped before its end (walltime); what is finished is published, run again for the rest\n"
         "  130  interrupted; what is finished is published, run again for the rest\n";
}

int run_guarded(const std::string& program, const std::function<int()>& body) {
  try {
    return body();
  } catch (const Failure& failure) {
    print_failure(program, failure.what());
    return static_cast<int>(failure.status());
  } catch (const cxxopts::exceptions::exception& error) {
    print_failure(program, fmt::format("{}; try {} --help", error.what(), program));
  } catch (const std::exception& error) {
    print_failure(program, error.what());
  }
  return static_cast<int>(ExitStatus::failed);
}

}  // namespace lenswright
