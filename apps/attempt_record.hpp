// attempt_record.hpp: writes what became of one run of a stage program on a task (ledger/attempt), and looks at what
// the task still lacks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/attempt.hpp"
#include "ledger/scan.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

// Those of `products` that are not complete on the disk now.
std::vector<Finding> lacking(const Campaign& campaign, Disk& disk, const std::vector<ProductId>& products);
// Throws InputError that says which of the request's products are not there, and why.
void require_outputs(const Campaign& campaign, Disk& disk, const StageRequest& request);

class AttemptRecord {
 public:
  AttemptRecord(const Campaign& campaign, Stage stage, std::string task_file, int task, int ranks);
  // What the task asks for, once it is read. REQUIRES: `request` outlives this.
  void set_request(const StageRequest& request);
  // "task 3 of lux.tasks.json, 12 products; job 17_3 on n1": the first line of a job's log.
  std::string opening() const;
  // Never throws: a record that cannot be written is told on stderr, the run's own end matters more.
  void write(Disk& disk, const JobUsage& usage, int status, const std::string& message, std::size_t made);

 private:
  const Campaign& campaign_;
  const StageRequest* request_ = nullptr;
  Attempt attempt_;
};

}  // namespace lenswright
