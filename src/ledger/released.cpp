#include "ledger/released.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "io/contained_path.hpp"
#include "ledger/actor.hpp"
#include "ledger/sealed_json.hpp"
#include "ledger/trash.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

constexpr int kReleaseSchema = 1;

// Why no potential of the combination may go; empty: all that is made from them is there.
std::string reason_to_keep(const Campaign& campaign, const ScanResult& scan, int model, int realization) {
  std::size_t lacking = 0;
  std::string first;
  for (const ProductId& id : consumers_of(campaign, {ProductKind::potential, model, realization, 1})) {
    if (scan.state(id) == State::complete) continue;
    if (lacking++ == 0)
      first = fmt::format("{} is {}", product_name(campaign, id), state_name(scan.state(id)));
  }
  if (lacking > 1) first += fmt::format(", and so are {} more of what is made from them", lacking - 1);
  return first;
}

// Why this one could not be made again as it was; empty: it could.
std::string reason_to_keep(const Campaign& campaign, const ScanResult& scan, const ReceiptIndex& receipts,
                           const ProductId& id, bool include_unverified) {
  for (const ProductId& input : inputs_of(campaign, id))
    if (scan.state(input) != State::complete)
      return fmt::format("{} is {}: it could not be made again", product_name(campaign, input),
                         state_name(scan.state(input)));
  if (include_unverified) return {};
  const std::optional<int> numerics = receipts.numerics(product_name(campaign, id));
  const int now = numerics_version(Stage::lux);
  if (!numerics || *numerics != now)
    return fmt::format(
        "no receipt says that numerics version {} made it: made again, it would differ in the last "
        "digits (--include-unverified lets it go all the same)",
        now);
  return {};
}

}  // namespace

std::vector<ReleaseSet> find_releasable(const Campaign& campaign, const ScanResult& scan,
                                        const ReceiptIndex& receipts, const Selection& selection,
                                        bool include_unverified) {
  std::vector<ReleaseSet> sets;
  const ProductSet& products = scan.products();
  const std::uint64_t bytes =
      product_files(campaign, {ProductKind::potential, 0, 0, 1}).front().size.value_or(0);
  std::string blocked;
  for (std::size_t position = 0; position < products.count(ProductKind::potential); ++position) {
    const ProductId id = products.at(ProductKind::potential, position);
    if (!selection.contains(campaign, id)) continue;
    const State state = scan.state(id);
    if (state == State::missing || state == State::released) continue;
    if (sets.empty() || sets.back().model != id.model || sets.back().realization != id.realization) {
      sets.push_back({id.model, id.realization, {}, 0, 0, {}});
      blocked = reason_to_keep(campaign, scan, id.model, id.realization);
    }
    ReleaseSet& set = sets.back();
    std::string because = blocked;
    if (because.empty() && state != State::complete)
      because = fmt::format("{} is {}", product_name(campaign, id), state_name(state));
    if (because.empty()) because = reason_to_keep(campaign, scan, receipts, id, include_unverified);
    if (because.empty()) {
      set.potentials.push_back(id);
      set.bytes += bytes;
    } else if (set.kept++ == 0) {
      set.because = std::move(because);
    }
  }
  return sets;
}

fs::path released_folder(const Campaign& campaign) {
  return campaign.state / "released";
}

std::string encode_release(const Campaign& campaign, const ReleaseRecord& record) {
  nlohmann::json products = nlohmann::json::array();
  for (const ReleasedProduct& product : record.products)
    products.push_back({{"product", product.name},
                        {"bytes", product.bytes},
                        {"digest", product.digest ? product.digest->hex() : std::string()}});
  return seal_json({{"schema", kReleaseSchema},
                    {"campaign", campaign.name},
                    {"when", record.when},
                    {"who", record.who},
                    {"products", products}});
}

