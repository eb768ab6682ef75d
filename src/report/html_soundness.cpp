// Sections on what the maps look like and what their statistics say; declared in html_sections.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "report/html_sections.hpp"
#include "report/html_text.hpp"
#include "report/svg_chart.hpp"

namespace lenswright {

namespace {

// dmo in ink, hydro in blue, both strong; of the rest, a colour for each range of masses, a dash for each radius.
struct Look {
  int colour = 0, dash = 0;
  bool strong = false;
};
class Looks {
 public:
  Look of(const ModelSoundness& model) {
    if (!model.baryons) return {0, 0, true};
    const std::size_t comma = model.label.rfind(", R ");
    if (comma == std::string::npos) return {1, 0, true};
    return {2 + place(masses_, model.label.substr(0, comma)) % (kChartColours - 2),
            place(radii_, model.label.substr(comma + 2)) % kChartDashes, false};
  }

 private:
  static int place(std::map<std::string, int>& known, const std::string& name) {
    return known.try_emplace(name, static_cast<int>(known.size())).first->second;
  }
  std::map<std::string, int> masses_, radii_;
};

using Curve = SoundnessCurve ModelSoundness::*;

// factor: of each y, from its x.
template <typename Factor>
std::vector<ChartSeries> series_of(const SourceSoundness& source, const std::vector<double>& x, Curve curve,
                                   const Factor& factor) {
  std::vector<ChartSeries> all;
  Looks looks;
  for (const ModelSoundness& model : source.models) {
    const Look look = looks.of(model);
    const SoundnessCurve& values = model.*curve;
    if (values.mean.empty()) continue;
    ChartSeries series{model.label, look.colour, look.dash, look.strong, {}, {}, {}};
    for (std::size_t k = 0; k < x.size(); ++k) {
      series.x.push_back(x[k]);
      series.y.push_back(values.mean[k] * factor(x[k]));
      if (look.strong) series.scatter.push_back(values.scatter[k] * factor(x[k]));
    }
    all.push_back(std::move(series));
  }
  return all;
}

double as_it_is(double) {
  return 1;
}

std::string figure(const Chart& chart) {
  const std::string svg = svg_chart(chart);
  if (svg.empty()) return {};
  return fmt::format("<figure><figcaption><b>{}</b></figcaption>{}</figure>\n", escaped(chart.title), svg);
}

std::string charts(const SourceSoundness& source) {
  const auto per_log_ell = [](double ell) { return ell * (ell + 1) / (2 * std::numbers::pi); };
  const std::size_t count = source.models.size();
  const auto alt = [&](std::string_view what) {
    return fmt::format(
        "{}, mean over realizations, one curve for each of {} models; the numbers are in report.json.", what,
        count);
  };
  std::string text = "<div class=\"figures\">";
  text += figure({"Power spectrum of kappa",
                  alt("Power spectrum of kappa against multipole"),
                  {"multipole", true},
                  {"ell (ell + 1) C / 2 pi", true},
                  series_of(source, source.ell, &ModelSoundness::c_ell, per_log_ell),
                  false});
  text += figure({"Power spectrum, ratio to dmo",
                  alt("Ratio of power spectra to that of dmo against multipole"),
                  {"multipole", true},
                  {"ratio to dmo", false},
                  series_of(source, source.ell, &ModelSoundness::c_ell_ratio, as_it_is),
                  true});
  text += figure({"Distribution of kappa",
                  alt("Probability density of kappa"),
                  {"kappa", false},
                  {"density", true},
                  series_of(source, source.kappa, &ModelSoundness::pdf, as_it_is),
                  false});
  text += figure({"Distribution, ratio to dmo",
                  alt("Ratio of the densities of kappa to that of dmo"),
                  {"kappa", false},
                  {"ratio to dmo", false},
                  series_of(source, source.kappa, &ModelSoundness::pdf_ratio, as_it_is),
                  true});
  const std::string smoothing = fmt::format("smoothed with {:g} arcmin", source.smoothing_arcmin);
  text += figure({"Peaks, " + smoothing,
                  alt("Number of peaks against their height"),
                  {"height / sigma", false},
                  {"peaks per map and bin", true},
                  series_of(source, source.snr, &ModelSoundness::peaks, as_it_is),
                  false});
  text += figure({"Peaks, ratio to dmo",
                  alt("Ratio of peak counts to those of dmo"),
                  {"height / sigma", false},
                  {"ratio to dmo", false},
                  series_of(source, source.snr, &ModelSoundness::peaks_ratio, as_it_is),
                  true});
  return text + "</div>\n";
}

std::string legend(const SourceSoundness& source) {
  Looks looks;
  constexpr const char* kDashes[kChartDashes] = {"", "7 4", "2 3", "9 3 2 3"};
  std::string text = "<ul class=\"legend\">";
  for (const ModelSoundness& model : source.models) {
    const Look look = looks.of(model);
    text += fmt::format(
        "<li><svg class=\"stroke\" viewBox=\"0 0 34 12\" aria-hidden=\"true\"><path class=\"curve k{}{}\" "
        "stroke-dasharray=\"{}\" "
        "d=\"M0 6H34\"/></svg>{}</li>",
        look.colour, look.strong ? " strong" : "", kDashes[look.dash], escaped(model.label));
  }
  return text + "</ul>\n";
}

std::string moments(const SourceSoundness& source, std::size_t s) {
  HtmlTable table("Moments of kappa: mean over realizations, and the scatter of one realization",
                  {{"model", false},
                   {"maps", true},
                   {"mean", true},
                   {"scatter", true},
                   {"sigma", true},
                   {"scatter", true},
                   {"skewness", true},
                   {"scatter", true},
                   {"kurtosis", true},
                   {"scatter", true}});
  for (std::size_t m = 0; m < source.models.size(); ++m) {
    const ModelSoundness& model = source.models[m];
    const std::string at = fmt::format("/soundness/sources/{}/models/{}/", s, m);
    std::vector<std::string> row = {escaped(model.label), number(model.maps, at + "maps")};
    for (const auto& [key, value] : {std::pair("mean", model.mean),
                                     {"sigma", model.sigma},
                                     {"skewness", model.skewness},
                                     {"kurtosis", model.kurtosis}}) {
      row.push_back(real(value.mean, fmt::format("{}{}/mean", at, key), 4));
      row.push_back(real(value.scatter, fmt::format("{}{}/scatter", at, key), 2));
    }
    table.add(row);
  }
  return table.draw();
}

std::string outliers(const Soundness& soundness) {
  std::string text = "<h3>Maps that do not go with the others of their model</h3>\n";
  text += fmt::format(
      "<p>{} maps were looked at, each against all others of its model and source plane, by mean, variance "
      "and power spectrum, and its ratio to dmo's map of the same run against the other ratios; {} are "
      "flagged (5 sigma; more where few maps tell the scatter badly).</p>\n",
      number(soundness.maps, "/soundness/maps"), number(soundness.maps_flagged, "/soundness/maps_flagged"));
  if (soundness.small_ensembles > 0)
    text += fmt::format("<p>{} of {} ensembles have too few maps to say what is usual.</p>\n",
                        number(soundness.small_ensembles, "/soundness/small_ensembles"),
                        number(soundness.ensembles, "/soundness/ensembles"));
  if (soundness.outliers.empty()) return text;
  HtmlTable table("Flagged maps, the farthest off first",
                  {{"run"}, {"source plane", true}, {"by"}, {"sigma", true}, {"why", false, true}});
  for (std::size_t i = 0; i < soundness.outliers.size(); ++i) {
    const OutlierEntry& outlier = soundness.outliers[i];
    const std::string at = fmt::format("/soundness/outliers/{}/", i);
    table.add({product_code(outlier.product), number(outlier.source, at + "source"),
               escaped(outlier.statistic), real(outlier.sigmas, at + "sigmas"), escaped(outlier.because)});
  }
  text += soundness.outliers.size() <= 20 ? table.draw() : details("The list", table.draw());
  return text +
         "<p>A flagged map is complete; whether it is wrong, or a rare field, a look at it decides: "
         "<code>kappa_view MAP -o x.png</code>.</p>\n";
}

}  // namespace

std::string soundness_section(const Report& report) {
  const Soundness& soundness = report.soundness;
  std::string text = "<section id=\"soundness\"><h2>Are the maps sound?</h2>\n";
  if (!soundness.in_campaign)
    return text +
           "<p>The campaign has no statistics stage, so nothing is known of the maps beyond that they are "
           "complete. "
           "A section <code>statistics</code> in the campaign file adds it.</p></section>\n";
  if (soundness.files == 0) return text + "<p>No statistics of maps are there yet.</p></section>\n";
  text += outliers(soundness);
  for (std::size_t s = 0; s < soundness.sources.size(); ++s) {
    const SourceSoundness& source = soundness.sources[s];
    const std::string at = fmt::format("/soundness/sources/{}/", s);
    text += fmt::format(
        "<h3>Source plane {}{}</h3>\n", number(source.source, at + "source"),
        source.redshift > 0 ? ", redshift " + real(source.redshift, at + "redshift") : std::string());
    text += legend(source) + charts(source) + details("Moments of each model", moments(source, s));
  }
  text +=
      "<p>Curves are means over realizations; the bands of dmo and hydro show the scatter of one "
      "realization. Ratios are taken "
      "realization by realization, in the same fields of view. The mean of kappa is expected to be 0 up to "
      "the size of the field. "
      "No Limber spectrum is drawn: it needs the matter power spectrum of the simulation, which a campaign "
      "does not hold.</p>\n";
  for (const std::string& problem : soundness.problems)
    text += fmt::format("<p>Not used: {}</p>\n", escaped(problem));
  return text + "</section>\n";
}

std::string pictures_section(const Report& report) {
  if (report.pictures.empty()) return {};
  std::string text =
      "<section id=\"pictures\"><h2>What do the maps look like?</h2>\n<div class=\"pictures\">";
  for (std::size_t i = 0; i < report.pictures.size(); ++i) {
    const ReportPicture& picture = report.pictures[i];
    const std::string at = fmt::format("/pictures/{}/", i);
    text += fmt::format(
        "<figure><figcaption><b>{}</b>, source plane {}, {} degrees, kappa {} to {}</figcaption><img "
        "alt=\"{}\" width=\"{}\" "
        "height=\"{}\" src=\"data:image/png;base64,{}\"></figure>\n",
        escaped(picture.title), number(picture.source, at + "source"),
        real(picture.field_deg, at + "field_deg"), real(picture.lowest, at + "lowest"),
        real(picture.highest, at + "highest"), escaped(picture.alt), picture.width, picture.height,
        base64(picture.png));
  }
  return text +
         "</div>\n<p>All in one colour scale; axes in arcmin. Nothing is measured from a "
         "picture.</p></section>\n";
}

}  // namespace lenswright
