// job_facts.hpp: in which Slurm job a program ran, and what it took: facts of receipts and attempt records.
//
// In a receipt they stand among its notes, under the names here. Numbers are written as decimal text.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lenswright {

struct JobFacts {
  std::string job;        // the element's own id; empty: no Slurm job
  std::string array_job;  // empty: no array
  std::string element;    // array index; empty: no array
  int restarts = 0;       // how often it was requeued before
  std::string nodes;      // "n[1-2]"
  bool operator==(const JobFacts&) const = default;
};
JobFacts job_facts();  // of this process, from its environment
// "17_4" of element 4 of array 17, "17" of a job; empty: no job.
std::string job_text(const JobFacts& facts);

struct JobUsage {
  int ranks_per_node = 1;               // the most on any node
  std::uint64_t peak_memory_bytes = 0;  // of the rank that took most
  double wall_seconds = 0;              // since the program began
  double cpu_seconds = 0;               // of all ranks
  bool operator==(const JobUsage&) const = default;
};

using Notes = std::map<std::string, std::string>;
void note_job(Notes& notes, const JobFacts& facts);
void note_usage(Notes& notes, const JobUsage& usage);
// What the notes lack stays as it is by default.
JobFacts job_of_notes(const Notes& notes);
JobUsage usage_of_notes(const Notes& notes);

inline constexpr const char* kNoteFftw = "fftw";  // version of the library that transformed

}  // namespace lenswright
