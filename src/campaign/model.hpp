// model.hpp: the models of a campaign and their names (docs/formats.md, "Where products live").
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lenswright {

// Matter of the hydro run replaces dmo matter inside radius_factor * R200c of the halos of a mass bin.
struct HaloReplacement {
  double log10_lower;                 // of M200c(dmo) in Msun/h, included
  std::optional<double> log10_upper;  // excluded; none: open bin
  double radius_factor;
  bool operator==(const HaloReplacement&) const = default;
};

enum class ModelKind { dmo, hydro, replace };

struct Model {
  ModelKind kind;
  std::string name;  // folder name, e.g. hydro_replace_Ml_1.00e12_Mu_3.16e12_R_0.5
  std::optional<HaloReplacement> replacement;
  bool operator==(const Model&) const = default;
};

// 10^exponent in Msun/h, without libm: integer and half-integer exponents are exact to rounding on every
// machine.
double mass_msun_h(double log10_mass);

// "1.00e12", "3.16e12", "inf"
std::string mass_label(std::optional<double> log10_mass);
// "hydro_replace_Ml_1.00e12_Mu_3.16e12_R_0.5"
std::string replacement_name(const HaloReplacement& replacement);

Model dmo_model();
Model hydro_model();
Model replace_model(const HaloReplacement& replacement);
// For each lower edge first the closed bin, then (if asked) the open one; radius factors fastest. An open bin
// stands for each edge but the last.
std::vector<Model> replace_models(const std::vector<double>& log10_mass_edges, bool open_bins,
                                  const std::vector<double>& radius_factors);

}  // namespace lenswright
