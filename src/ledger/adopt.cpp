#include "ledger/adopt.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "base/version.hpp"
#include "campaign/product_path.hpp"
#include "io/contained_path.hpp"
#include "io/copy_file.hpp"
#include "io/transforms_file.hpp"
#include "ledger/actor.hpp"
#include "ledger/adopt_candidates.hpp"
#include "ledger/file_check.hpp"
#include "ledger/receipt_index.hpp"
#include "ledger/root_safety.hpp"
#include "ledger/transforms_check.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;
using What = AdoptDecision::What;

constexpr std::size_t kProductsPerReceipt = 500;

bool same_file(const FileStatus& a, const FileStatus& b) {
  return a.inode == b.inode && a.device == b.device;
}

// A reason to leave a product as it is.
struct Refusal {
  std::string because;
};

// One file of a product on its way in.
struct Incoming {
  ProductFile file;
  fs::path target;
  fs::path source;  // the target itself where it lies in its place already
  FileStatus status;
  Digest digest;
};

class Adoption {
 public:
  Adoption(Disk& disk, const Campaign& campaign, const AdoptRequest& request,
           const std::function<void(const AdoptDecision&)>& tell)
      : disk_(disk),
        campaign_(campaign),
        request_(request),
        tell_(tell),
        receipts_(ReceiptIndex::load(disk, campaign)),
        check_(campaign, disk, Tier::full),
        started_(utc_now()) {}

  // candidates: of this product, in the tree.
  void consider(const ProductId& id, const std::vector<AdoptCandidate>& candidates) {
    const std::string name = product_name(campaign_, id);
    try {
      const auto record = receipts_.find(name);
      std::vector<Incoming> files = incoming(id, candidates);
      if (files.empty()) return;  // nothing of it anywhere
      const bool here = std::all_of(files.begin(), files.end(),
                                    [](const Incoming& file) { return file.source == file.target; });
      if (here && record) return say(What::known, name, "it is here and has its receipt");
      if (!here && !request_.way) throw Refusal{"it is not in its place: say --copy or --link"};
      if (id.kind == ProductKind::mass_plane && !candidates.empty())
        if (const std::string& why = transforms_of(candidates.front().root); !why.empty()) throw Refusal{why};
      for (Incoming& file : files) check(name, file);
      if (!request_.dry_run) bring(id, name, files, record == nullptr);
      for (const Incoming& file : files) counts.bytes += file.status.size;
      say(What::adopted, name,
          here ? "as it lies in its place"
               : fmt::format("{} from {}", request_.way == AdoptWay::link ? "linked" : "copied",
                             candidates.front().source.parent_path().string()));
    } catch (const Refusal& refusal) {
      say(What::refused, name, refusal.because);
    } catch (const InputError& error) {
      say(What::refused, name, error.what());
    } catch (const FormatError& error) {
      say(What::refused, name, error.what());
    }
    throw_if_stop_requested();
  }
  void say(What what, const std::string& name, const std::string& because) {
    counts.adopted += what == What::adopted ? 1 : 0;
    counts.known += what == What::known ? 1 : 0;
    counts.refused += what == What::refused ? 1 : 0;
    counts.no_product += what == What::no_product ? 1 : 0;
    tell_({what, name, because});
  }
  void write_receipts() {
    for (auto& [stage, products] : records_) {
      if (products.empty()) continue;
      Receipt receipt;
      receipt.campaign = campaign_.name;
      receipt.stage = stage;
      receipt.code_version = "unknown (adopted)";
      receipt.compiler = "unknown";
      receipt.host = host_name();
      receipt.pid = static_cast<long>(getpid());
      receipt.started = started_;
      receipt.finished = utc_now();
      receipt.notes = {{"provenance", "adopted"},
                       {"adopted_by", acting_user()},
                       {"adopted_from", request_.from ? request_.from->string() : "its place"},
                       {"adopted_way", !request_.way                     ? "in place"
                                       : *request_.way == AdoptWay::link ? "link"
                                                                         : "copy"},
                       {"adopted_with", code_version()}};
      receipt.products = products;
      write_receipt(disk_, campaign_, receipt);
      products.clear();
    }
    waiting_ = 0;
  }

  AdoptCounts counts;

 private:
  std::vector<Incoming> incoming(const ProductId& id, const std::vector<AdoptCandidate>& candidates) {
    std::vector<Incoming> files;
    std::vector<std::string> lacking;
    for (const ProductFile& file : product_files(campaign_, id)) {
      const fs::path target = contained_path(disk_, stage_root(campaign_, stage_of(id.kind)), file.path);
      const std::optional<FileStatus> present = disk_.entry_status(target);
      const auto candidate =
          std::find_if(candidates.begin(), candidates.end(),
                       [&](const AdoptCandidate& one) { return one.file.path == file.path; });
      if (!present && candidate == candidates.end()) {
        lacking.push_back(file.path);
        continue;
      }
      if (present && candidate != candidates.end() && !same_file(*present, candidate->status) &&
          (present->type != FileType::regular || present->size != candidate->status.size ||
           digest_of_file(disk_, target) != digest_of_file(disk_, candidate->source)))
        throw Refusal{
            fmt::format("other bytes lie at {} already; they are never overwritten", target.string())};
      files.push_back(present ? Incoming{file, target, target, *present, {}}
                              : Incoming{file, target, candidate->source, candidate->status, {}});
    }
    if (!files.empty() && !lacking.empty())
      throw Refusal{
          fmt::format("{} of its files are nowhere, the first of them {}", lacking.size(), lacking.front())};
    return files;
  }

