#include "ledger/producers.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <tuple>

#include "campaign/product_path.hpp"

namespace lenswright {

namespace {

// Numerics version; kAdopted and kUnverified for the others.
using Producer = int;
constexpr Producer kAdopted = 0, kUnverified = -1;

std::string producer_name(Producer producer) {
  if (producer == kUnverified) return "unverified";
  if (producer == kAdopted) return "adopted";
  return fmt::format("of this project (numerics {})", producer);
}

Producer producer_of(const Campaign& campaign, const ReceiptIndex& receipts, const ProductId& id) {
  if (receipts.empty()) return kUnverified;
  const std::optional<KnownOrigin> origin = receipts.origin(product_name(campaign, id));
  return origin ? origin->numerics : kUnverified;
}

bool of_a_model(ProductKind kind) {
  return kind == ProductKind::run || kind == ProductKind::statistics;
}

// By kind and set (a model or a realization).
class Census {
 public:
  void add(const ProductId& id, Producer producer) {
    if (id.kind == ProductKind::geometry) return;
    ++sets_[{id.kind, of_a_model(id.kind) ? id.model : id.realization}][producer];
  }
  bool knows(const ProductId& id) const {
    return sets_.contains({id.kind, of_a_model(id.kind) ? id.model : id.realization});
  }
  std::vector<MixedProducers> mixed(const Campaign& campaign) const {
    std::vector<MixedProducers> result;
    std::map<Producer, std::int64_t> sums;
    const auto finish = [&] {
      // This project first, what nothing is known of last.
      for (auto sum = sums.rbegin(); sum != sums.rend(); ++sum)
        result.back().producers.push_back({producer_name(sum->first), sum->second});
      sums.clear();
    };
    for (const auto& [set, producers] : sets_) {
      if (producers.size() < 2) continue;
      const auto [kind, index] = set;
      if (result.empty() || result.back().kind != kind) {
        if (!result.empty()) finish();
        result.push_back({kind,
                          0,
                          of_a_model(kind) ? campaign.models[static_cast<std::size_t>(index)].name
                                           : realization_folder(index),
                          {}});
      }
      ++result.back().sets;
      for (const auto& [producer, products] : producers) sums[producer] += products;
    }
    if (!result.empty()) finish();
    return result;
  }

 private:
  std::map<std::pair<ProductKind, int>, std::map<Producer, std::int64_t>> sets_;
};

bool is_there(State state) {
  return state == State::complete || state == State::stale;
}

std::string_view plural_of(ProductKind kind) {
  switch (kind) {
    case ProductKind::mass_plane:
      return "mass planes";
    case ProductKind::potential:
      return "potentials";
    case ProductKind::geometry:
      return "geometry files";
    case ProductKind::run:
      return "runs";
    case ProductKind::statistics:
      break;
  }
  return "statistics";
}

}  // namespace

Producers find_producers(const Campaign& campaign, const ScanResult& scan, const ReceiptIndex& receipts,
                         const Selection& selection) {
  Producers found;
  Census census;
  for (const ProductKind kind : kProductKinds)
    for (std::size_t position = 0; position < scan.products().count(kind); ++position) {
      const ProductId id = scan.products().at(kind, position);
      if (!is_there(scan.state(id)) || !selection.contains(campaign, id)) continue;
      const Producer producer = producer_of(campaign, receipts, id);
      found.unverified[static_cast<std::size_t>(kind)] += producer == kUnverified ? 1 : 0;
      found.adopted[static_cast<std::size_t>(kind)] += producer == kAdopted ? 1 : 0;
      census.add(id, producer);
    }
  found.mixed = census.mixed(campaign);
  return found;
}

std::vector<MixedProducers> mixed_by(const Campaign& campaign, const ScanResult& scan,
                                     const ReceiptIndex& receipts, const std::set<ProductId>& made) {
  Census touched, census;
  for (const ProductId& id : made) {
    touched.add(id, numerics_version(stage_of(id.kind)));
    census.add(id, numerics_version(stage_of(id.kind)));
  }
  for (const ProductKind kind : kProductKinds)
    for (std::size_t position = 0; position < scan.products().count(kind); ++position) {
      const ProductId id = scan.products().at(kind, position);
      if (is_there(scan.state(id)) && touched.knows(id) && !made.contains(id))
        census.add(id, producer_of(campaign, receipts, id));
    }
  return census.mixed(campaign);
}

std::string describe(const MixedProducers& mixed) {
  const bool models = of_a_model(mixed.kind);
  std::string text = fmt::format("{} of {} {}{} (first: {}):", plural_of(mixed.kind), mixed.sets,
                                 models ? "model" : "realization", mixed.sets == 1 ? "" : "s", mixed.example);
  for (std::size_t i = 0; i < mixed.producers.size(); ++i)
    text +=
        fmt::format("{} {} {}", i == 0 ? "" : ",", mixed.producers[i].products, mixed.producers[i].producer);
  return text;
}

}  // namespace lenswright
