// recovery manifest: a checksum list of the products, for `xxhsum -c` or `sha256sum -c`, on stdout.
#include <fmt/format.h>

#include "command_line.hpp"
#include "ledger/checksum_list.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

ChecksumFormat format_from(const std::string& name) {
  if (name == "xxh128") return ChecksumFormat::xxh128;
  if (name == "sha256") return ChecksumFormat::sha256;
  throw UsageError(fmt::format("--format {}: there are xxh128 and sha256", name));
}

}  // namespace

ExitStatus run_manifest(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "manifest",
      "Prints a checksum list of the complete products, as xxhsum -c (xxh128) or sha256sum -c (sha256) reads "
      "it. "
      "xxh128 takes receipts at their word where there are some; sha256 reads every byte. Exit status 0: all "
      "products are listed, 1: some are not.");
  add_selection_options(options);
  options.add_options()("format", "xxh128 or sha256", cxxopts::value<std::string>()->default_value("xxh128"),
                        "NAME");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  const ChecksumFormat format = format_from((*parsed)["format"].as<std::string>());
  const Look look = look_from(*parsed);
  const std::filesystem::path base = common_folder(look.campaign, look.selection);
  const auto progress = make_terminal_progress();
  const ChecksumListing listing = list_checksums(
      look.campaign, real_disk(), look.selection, format, base,
      [](const std::string& line) { fmt::print("{}", line); }, *progress);
  for (const std::string& wrong : listing.wrong) fmt::print(stderr, "left out: {}\n", wrong);
  fmt::print(stderr,
             "{} files listed: {} by their receipts, {} read; {} of them have no receipt and are listed as "
             "they are; "
             "{} products are not complete and left out\n",
             listing.listed, listing.listed - (listing.read - listing.wrong.size()),
             listing.read - listing.wrong.size(), listing.unproven, listing.left_out);
  fmt::print(stderr, "check it with: cd {} && {} -c FILE\n", base.string(),
             format == ChecksumFormat::sha256 ? "sha256sum" : "xxhsum");
  return listing.left_out == 0 && listing.wrong.empty() ? ExitStatus::done : ExitStatus::gaps;
}

}  // namespace lenswright
