// stage_run.hpp: what the MPI stages have in common: choosing the work, checking inputs, publishing,
// and the receipt.
//
// Flow of a stage:  roots are ours -> products asked for -> those not complete (or all, with force: the old
// ones are moved aside) -> inputs complete -> compute -> publish -> receipt. Throws InputError before
// anything is written if an input is missing or damaged; a product is never made from it.
#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <map>
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
  std::uint64_t memory_bytes = 0;  // per rank; 0: the job's memory, or 80 % of the machine, / ranks on it
  double pass_seconds = 0;         // lensplanes: a pass is planned to take at most this long; 0: any time
  int most_sharing =
      std::numeric_limits<int>::max();  // lensplanes: ranks of a node that put particles on the same planes
  bool estimate_only = false;           // say what the work would take, and touch nothing
};

struct StageOutcome {
  std::size_t asked = 0, made = 0, were_complete = 0;
  std::string estimate{};  // where only that was asked for: lines "key: value"
};

// The environment of one stage run; the same on all ranks but for `progress`.
struct StageContext {
  const Campaign& campaign;
  Disk& disk;
  const Communicator& ranks;
  ProgressSink& progress;
};

// Collective. Runs `body` on every rank; if it fails on any of them, all throw: InputError with the message
// of the lowest rank, or StopRequested. What a rank does alone stands in such a body, so that none waits for
// one that failed.
void together(const Communicator& ranks, const std::function<void()>& body);
// Collective. Throws StopRequested on all ranks if a signal reached any of them.
void stop_together(const Communicator& ranks);

// The receipts as rank 0 reads them; empty on the others. Collective.
ReceiptIndex load_receipts(const StageContext& context);

// What is to be made, and what lies in its place and has to be moved aside first.
struct Work {
  std::vector<ProductId> products;      // sorted; the same on all ranks
  std::vector<Finding> moves;           // on rank 0 only
  std::vector<std::string> receipts{};  // of each move: file name of the one that tells of it
};
// Collective; changes nothing. Rank 0 requires the roots of the stage and of its upstream stage and looks at
// the asked products; all ranks get the list. Complete and stale products are left out unless force;
// mismatched ones are an InputError unless replace_mismatched, unknown ones always.
Work choose_work(const StageContext& context, const StageRequest& request, const ReceiptIndex& receipts);
// Collective. To the trash with what lies in the place of the work: call it once the inputs are known good.
void move_aside(const StageContext& context, const Work& work);
// Both at once.
std::vector<ProductId> work_left(const StageContext& context, const StageRequest& request,
                                 const ReceiptIndex& receipts);

// Collective. Upstream products of `products`, checked by rank 0 at tier header: InputError naming what is
// missing, damaged or stale and the next command. Returns the digests that receipts know of their files, by
// product name, of a run's maps by <product name>/<file>, on all ranks.
using KnownDigests = std::map<std::string, Digest>;
KnownDigests require_inputs(const StageContext& context, const std::vector<ProductId>& products,
                            const ReceiptIndex& receipts);
// The command that makes an upstream product and, but for the geometry beside a potential, nothing else; for
// messages.
std::string command_for(const Campaign& campaign, const ProductId& id);
// Throws InputError "damaged input" if `found` is not the digest that a receipt holds.
void compare_digest(const KnownDigests& known, const std::string& product, const Digest& found);
// Runs `read`, which reads the one file of the upstream product `id`; what its format refuses becomes an InputError
// "damaged input" that names the product and the next command.
void read_input(const Campaign& campaign, const ProductId& id, const std::function<void()>& read);

// Collective. Bytes that each rank may use: what was asked for, or its part of the Slurm job's memory on its node, or
// of 80 % of the machine's (or its control group's); the least of all ranks.
std::uint64_t memory_budget(const StageContext& context, const StageRequest& request);

// Collects what each rank published and writes receipts on rank 0, also when the stage ends early: every rank
// calls write(). Long stages call write_if_due() after each piece of work, so that a killed program leaves
// few products without a receipt.
class ReceiptBook {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval{60};
  ReceiptBook(const StageContext& context, Stage stage, int threads,
              std::chrono::milliseconds interval = kInterval);
  void add(ProductRecord record);              // on the rank that published it
  std::size_t size() const { return added_; }  // added on this rank so far
  void write();                                // collective; nothing is written if no rank has a new record
  bool is_due() const;  // collective: whether `interval` has passed since the last time
  void write_if_due();  // collective

 private:
  const StageContext& context_;
  Receipt receipt_;
  std::vector<ProductRecord> records_;  // not yet written
  std::size_t added_ = 0;
  std::chrono::milliseconds interval_;
  Clock::time_point last_;
};

// Collective. Runs `body` and writes the book's last receipt, also if body throws a Failure, which all ranks
// have to throw together; that failure then goes on.
void with_receipts(ReceiptBook& book, const std::function<void()>& body);

StageOutcome run_lensplane(const StageContext& context, const StageRequest& request);
StageOutcome run_lux_convert(const StageContext& context, const StageRequest& request);
StageOutcome run_raytrace(const StageContext& context, const StageRequest& request);
// REQUIRES: the campaign has statistics.
StageOutcome run_kappa_stats(const StageContext& context, const StageRequest& request);

}  // namespace lenswright
