// provenance.hpp: how the products were made: configuration, seeds, and per stage with which code, on which hosts, when.
//
// Pure: from the campaign and the facts of all receipts. Times UTC, ISO 8601.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/receipt.hpp"

namespace lenswright {

// Runs of programs that agree in stage, code, compiler and numerics.
struct ProducerSummary {
  std::string stage, code_version, compiler;
  int numerics = 0;
  std::int64_t runs = 0;
  std::vector<std::string> hosts;  // each once, sorted
  std::int64_t jobs = 0;           // of the scheduler, array elements counted singly
  std::string first, last;         // began, ended
  double cpu_seconds = 0;          // as far as noted
};

struct Provenance {
  std::string configuration;  // digest (hex) of the whole effective configuration
  std::string campaign_file;
  std::vector<std::string> overrides;
  std::string report_code, report_compiler, report_host;  // of the program that wrote the report
  std::uint64_t transform_seed = 0, raytracing_seed = 0;
  std::int64_t receipts = 0;
  std::vector<ProducerSummary> producers;  // by stage, then first
  struct Root {
    std::string stage, path;
  };
  std::vector<Root> roots;  // where the products are
};

// receipts: without their products, any order.
Provenance provenance_of(const Campaign& campaign, const std::vector<Receipt>& receipts);

}  // namespace lenswright
