#include "stages/lensplane_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "sim/halo_catalogue.hpp"

namespace lenswright {

namespace {

using nlohmann::json;

// Of 1 + z: twin runs stop at the same output times but for their last time step.
constexpr double kTwinRedshiftAgreement = 1e-3;

struct Needs {
  std::set<Simulation> simulations;
  bool halos = false;
};

json header_to_json(const SnapshotHeader& header) {
  std::vector<std::string> files;
  for (const auto& path : header.files) files.push_back(path.string());
  return {{"files", files},
          {"box", header.box_mpc_h},
          {"redshift", header.redshift},
          {"mass_table", header.mass_table_msun_h},
          {"total", header.total},
          {"in_file", header.in_file},
          {"unreadable", header.unreadable}};
}

SnapshotHeader header_from_json(const json& text) {
  SnapshotHeader header;
  for (const auto& path : text.at("files")) header.files.emplace_back(path.get<std::string>());
  text.at("box").get_to(header.box_mpc_h);
  text.at("redshift").get_to(header.redshift);
  text.at("mass_table").get_to(header.mass_table_msun_h);
  text.at("total").get_to(header.total);
  text.at("in_file").get_to(header.in_file);
  text.at("unreadable").get_to(header.unreadable);
  return header;
}

const std::filesystem::path& folder_of(const Campaign& campaign, Simulation simulation) {
  return simulation == Simulation::dmo ? campaign.input.dmo : campaign.input.hydro;
}

SnapshotHeader read_header(const Campaign& campaign, Simulation simulation, int snapshot) {
  SnapshotHeader header = read_snapshot_header(folder_of(campaign, simulation), snapshot, campaign.box_mpc_h);
  if (snapshot_chunks(header, particle_types_of(campaign, simulation)).empty()) {
    throw InputError(fmt::format("{}: snapshot {} holds no particle of the types {}",
                                 header.files.front().string(), snapshot,
                                 fmt::join(particle_types_of(campaign, simulation), ", ")));
  }
  return header;
}

// Only halos that a rule selects go on: a large catalogue has a thousand times more.
void read_halos(const Campaign& campaign, int snapshot, LensplaneInputs& inputs) {
  const HaloCatalogue catalogue =
      campaign.input.matches ? read_halo_matches(*campaign.input.matches, snapshot, campaign.box_mpc_h)
                             : read_halo_catalogue(campaign.input.dmo, snapshot, campaign.box_mpc_h);
  check_same_output(catalogue, inputs.snapshots.at(Simulation::dmo));
  inputs.halo_fingerprint = catalogue.fingerprint;
  for (const Halo& halo : catalogue.halos) {
    const bool selected =
        std::any_of(campaign.models.begin(), campaign.models.end(), [&](const Model& model) {
          if (!model.replacement) return false;
          const ReplacementRule rule = rule_of(*model.replacement);
          return rule.lower_msun_h <= halo.m200c && halo.m200c < rule.upper_msun_h;
        });
    if (selected) inputs.halos.push_back({halo.centre, halo.m200c, halo.r200c});
  }
}

LensplaneInputs read_inputs(const Campaign& campaign, int snapshot, const Needs& needs) {
  LensplaneInputs inputs;
  const int index = campaign.snapshot_index(snapshot).value();
  const auto note = [&](const std::string& input, const std::optional<Digest>& print) {
    if (print) inputs.prints.emplace(files_input(input), *print);
  };
  for (const Simulation simulation : needs.simulations)
    note(snapshot_input(campaign, simulation, index), snapshot_files_print(campaign, simulation, index));
  if (needs.halos) note(halos_input(campaign, index), halo_files_print(campaign, index));
  for (const Simulation simulation : needs.simulations)
    inputs.snapshots.emplace(simulation, read_header(campaign, simulation, snapshot));
  if (inputs.snapshots.size() == 2) {
    const SnapshotHeader& dmo = inputs.snapshots.at(Simulation::dmo);
    const SnapshotHeader& hydro = inputs.snapshots.at(Simulation::hydro);
    if (!(std::abs(dmo.redshift - hydro.redshift) <= kTwinRedshiftAgreement * (1 + std::abs(dmo.redshift)))) {
      throw InputError(fmt::format("{}: redshift {:.6g}, but {} has {:.6g}: snapshots of different times",
                                   hydro.files.front().string(), hydro.redshift, dmo.files.front().string(),
                                   dmo.redshift));
    }
  }
  if (needs.halos) read_halos(campaign, snapshot, inputs);
  return inputs;
}

std::string encode(const LensplaneInputs& inputs) {
  json text{{"fingerprint", inputs.halo_fingerprint.hex()}, {"snapshots", json::object()}};
  for (const auto& [simulation, header] : inputs.snapshots)
    text["snapshots"][std::string(simulation_name(simulation))] = header_to_json(header);
  json halos = json::array();
  for (const HaloSphere& halo : inputs.halos)
    halos.push_back({halo.centre[0], halo.centre[1], halo.centre[2], halo.m200c, halo.r200c});
  text["halos"] = std::move(halos);
  text["prints"] = json::object();
  for (const auto& [name, print] : inputs.prints) text["prints"][name] = print.hex();
  return text.dump();  // numbers as the shortest text that reads back to the same bits
}

LensplaneInputs decode(const std::string& encoded) {
  const json text = json::parse(encoded);
  LensplaneInputs inputs;
  inputs.halo_fingerprint = Digest::from_hex(text.at("fingerprint").get<std::string>()).value();
  for (const Simulation simulation : {Simulation::dmo, Simulation::hydro}) {
    const auto found = text.at("snapshots").find(std::string(simulation_name(simulation)));
    if (found != text.at("snapshots").end()) inputs.snapshots.emplace(simulation, header_from_json(*found));
  }
  for (const json& halo : text.at("halos"))
    inputs.halos.push_back({{halo[0].get<double>(), halo[1].get<double>(), halo[2].get<double>()},
                            halo[3].get<double>(),
                            halo[4].get<double>()});
  for (const auto& [name, print] : text.at("prints").items())
    inputs.prints.emplace(name, Digest::from_hex(print.get<std::string>()).value());
  return inputs;
}

}  // namespace

ReplacementRule rule_of(const HaloReplacement& replacement) {
  ReplacementRule rule;
  rule.lower_msun_h = mass_msun_h(replacement.log10_lower);
  if (replacement.log10_upper) rule.upper_msun_h = mass_msun_h(*replacement.log10_upper);
  rule.radius_factor = replacement.radius_factor;
  return rule;
}

const std::vector<int>& particle_types_of(const Campaign& campaign, Simulation simulation) {
  static const std::vector<int> kDarkMatter{1};
  return simulation == Simulation::dmo ? kDarkMatter : campaign.input.particle_types;
}

std::string text_from_first(const Communicator& ranks, const std::function<std::string()>& body) {
  std::string text, problem;
  if (ranks.first()) {
    try {
      text = body();
    } catch (const std::exception& failure) {
      problem = *failure.what() != 0 ? failure.what() : "failed for a reason it does not tell";
    }
  }
  ranks.broadcast(0, problem);
  if (!problem.empty()) throw InputError(problem);
  ranks.broadcast(0, text);
  return text;
}

std::map<int, LensplaneInputs> require_simulations(const StageContext& context,
                                                   const std::vector<ProductId>& products) {
  const Campaign& campaign = context.campaign;
  std::map<int, Needs> needs;
  for (const ProductId& id : products) {
    const Model& model = campaign.models[static_cast<std::size_t>(id.model)];
    Needs& here = needs[snapshot_index_of(campaign, id)];
    for (const Simulation simulation : simulations_of(model)) here.simulations.insert(simulation);
    here.halos = here.halos || model.kind == ModelKind::replace;
  }
  std::map<int, LensplaneInputs> result;
  for (const auto& [index, need] : needs) {
    const int snapshot = campaign.snapshots[static_cast<std::size_t>(index)];
    result.emplace(index, decode(text_from_first(context.ranks, [&, wanted = need] {
                     return encode(read_inputs(campaign, snapshot, wanted));
                   })));
  }
  return result;
}

}  // namespace lenswright
