// html_sections.hpp: the sections of report.html, one function each; html_page puts them together.
//
// Pure. Each returns a whole <section> with its heading, or nothing where there is nothing to say.
#pragma once

#include <string>

#include "report/report.hpp"

namespace lenswright {

std::string style_sheet();  // what stands in <style>

std::string completeness_section(const Report& report);  // stages, models and the goal
std::string coverage_section(const Report& report);      // maps of model x realization, and of lost planes
std::string incomplete_section(const Report& report);
std::string records_section(const Report& report);  // receipts, who made what, the ledger
std::string history_section(const Report& report);
std::string soundness_section(const Report& report);
std::string pictures_section(const Report& report);
std::string provenance_section(const Report& report);
std::string checking_section(const Report& report);  // how to check the data oneself

}  // namespace lenswright
