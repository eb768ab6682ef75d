// job_look.hpp: what the journal and Slurm say about a campaign's jobs: for the verbs that look at them or end them,
// not for submit, which holds the lease and writes what it learns.
#pragma once

#include <string>
#include <vector>

#include "campaign/campaign.hpp"
#include "run/slurm_client.hpp"
#include "run/submission_journal.hpp"

namespace lenswright {

// As the campaign says; waiting is told on stderr.
SlurmClientSettings client_settings(const Campaign& campaign);

struct JobLook {
  // Those whose elements may not all be over, and the newest; oldest first. An array whose answer was lost has one
  // here if Slurm knows its name.
  std::vector<Submission> submissions;
  std::vector<SlurmJob> jobs;  // of all their arrays, as far as Slurm knows them
  std::string problem;         // why Slurm could not be asked; empty: it was, or there is nothing to ask
};

// Throws IoError, FormatError for a journal that cannot be read; Slurm's silence is a problem, not thrown.
JobLook look_at_jobs(Disk& disk, const Campaign& campaign, SlurmClient& client);

}  // namespace lenswright
