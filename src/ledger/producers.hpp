// producers.hpp: who made the products that are there, by their records, and which sets mix producers: their products
// agree but for the last digits at best, which a comparison of models or realizations may take for an effect.
//
// Sets:      planes, and potentials, of a realization, over all models; runs, and statistics, of a model
// Producers: this project at a numerics version; adopted (vouched for); unverified (no record)
// config.dat is left out: its values leave no room for differences.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "campaign/product_id.hpp"
#include "ledger/receipt_index.hpp"
#include "ledger/scan.hpp"

namespace lenswright {

struct ProducerCount {
  std::string producer;  // "this project (numerics 1)", "adopted", "unverified"
  std::int64_t products = 0;
};

// Of one kind of products.
struct MixedProducers {
  ProductKind kind = ProductKind::mass_plane;
  std::int64_t sets = 0;                 // that mix producers
  std::string example;                   // the first of them: "LP_03", "dmo"
  std::vector<ProducerCount> producers;  // over these sets
};

struct Producers {
  std::array<std::int64_t, kProductKindCount> unverified{},
      adopted{};  // of the products there, config.dat too
  std::vector<MixedProducers> mixed;
};

// Products of the selection that are complete or stale.
Producers find_producers(const Campaign& campaign, const ScanResult& scan, const ReceiptIndex& receipts,
                         const Selection& selection);
// Sets that would mix producers once `made` are there too, made by this program's stages.
std::vector<MixedProducers> mixed_by(const Campaign& campaign, const ScanResult& scan,
                                     const ReceiptIndex& receipts, const std::set<ProductId>& made);
// "mass planes of 3 realizations (first: LP_03): 40 of this project (numerics 1), 360 unverified"
std::string describe(const MixedProducers& mixed);

}  // namespace lenswright
