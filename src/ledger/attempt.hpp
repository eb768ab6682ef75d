// attempt.hpp: what one run of a stage program on a task leaves behind about itself, however it ended: how, why in
// words, what of its task is still lacking, and what it took.
//
// One sealed file per run, <state>/attempts/<stage>-<task>-<UTC time>-<host>-<pid>-<random>.json, never changed
// afterwards. A program that is killed outright leaves none: then only the scheduler knows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "campaign/product_id.hpp"
#include "io/disk.hpp"
#include "ledger/job_facts.hpp"

namespace lenswright {

inline constexpr int kAttemptSchema = 1;

enum class AttemptEnd {
  done,
  out_of_time,  // told that its time is nearly over
  stopped,      // told to end, by a user or the system
  out_of_memory,
  failed,
};
std::string_view attempt_end_name(AttemptEnd end);  // "done", "out of time", ...
// From an exit status, the last message, and whether the walltime signal came.
AttemptEnd attempt_end(int status, std::string_view message, bool walltime);

struct Attempt {
  std::string campaign;
  Stage stage = Stage::lensplanes;
  std::string task_file;           // as given
  int task = 0;                    // its index there
  std::vector<std::string> units;  // work_unit of its products, each once; none: the task could not be read
  std::string code_version;
  std::string configuration;  // digest (hex) of work_configuration()
  std::string host;
  long pid = 0;
  int ranks = 1, threads = 1;
  std::string started, finished;  // UTC, as in receipts
  JobFacts job;
  JobUsage usage;
  int status = 0;
  AttemptEnd end = AttemptEnd::done;
  std::string message;            // empty: done
  std::uint64_t asked = 0;        // products of the task; 0: it wasn't even read
  std::uint64_t made = 0;         // by this run; known where it ended well
  std::vector<std::string> left;  // names of products that are not complete now
};

// What a product's task is about, whatever its index in one plan or another: "snapshot 96" of mass planes, "dmo/LP_03"
// of what follows.
std::string work_unit(const Campaign& campaign, const ProductId& id);
std::vector<std::string> work_units(const Campaign& campaign,
                                    const std::vector<ProductId>& products);  // each once

std::string encode_attempt(const Attempt& attempt);
Attempt decode_attempt(const std::string& path, const std::string& text);  // throws FormatError
std::filesystem::path attempts_folder(const Campaign& campaign);
std::filesystem::path write_attempt(Disk& disk, const Campaign& campaign, const Attempt& attempt);

struct Attempts {
  std::vector<Attempt> records;       // in the order of their end
  std::vector<std::string> problems;  // of files that cannot be read: left out
};
// Those of this campaign; the folder's absence is an empty list.
Attempts load_attempts(Disk& disk, const Campaign& campaign);

}  // namespace lenswright
