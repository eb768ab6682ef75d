// journalled_array.hpp: the journal's records of an array as if recovery submit had handed it to Slurm: over the mass
// planes of the first model's first realization, element n for those of the campaign's snapshot n.
#pragma once

#include <string>

#include "campaign/effective_configuration.hpp"
#include "io/atomic_writer.hpp"
#include "io/checksum.hpp"
#include "ledger/receipt.hpp"
#include "plan/task_file.hpp"
#include "run/submission_journal.hpp"

namespace lenswright::test {

inline void journal_array(const Campaign& campaign, const std::string& submission, std::int64_t job) {
  Disk& disk = real_disk();
  const auto folder = campaign.state / "plans" / submission;
  disk.create_directories(folder);
  const int snapshots = static_cast<int>(campaign.snapshots.size()), planes = campaign.planes_per_snapshot;
  TaskFile file;
  file.campaign = campaign.name;
  file.configuration = digest_of(work_configuration(campaign)).hex();
  file.stage = Stage::lensplanes;
  ArrayIntent intent;
  for (int snapshot = 0; snapshot < snapshots; ++snapshot) {
    Task task;
    task.index = snapshot;
    for (int plane = planes * snapshot; plane < planes * (snapshot + 1); ++plane)
      task.products.push_back({ProductKind::mass_plane, 0, 0, plane});
    file.tasks[snapshot] = task;
    intent.elements.push_back(snapshot);
  }
  const std::string text = encode_task_file(campaign, file);
  publish_text(disk, folder / "lensplanes.tasks.json", text);
  Submission record;
  record.name = submission;
  record.written = utc_now();
  record.by = "anna (process 4711 on login01)";
  record.cluster = "sandbox";
  record.configuration = digest_of(campaign.effective_json).hex();
  write_submission(disk, campaign, record);
  intent.name = "lensplanes-1";
  intent.job_name = "lw-" + submission;
  intent.stage = Stage::lensplanes;
  intent.tasks = folder / "lensplanes.tasks.json";
  intent.tasks_digest = digest_of(text);
  intent.script = folder / "lensplanes-1.sh";
  intent.log = campaign.state / "logs" / submission / "lensplanes-1-%a.log";
  intent.written = utc_now();
  write_intent(disk, campaign, submission, intent);
  write_answer(disk, campaign, submission, intent.name, {job, "", utc_now()});
}

}  // namespace lenswright::test
