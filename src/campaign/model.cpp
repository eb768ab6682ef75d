#include "campaign/model.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>

namespace lenswright {

namespace {

// Decimal literals are rounded correctly by the compiler; pow() may differ in the last bit between machines.
constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::array<double, 23> kHalfDecades = {
    3.16227766016837933199889e0,  3.16227766016837933199889e1,  3.16227766016837933199889e2,
    3.16227766016837933199889e3,  3.16227766016837933199889e4,  3.16227766016837933199889e5,
    3.16227766016837933199889e6,  3.16227766016837933199889e7,  3.16227766016837933199889e8,
    3.16227766016837933199889e9,  3.16227766016837933199889e10, 3.16227766016837933199889e11,
    3.16227766016837933199889e12, 3.16227766016837933199889e13, 3.16227766016837933199889e14,
    3.16227766016837933199889e15, 3.16227766016837933199889e16, 3.16227766016837933199889e17,
    3.16227766016837933199889e18, 3.16227766016837933199889e19, 3.16227766016837933199889e20,
    3.16227766016837933199889e21, 3.16227766016837933199889e22};

// "0.5", "1.0", "0.25": shortest text that reads back, with at least one decimal.
std::string factor_label(double factor) {
  std::string text = fmt::format("{}", factor);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

double mass_msun_h(double log10_mass) {
  const double twice = 2 * log10_mass;
  if (twice == std::floor(twice) && twice >= 0 && twice < 2.0 * static_cast<double>(kPowersOfTen.size())) {
    const auto half_decades = static_cast<std::size_t>(twice);
    return half_decades % 2 == 0 ? kPowersOfTen[half_decades / 2] : kHalfDecades[half_decades / 2];
  }
  return std::pow(10.0, log10_mass);
}

std::string mass_label(std::optional<double> log10_mass) {
  if (!log10_mass) return "inf";
  std::string text = fmt::format("{:.2e}", mass_msun_h(*log10_mass));
  const std::size_t plus = text.find('+');
  if (plus != std::string::npos) text.erase(plus, 1);
  return text;
}

std::string replacement_name(const HaloReplacement& replacement) {
  return fmt::format("hydro_replace_Ml_{}_Mu_{}_R_{}", mass_label(replacement.log10_lower),
                     mass_label(replacement.log10_upper), factor_label(replacement.radius_factor));
}

Model dmo_model() {
  return {ModelKind::dmo, "dmo", std::nullopt};
}

Model hydro_model() {
  return {ModelKind::hydro, "hydro", std::nullopt};
}

Model replace_model(const HaloReplacement& replacement) {
  return {ModelKind::replace, replacement_name(replacement), replacement};
}

std::vector<Model> replace_models(const std::vector<double>& log10_mass_edges, bool open_bins,
                                  const std::vector<double>& radius_factors) {
  std::vector<Model> models;
  for (std::size_t bin = 0; bin + 1 < log10_mass_edges.size(); ++bin) {
    for (const double factor : radius_factors) {
      models.push_back(replace_model({log10_mass_edges[bin], log10_mass_edges[bin + 1], factor}));
    }
    if (!open_bins) continue;
    for (const double factor : radius_factors) {
      models.push_back(replace_model({log10_mass_edges[bin], std::nullopt, factor}));
    }
  }
  return models;
}

}  // namespace lenswright
