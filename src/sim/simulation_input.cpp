#include "sim/simulation_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/units.hpp"
#include "sim/snapshot_reader.hpp"

namespace lenswright {

void check_file_count(const std::vector<std::filesystem::path>& files, std::int64_t expected) {
  const auto found = static_cast<std::int64_t>(files.size());
  if (found == expected) return;
  std::string missing;
  for (std::int64_t k = 0; k < expected && missing.empty(); ++k) {
    const std::string ending = fmt::format(".{}.hdf5", k);
    if (std::none_of(files.begin(), files.end(), [&](const std::filesystem::path& file) {
          return file.filename().string().ends_with(ending);
        }))
      missing = fmt::format("; the first missing ends in {}", ending);
  }
  throw InputError(fmt::format("{}: the header counts {} files, {} found in {}{}", files.front().string(),
                               expected, found, files.front().parent_path().string(), missing));
}

void check_box(const std::filesystem::path& file, double box_ckpc_h, double campaign_box_mpc_h) {
  const double campaign = campaign_box_mpc_h * kKpcPerMpc;
  if (std::abs(box_ckpc_h - campaign) <= kBoxAgreement * campaign) return;
  throw InputError(fmt::format(
      "{}: Header/BoxSize is {} ckpc/h, but the campaign's box is {} Mpc/h: check `box` and `input`",
      file.string(), box_ckpc_h, campaign_box_mpc_h));
}

void check_positions(const std::filesystem::path& file, const std::string& dataset, std::uint64_t first,
                     std::span<const double> ckpc_h, double box_mpc_h) {
  const double box = box_mpc_h * kKpcPerMpc;
  const double limit = box * (1 + kBoxAgreement);  // the file's box, as far as check_box tells them apart
  const double rounded_box = static_cast<double>(static_cast<float>(box));
  // As numbers of 64 bits, all from 0 to the limit lie in that order, and negative ones and NaN beyond. Almost always
  // none does: without a branch for each.
  const auto most = std::bit_cast<std::uint64_t>(limit);
  std::uint64_t beyond = 0;  // its highest bit
  for (const double x : ckpc_h) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    beyond |= bits | (most - bits);
  }
  if (beyond >> 63 == 0) return;
  for (std::size_t n = 0; n < ckpc_h.size(); ++n) {
    const double x = ckpc_h[n];
    if (x >= 0 && (x <= limit || x == rounded_box)) continue;
    throw InputError(fmt::format("{}: {}, row {}, column {}: {} ckpc/h is {}", file.string(), dataset,
                                 first + n / 3, n % 3, x,
                                 std::isfinite(x) ? fmt::format("outside the box [0, {}]", box)
                                                  : std::string("not a finite position")));
  }
}

}  // namespace lenswright
