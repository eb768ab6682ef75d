#include "ledger/job_facts.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

namespace lenswright {

namespace {

constexpr const char* kJob = "slurm_job";
constexpr const char* kArrayJob = "slurm_array_job";
constexpr const char* kElement = "slurm_array_task";
constexpr const char* kRestarts = "slurm_restarts";
constexpr const char* kNodes = "slurm_nodes";
constexpr const char* kRanksPerNode = "ranks_per_node";
constexpr const char* kPeakMemory = "peak_memory_bytes";
constexpr const char* kWall = "wall_seconds";
constexpr const char* kCpu = "cpu_seconds";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

template <typename Number>
void read_number(const Notes& notes, const char* name, Number& target) {
  const auto note = notes.find(name);
  if (note == notes.end()) return;
  std::from_chars(note->second.data(), note->second.data() + note->second.size(), target);
}

void read_text(const Notes& notes, const char* name, std::string& target) {
  if (const auto note = notes.find(name); note != notes.end()) target = note->second;
}

}  // namespace

JobFacts job_facts() {
  JobFacts facts;
  facts.job = variable("SLURM_JOB_ID");
  if (facts.job.empty()) return facts;
  facts.array_job = variable("SLURM_ARRAY_JOB_ID");
  facts.element = variable("SLURM_ARRAY_TASK_ID");
  facts.restarts = std::atoi(variable("SLURM_RESTART_COUNT").c_str());
  facts.nodes = variable("SLURM_JOB_NODELIST");
  return facts;
}

std::string job_text(const JobFacts& facts) {
  return facts.array_job.empty() ? facts.job : fmt::format("{}_{}", facts.array_job, facts.element);
}

void note_job(Notes& notes, const JobFacts& facts) {
  if (facts.job.empty()) return;
  notes[kJob] = facts.job;
  notes[kRestarts] = std::to_string(facts.restarts);
  for (const auto& [name, value] :
       {std::pair(kArrayJob, facts.array_job), {kElement, facts.element}, {kNodes, facts.nodes}})
    if (!value.empty()) notes[name] = value;
}

void note_usage(Notes& notes, const JobUsage& usage) {
  notes[kRanksPerNode] = std::to_string(usage.ranks_per_node);
  notes[kPeakMemory] = std::to_string(usage.peak_memory_bytes);
  notes[kWall] = fmt::format("{:.3f}", usage.wall_seconds);
  notes[kCpu] = fmt::format("{:.3f}", usage.cpu_seconds);
}

JobFacts job_of_notes(const Notes& notes) {
  JobFacts facts;
  read_text(notes, kJob, facts.job);
  read_text(notes, kArrayJob, facts.array_job);
  read_text(notes, kElement, facts.element);
  read_text(notes, kNodes, facts.nodes);
  read_number(notes, kRestarts, facts.restarts);
  return facts;
}

JobUsage usage_of_notes(const Notes& notes) {
  JobUsage usage;
  read_number(notes, kRanksPerNode, usage.ranks_per_node);
  read_number(notes, kPeakMemory, usage.peak_memory_bytes);
  read_number(notes, kWall, usage.wall_seconds);
  read_number(notes, kCpu, usage.cpu_seconds);
  return usage;
}

}  // namespace lenswright
