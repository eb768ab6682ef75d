#include "run/element_status.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lenswright {

namespace {

const SlurmJob* find_job(const std::vector<SlurmJob>& jobs, std::int64_t array, int element) {
  for (const SlurmJob& job : jobs)
    if (job.array == array && job.index == element) return &job;
  return nullptr;
}

void fail(ElementStatus& status, JobCause cause, std::string because) {
  status.state = JobState::failed;
  status.cause = cause;
  status.because = std::move(because);
}

// Not in Slurm's books: by whose word is it then where it is?
void judge_without_slurm(ElementStatus& status, const SubmittedArray& array) {
  if (!array.answer) {
    status.state = JobState::pending;
    status.because = "whether it was submitted is not known: the answer of sbatch was lost";
  } else if (!array.answer->job) {
    fail(status, JobCause::unknown, "was not submitted: " + array.answer->message);
  } else {
    fail(status, JobCause::cancelled,
         "Slurm no longer knows it: cancelled while it waited, or ended long ago");
  }
}

void judge_by_slurm(ElementStatus& status, const SlurmJob& job) {
  status.state = job.state;
  status.in_queue = job.in_queue();
  status.nodes = job.nodes;
  status.started = job.started;
  status.ended = job.ended;
  if (job.state == JobState::pending) status.waits_for = job.reason;
  if (job.state == JobState::pending && job.restarts > 0) status.because = "was queued again";
  if (job.state == JobState::failed) fail(status, job.cause, describe_end(job));
}

void judge_by_products(ElementStatus& status) {
  const bool whole = status.complete == status.products;
  if (status.state == JobState::done && !whole) {
    fail(status, JobCause::unknown,
         fmt::format("COMPLETED for Slurm, but {} of its {} products are not complete",
                     status.products - status.complete, status.products));
  } else if (status.state == JobState::failed && whole && status.products > 0) {
    status.because += status.because.empty() ? "" : "; its products are complete all the same";
    status.state = JobState::done;
    status.cause = JobCause::none;
  }
}

}  // namespace

std::vector<ElementStatus> element_statuses(const std::string& submission, const SubmittedArray& array,
                                            const std::map<int, std::vector<ProductId>>& products,
                                            const std::vector<SlurmJob>& jobs,
                                            const std::function<bool(const ProductId&)>& complete) {
  std::vector<ElementStatus> statuses;
  for (const int element : array.intent.elements) {
    ElementStatus status;
    status.submission = submission;
    status.array = array.intent.name;
    status.stage = array.intent.stage;
    status.element = element;
    status.log = log_of(array.intent, element);
    if (const auto made = products.find(element); made != products.end()) {
      status.products = made->second.size();
      status.complete =
          static_cast<std::size_t>(std::count_if(made->second.begin(), made->second.end(), complete));
    }
    const SlurmJob* job = nullptr;
    if (array.answer && array.answer->job) {
      status.job = *array.answer->job;
      job = find_job(jobs, status.job, element);
    }
    job != nullptr ? judge_by_slurm(status, *job) : judge_without_slurm(status, array);
    judge_by_products(status);
    statuses.push_back(std::move(status));
  }
  return statuses;
}

std::vector<StageEstimate> estimate_rest(const std::vector<ElementStatus>& elements, std::int64_t now) {
  std::vector<StageEstimate> estimates;
  for (const Stage stage : kStages) {
    StageEstimate estimate;
    estimate.stage = stage;
    std::int64_t finished = 0, seconds = 0, begun = 0;
    for (const ElementStatus& element : elements) {
      if (element.stage != stage) continue;
      if (element.state == JobState::pending) ++estimate.pending;
      if (element.state == JobState::running) {
        ++estimate.running;
        if (element.started > 0) begun += std::max<std::int64_t>(0, now - element.started);
      }
      if (element.state != JobState::done || element.started == 0 || element.ended < element.started)
        continue;
      ++finished;
      seconds += element.ended - element.started;
    }
    if (estimate.pending + estimate.running == 0) continue;
    if (finished > 0) {
      estimate.seconds_each = std::max<std::int64_t>(1, seconds / finished);
      const auto left = static_cast<std::int64_t>(estimate.pending + estimate.running);
      const std::int64_t work = std::max(left * estimate.seconds_each - begun, estimate.seconds_each);
      const auto at_once = std::max<std::int64_t>(1, static_cast<std::int64_t>(estimate.running));
      estimate.seconds_left = (work + at_once - 1) / at_once;
    }
    estimates.push_back(estimate);
  }
  return estimates;
}

}  // namespace lenswright
