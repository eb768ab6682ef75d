#include "attempt_record.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "base/version.hpp"
#include "campaign/effective_configuration.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"

namespace lenswright {

std::vector<Finding> lacking(const Campaign& campaign, Disk& disk, const std::vector<ProductId>& products) {
  const ReceiptIndex none;
  std::vector<Finding> found;
  for (const ProductId& id : incomplete_products(campaign, disk, products, Tier::header)) {
    Finding finding = check_product(campaign, disk, id, Tier::header, none);
    if (finding.state != State::complete && finding.state != State::stale)
      found.push_back(std::move(finding));
  }
  return found;
}

void require_outputs(const Campaign& campaign, Disk& disk, const StageRequest& request) {
  constexpr std::size_t kShown = 10;
  const std::vector<Finding> findings = lacking(campaign, disk, request.products);
  if (findings.empty()) return;
  std::string text;
  for (std::size_t n = 0; n < std::min(kShown, findings.size()); ++n) {
    const Finding& finding = findings[n];
    text += fmt::format("{}{} is {} after the work: {}", n == 0 ? "" : "\n  ",
                        finding.product ? product_name(campaign, *finding.product) : finding.path,
                        state_name(finding.state), finding.because);
  }
  if (findings.size() > kShown) text += fmt::format("\n  and {} more", findings.size() - kShown);
  throw InputError(
      fmt::format("{}\n  {} of {} products are not complete: run again, and if it stays so look at it "
                  "with `recovery why`",
                  text, findings.size(), request.products.size()));
}

AttemptRecord::AttemptRecord(const Campaign& campaign, Stage stage, std::string task_file, int task,
                             int ranks)
    : campaign_(campaign) {
  attempt_.campaign = campaign.name;
  attempt_.stage = stage;
  attempt_.task_file = std::move(task_file);
  attempt_.task = task;
  attempt_.code_version = code_version();
  attempt_.configuration = digest_of(work_configuration(campaign)).hex();
  attempt_.host = host_name();
  attempt_.pid = static_cast<long>(getpid());
  attempt_.ranks = ranks;
  attempt_.started = utc_now();
  attempt_.job = job_facts();
}

void AttemptRecord::set_request(const StageRequest& request) {
  request_ = &request;
  attempt_.threads = request.threads;
  attempt_.asked = request.products.size();
  attempt_.units = work_units(campaign_, request.products);
}

std::string AttemptRecord::opening() const {
  std::string text = fmt::format("task {} of {}, {} product{}", attempt_.task, attempt_.task_file,
                                 attempt_.asked, attempt_.asked == 1 ? "" : "s");
  if (attempt_.job.job.empty()) return text;
  text += fmt::format("; job {} on {}", job_text(attempt_.job), attempt_.job.nodes);
  if (attempt_.job.restarts > 0) text += fmt::format(", requeued {} times", attempt_.job.restarts);
  return text;
}

void AttemptRecord::write(Disk& disk, const JobUsage& usage, int status, const std::string& message,
                          std::size_t made) {
  try {
    attempt_.finished = utc_now();
    attempt_.usage = usage;
    attempt_.status = status;
    attempt_.end = attempt_end(status, message, stop_for_walltime());
    attempt_.message = message;
    attempt_.made = made;
    attempt_.left.clear();
    if (request_ != nullptr && status != 0)
      for (const Finding& finding : lacking(campaign_, disk, request_->products))
        if (finding.product) attempt_.left.push_back(product_name(campaign_, *finding.product));
    write_attempt(disk, campaign_, attempt_);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "no record of this run could be written: {}\n", failure.what());
  }
}

}  // namespace lenswright
