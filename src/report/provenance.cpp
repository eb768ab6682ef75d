#include "report/provenance.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/version.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/job_facts.hpp"

namespace lenswright {

Provenance provenance_of(const Campaign& campaign, const std::vector<Receipt>& receipts) {
  Provenance provenance;
  provenance.configuration = digest_of(campaign.effective_json).hex();
  provenance.campaign_file = campaign.file.string();
  provenance.overrides = campaign.overrides;
  provenance.report_code = code_version();
  provenance.report_compiler = compiler();
  provenance.report_host = host_name();
  provenance.transform_seed = campaign.lensplanes.seed;
  provenance.raytracing_seed = campaign.raytracing.seed;
  provenance.receipts = std::ssize(receipts);
  for (const Stage stage : stages_of(campaign))
    provenance.roots.push_back({std::string(stage_name(stage)), stage_root(campaign, stage).string()});

  struct Producer {
    ProducerSummary summary;
    std::set<std::string> hosts, jobs;
  };
  std::map<std::tuple<Stage, std::string, std::string, int>, Producer> producers;
  for (const Receipt& receipt : receipts) {
    Producer& producer = producers[{receipt.stage, receipt.code_version, receipt.compiler, receipt.numerics}];
    ProducerSummary& summary = producer.summary;
    ++summary.runs;
    summary.cpu_seconds += usage_of_notes(receipt.notes).cpu_seconds;
    producer.hosts.insert(receipt.host);
    if (const std::string job = job_text(job_of_notes(receipt.notes)); !job.empty())
      producer.jobs.insert(job);
    if (summary.first.empty() || receipt.started < summary.first) summary.first = receipt.started;
    summary.last = std::max(summary.last, receipt.finished);
  }
  for (auto& [key, producer] : producers) {
    ProducerSummary& summary = producer.summary;
    summary.stage = std::string(stage_name(std::get<Stage>(key)));
    summary.code_version = std::get<1>(key);
    summary.compiler = std::get<2>(key);
    summary.numerics = std::get<3>(key);
    summary.hosts.assign(producer.hosts.begin(), producer.hosts.end());
    summary.jobs = std::ssize(producer.jobs);
    provenance.producers.push_back(std::move(summary));
  }
  std::stable_sort(provenance.producers.begin(), provenance.producers.end(),
                   [](const ProducerSummary& a, const ProducerSummary& b) {
                     return *stage_from_name(a.stage) < *stage_from_name(b.stage);
                   });
  return provenance;
}

}  // namespace lenswright
