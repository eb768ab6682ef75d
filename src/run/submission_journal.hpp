// submission_journal.hpp: what was handed to Slurm, as sealed records below <state>/submissions/, written before and
// after each sbatch and never changed.
//
// Files:   <submission>/submission.json       who, when, which plan
//          <submission>/<array>.intent.json   before sbatch: everything needed to find the job again
//          <submission>/<array>.answer.json   after it: the job id, or that nothing was submitted
//          <submission>/follow-up.asked.json, follow-up.answer.json   the same of the job that goes on by itself afterwards
//          <submission>/closed.json           all its elements have ended: nothing of it is in flight
// An intent without an answer is a job that may or may not be there: slurm_submission settles that with the queue, by
// the job's unique name, before anything else is submitted.
// Throws: IoError; FormatError for a damaged record
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/product_id.hpp"
#include "io/checksum.hpp"
#include "io/disk.hpp"

namespace lenswright {

// What an array waits for: these elements of another array of the same submission; or, `pairwise` (aftercorr), each
// element for the one of its own index.
struct ArrayParent {
  std::string array;          // its name
  std::vector<int> elements;  // ascending; pairwise: all of this array's own
  bool pairwise = false;
  bool operator==(const ArrayParent&) const = default;
};

struct ArrayIntent {
  std::string name;      // unique in the submission: "lux-03"
  std::string job_name;  // unique on the cluster
  std::string comment;   // for people who read squeue
  Stage stage = Stage::lensplanes;
  std::filesystem::path script, tasks;  // files of the plan's folder
  Digest script_digest, tasks_digest;
  std::vector<int> elements;                     // array indices, ascending: those of the task file
  int at_once = 0;                               // elements running at once at most; 0: no limit
  std::filesystem::path log;                     // of each element, with %a for its index
  std::vector<ArrayParent> after;                // empty: waits for nothing
  std::map<std::string, std::string> resources;  // as asked for: "time", "mem", "partition", ...
  int attempt = 1;                               // of the plan: grows with each automatic retry
  std::string written;                           // UTC
};
std::filesystem::path log_of(const ArrayIntent& intent, int element);

struct ArrayAnswer {
  std::optional<std::int64_t> job;  // none: nothing was submitted
  std::string message;              // how the id became known, or why nothing was submitted
  std::string written;              // UTC
};

struct SubmittedArray {
  ArrayIntent intent;
  std::optional<ArrayAnswer> answer;  // none: unknown, see above
};

// The job that plans again, or reports, once all arrays have ended.
struct FollowUp {
  std::string job_name;  // unique on the cluster
  int times_left = 0;    // it may plan again so often; 0: it reports only
  std::string written;   // UTC
  std::optional<ArrayAnswer> answer;
};

struct Submission {
  std::string name;                    // also of its folders below plans/ and logs/
  std::string written;                 // UTC
  std::string by;                      // "anna (process 4711 on login01) since ..."
  std::string cluster;                 // as Slurm calls itself
  std::string configuration;           // digest (hex) of the configuration (work_configuration)
  std::string options;                 // that repeat it: " --config FILE --tier full"
  int attempt = 1;                     // 2...: made by an automatic retry
  std::vector<SubmittedArray> arrays;  // in the order of submission
  std::optional<FollowUp> follow_up;
  bool closed = false;
};

std::filesystem::path submissions_folder(const Campaign& campaign);
// All of the campaign, oldest first; the folder's absence is an empty list.
std::vector<Submission> read_submissions(Disk& disk, const Campaign& campaign);

// REQUIRES: the campaign's lease is held. The first call of a submission; arrays are not written by it.
void write_submission(Disk& disk, const Campaign& campaign, const Submission& submission);
void write_intent(Disk& disk, const Campaign& campaign, const std::string& submission,
                  const ArrayIntent& intent);
void write_answer(Disk& disk, const Campaign& campaign, const std::string& submission,
                  const std::string& array, const ArrayAnswer& answer);
void write_follow_up(Disk& disk, const Campaign& campaign, const std::string& submission,
                     const FollowUp& follow_up);
void write_follow_up_answer(Disk& disk, const Campaign& campaign, const std::string& submission,
                            const ArrayAnswer& answer);
void write_closed(Disk& disk, const Campaign& campaign, const std::string& submission);

// Of an array whose answer is lost and that is taken for not submitted: should it come up after all, its elements find no
// task file and end.
void withdraw(Disk& disk, const ArrayIntent& intent);

// What each element was to make, from the array's task file, withdrawn or not; products that the campaign no longer has are left out.
// Throws InputError if the file is not the one that was submitted.
std::map<int, std::vector<ProductId>> element_products(Disk& disk, const Campaign& campaign,
                                                       const ArrayIntent& intent);

}  // namespace lenswright
