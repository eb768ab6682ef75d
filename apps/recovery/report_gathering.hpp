// report_gathering.hpp: reads what a report tells beyond the scan: statistics of maps, receipts, earlier plans and runs, the
// log, pictures.
#pragma once

#include "report/report.hpp"
#include "survey.hpp"

namespace lenswright {

// Everything but name, time and checksums. What cannot be read is told in the report, never thrown.
Report gather_report(Disk& disk, const Look& look, const Survey& found, ProgressSink& progress);

}  // namespace lenswright