  // The bytes that are digested are those that are checked: the check holds them against the digest.
  void check(const std::string& name, Incoming& file) {
    if (file.status.type != FileType::regular)
      throw Refusal{fmt::format("{} is not a regular file", file.source.string())};
    file.digest = digest_of_file(disk_, file.source);
    const FileVerdict verdict = check_(file.source, file.status, file.file, &file.digest);
    if (verdict.state != State::complete)
      throw Refusal{
          fmt::format("{} is {}: {}", file.source.string(), state_name(verdict.state), verdict.because)};
    if (const auto recorded = receipts_.file_digest(name, file.file.path);
        recorded && *recorded != file.digest)
      throw Refusal{
          fmt::format("{} has digest {}, but the receipt of the product tells of {}: another product "
                      "under its name",
                      file.source.string(), file.digest.hex(), recorded->hex())};
  }

  void bring(const ProductId& id, const std::string& name, const std::vector<Incoming>& files, bool record) {
    ProductRecord made{name, {}, {}, configuration_digest(campaign_, id)};
    for (const Incoming& file : files) {
      if (file.source != file.target) *request_.way == AdoptWay::link ? link(file) : copy(file);
      made.files.push_back({file.file.path, file.status.size, file.digest});
    }
    if (!record) return;
    records_[stage_of(id.kind)].push_back(std::move(made));
    if (++waiting_ >= kProductsPerReceipt) write_receipts();
  }
  void link(const Incoming& file) {
    disk_.create_directories(file.target.parent_path());
    try {
      if (!disk_.link_if_absent(file.source, file.target))
        throw Refusal{fmt::format("{} appeared just now and is left alone", file.target.string())};
    } catch (const IoError& error) {
      throw Refusal{fmt::format("{}; --copy works everywhere", error.what())};
    }
    disk_.sync_directory(file.target.parent_path());
  }
  void copy(const Incoming& file) {
    AtomicWriter writer(disk_, file.target);
    DigestStream digest;
    for_each_block(*disk_.open(file.source), [&](std::span<const std::byte> block) {
      writer.write(block);
      digest.add(block);
    });
    if (digest.digest() != file.digest)
      throw Refusal{fmt::format("{} changed while it was being read", file.source.string())};
    writer.publish();
  }

  // Why mass planes of this tree cannot be the campaign's; empty: nothing speaks against it. Brings the tree's
  // transforms.h5 where the campaign has none.
  const std::string& transforms_of(const fs::path& tree) {
    const auto [known, fresh] = transforms_.try_emplace(tree);
    if (!fresh) return known->second;
    const fs::path theirs = tree / kTransformsFile, ours = campaign_.lensplanes.root / kTransformsFile;
    const std::optional<FileStatus> there = disk_.entry_status(theirs), here = disk_.entry_status(ours);
    if (!there || (here && same_file(*here, *there))) return known->second;
    Campaign of_tree = campaign_;
    of_tree.lensplanes.root = tree;
    const FileVerdict verdict = check_transforms(of_tree, true, Tier::full);
    if (verdict.state != State::complete)
      known->second = fmt::format("{}: {}", theirs.string(), verdict.because);
    else if (here && read_transforms(ours).transforms != read_transforms(theirs).transforms)
      known->second = fmt::format("{} differs from {}: these planes were made with other transforms",
                                  theirs.string(), ours.string());
    else if (!here && !request_.dry_run && request_.way)
      publish_copy(disk_, theirs, ours);
    return known->second;
  }

  Disk& disk_;
  const Campaign& campaign_;
  const AdoptRequest& request_;
  const std::function<void(const AdoptDecision&)>& tell_;
  ReceiptIndex receipts_;
  FileCheck check_;
  std::string started_;
  std::map<Stage, std::vector<ProductRecord>> records_;
  std::size_t waiting_ = 0;
  std::map<fs::path, std::string> transforms_;
};

void consider_all(Adoption& adoption, Disk& disk, const Campaign& campaign, const AdoptRequest& request,
                  ProgressSink& progress) {
  if (!request.from) {
    const ProductSet set(campaign);
    std::uint64_t total = 0;
    for (const ProductKind kind : kProductKinds) total += set.count(kind);
    progress.begin("looking at products without a receipt", total, "products");
    for (const ProductKind kind : kProductKinds) {
      for (std::size_t position = 0; position < set.count(kind); ++position) {
        progress.advance(1);
        const ProductId id = set.at(kind, position);
        if (request.selection.contains(campaign, id)) adoption.consider(id, {});
      }
    }
    progress.end();
    return;
  }
  const AdoptCandidates candidates = adopt_candidates(disk, campaign, *request.from, request.selection);
  progress.begin("looking at the tree's products", candidates.products.size(), "products");
  for (const auto& [id, files] : candidates.products) {
    adoption.consider(id, files);
    progress.advance(1);
  }
  progress.end();
  for (const auto& [path, because] : candidates.others)
    adoption.say(What::no_product, path.string(), because);
}

}  // namespace

AdoptCounts adopt(Disk& disk, const Campaign& campaign, const AdoptRequest& request,
                  const std::function<void(const AdoptDecision&)>& tell, ProgressSink& progress) {
  for (const Stage stage : stages_of(campaign))
    if (request.selection.contains(stage)) require_own_root(disk, campaign, stage);
  if (request.from && !disk.status(*request.from))
    throw InputError(fmt::format("{}: no such file or folder", request.from->string()));
  Adoption adoption(disk, campaign, request, tell);
  try {
    consider_all(adoption, disk, campaign, request, progress);
  } catch (const Failure&) {
    try {
      adoption.write_receipts();
    } catch (const Failure&) {
      // The first failure says more; what has no receipt is adopted in place by the next call.
    }
    throw;
  }
  adoption.write_receipts();
  return adoption.counts;
}

}  // namespace lenswright
