// stage_run.hpp: what the three MPI stages have in common: choosing the work, checking inputs, publishing,
// and the receipt.
//
// Flow of a stage:  roots are ours -> products asked for -> those not complete (or all, with force: the old
// ones are moved aside) -> inputs complete -> compute -> publish -> receipt. Throws InputError before
// anything is written if an input is missing or damaged; a product is never made from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "campaign/product_id.hpp"
#include "io/atomic_writer.hpp"
#include "io/disk.hpp"
#include "ledger/receipt.hpp"
#include "ledger/scan.hpp"
#include "physics/communicator.hpp"

namespace lenswright {

struct StageRequest {
  Stage stage = Stage::lensplanes;
  std::vector<ProductId> products;  // asked for, sorted; of this stage
  bool force = false;               // rebuild complete ones too, moving the old ones aside
  bool replace_mismatched = false;
  int threads = 1;
  std::uint64_t memory_bytes = 0;  // per rank; 0: 80 % of the machine / ranks on it
};

struct StageOutcome {
  std::size_t asked = 0, made = 0, were_complete = 0;
};

// The environment of one stage run; the same on all ranks but for `progress`.
struct StageContext {
  const Campaign& campaign;
  Disk& disk;
  const Communicator& ranks;
  ProgressSink& progress;
};

// Work that is left, agreed between ranks (rank 0 looks, all get the list). Damaged products are moved to the
// trash; mismatched ones are an InputError unless replace_mismatched.
std::vector<ProductId> work_left(const StageContext& context, const StageRequest& request,
                                 const ReceiptIndex& receipts);

// Collects what each rank published and writes one receipt on rank 0, also when the stage ends early: every
// rank calls write().
class ReceiptBook {
 public:
  ReceiptBook(const StageContext& context, Stage stage, int threads);
  void add(ProductRecord record);  // on the rank that published it
  std::size_t size() const { return records_.size(); }
  void write();  // collective; nothing is written if no rank has a record
 private:
  const StageContext& context_;
  Receipt receipt_;
  std::vector<ProductRecord> records_;
};

StageOutcome run_lensplane(const StageContext& context, const StageRequest& request);
StageOutcome run_lux_convert(const StageContext& context, const StageRequest& request);
StageOutcome run_raytrace(const StageContext& context, const StageRequest& request);

}  // namespace lenswright
