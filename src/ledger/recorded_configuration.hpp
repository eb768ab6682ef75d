// recorded_configuration.hpp: the configuration that a product was made under, as its receipt holds it, and what in it
// is another one now.
//
// In:  canonical texts of product_configuration(), which receipts hold beside their digests
#pragma once

#include <optional>
#include <string>

#include "campaign/campaign.hpp"
#include "io/checksum.hpp"
#include "io/disk.hpp"

namespace lenswright {

// From the receipt of this file name, merged or not; none: it is gone or damaged, or older than such texts.
std::optional<std::string> recorded_configuration(Disk& disk, const Campaign& campaign,
                                                  std::string_view receipt, const Digest& configuration);

// "seed 1992, now 7; fov_deg 5, now 3.5": every key whose value differs.
std::string configuration_changes(const std::string& then, const std::string& now);

// Of runs: whether all that differs is which maps are kept (fields, sources, formats), so that those that both have are
// the same bytes. Never where maps were in FITS or HDF5, which hold the digest of the configuration.
bool only_other_maps(const std::string& then, const std::string& now);

}  // namespace lenswright
