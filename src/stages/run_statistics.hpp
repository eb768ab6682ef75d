// run_statistics.hpp: what one rank finds of one run, and how it travels to the rank that writes.
#pragma once

#include <string>
#include <vector>

#include "campaign/campaign.hpp"
#include "io/statistics_file.hpp"
#include "ledger/receipt.hpp"
#include "physics/kappa_statistics.hpp"

namespace lenswright {

struct RunStatistics {
  std::size_t product = 0;           // of the work list
  int run = 0;                       // one-based
  std::vector<MapStatistics> maps;   // one per source plane of the campaign
  std::vector<ReceiptInput> inputs;  // the files that were read
};

// Any number of them, one after the other.
void append_packed(const RunStatistics& statistics, std::string& bytes);
std::vector<RunStatistics> unpacked(const std::string& bytes);

// REQUIRES: the campaign has statistics.
KappaStatisticsSettings statistics_settings(const Campaign& campaign);
StatisticsBins statistics_bins(const Campaign& campaign, const EllBins& ell);
MapStatistics map_statistics(const KappaMeasures& measures);

}  // namespace lenswright