ReleaseRecord decode_release(const Campaign& campaign, const fs::path& file, const std::string& text) {
  const nlohmann::json object = unseal_json(file, text);
  const JsonFields fields(file, object);
  fields.integer("schema", 1, kReleaseSchema);
  if (fields.text("campaign") != campaign.name)
    fields.fail("campaign", campaign.name, fields.text("campaign"));
  ReleaseRecord record{fields.text("when"), fields.text("who"), {}};
  for (std::size_t i = 0; i < fields.array("products").size(); ++i) {
    const JsonFields product = fields.element("products", i);
    record.products.push_back({product.text("product"), product.size("bytes"), std::nullopt});
    if (!product.text("digest").empty()) record.products.back().digest = product.digest("digest");
  }
  return record;
}

fs::path record_release(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts,
                        const std::vector<ProductId>& potentials) {
  ReleaseRecord record{utc_now(), acting_user(), {}};
  for (const ProductId& id : potentials) {
    const ProductFile file = product_files(campaign, id).front();
    ReleasedProduct product{product_name(campaign, id), file.size.value_or(0), std::nullopt};
    if (const auto known = receipts.find(product.name); known != nullptr && !known->files.empty())
      product.digest = known->files.front().digest;
    record.products.push_back(std::move(product));
  }
  const fs::path path = released_folder(campaign) /
                        fmt::format("{}-{:08x}.json", compact_time(record.when), std::random_device{}());
  publish_text(disk, path, encode_release(campaign, record));
  return path;
}

void let_go(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts,
            const std::vector<ProductId>& potentials, bool now, ProgressSink& progress) {
  std::set<fs::path> folders;
  progress.begin(now ? "removing potentials" : "moving potentials to the trash", potentials.size(),
                 "potentials");
  for (const ProductId& id : potentials) {
    throw_if_stop_requested();
    const std::string below = relative_path(campaign, id);
    if (now) {
      const fs::path path = contained_path(disk, campaign.lux.root, below);
      disk.remove(path);
      folders.insert(path.parent_path());
    } else {
      const auto known = receipts.known(product_name(campaign, id));
      move_to_trash(disk, campaign, Stage::lux, below, "released", known ? known->receipt : std::string());
    }
    progress.advance(1);
  }
  for (const fs::path& folder : folders) disk.sync_directory(folder);
  progress.end();
}

ReleasedProducts read_released(Disk& disk, const Campaign& campaign) {
  ReleasedProducts released;
  const fs::path folder = released_folder(campaign);
  const auto problem = [&](const fs::path& path, const std::string& because) {
    released.problems.push_back(
        {State::corrupt, Stage::lux, std::nullopt, path.string(),
         because + "; what it tells of counts as missing: a backup may hold it (recovery backup restore)"});
  };
  try {
    if (!disk.status(folder)) return released;
    for (const DirectoryEntry& entry : disk.list(folder)) {
      if (parse_temporary_name(entry.name)) continue;
      const fs::path path = folder / entry.name;
      try {
        for (ReleasedProduct& product : decode_release(campaign, path, read_text(disk, path)).products)
          released.names.insert(std::move(product.name));
      } catch (const Failure& error) {
        problem(path, error.what());
      }
    }
  } catch (const IoError& error) {
    problem(folder, error.what());
  }
  return released;
}

void mark_released(const Campaign& campaign, Disk& disk, const Selection& selection, ScanResult& result) {
  if (!selection.contains(Stage::lux)) return;
  ReleasedProducts released = read_released(disk, campaign);
  if (!released.names.empty()) {
    std::set<ProductId> settled;
    const ProductSet& products = result.products();
    for (std::size_t position = 0; position < products.count(ProductKind::potential); ++position) {
      const ProductId id = products.at(ProductKind::potential, position);
      if (result.state(id) != State::missing || !released.contains(product_name(campaign, id))) continue;
      result.set(id, State::released);
      settled.insert(id);
    }
    std::erase_if(result.findings, [&](const Finding& finding) {
      return finding.product && settled.contains(*finding.product);
    });
  }
  std::move(released.problems.begin(), released.problems.end(), std::back_inserter(result.findings));
}

}  // namespace lenswright
