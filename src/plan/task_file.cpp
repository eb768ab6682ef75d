#include "plan/task_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "campaign/effective_configuration.hpp"
#include "campaign/product_path.hpp"
#include "io/checksum.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

ProductId product_from(const Campaign& campaign, Stage stage, const JsonFields& task,
                       const nlohmann::json& name) {
  if (!name.is_string()) task.fail("products", "a list of product names", name.dump());
  const std::optional<ProductId> id = product_named(campaign, name.get<std::string>());
  if (!id || stage_of(id->kind) != stage)
    task.fail("products", fmt::format("products of the {} stage", stage_name(stage)), name.dump());
  return *id;
}

}  // namespace

std::string encode_task_file(const Campaign& campaign, const TaskFile& file) {
  nlohmann::json tasks = nlohmann::json::array();
  for (const auto& [index, task] : file.tasks) {
    nlohmann::json products = nlohmann::json::array();
    for (const ProductId& id : task.products) products.push_back(product_name(campaign, id));
    tasks.push_back({{"index", index}, {"products", std::move(products)}});
  }
  return seal_json({{"schema", kTaskFileSchema},
                    {"campaign", file.campaign},
                    {"configuration", file.configuration},
                    {"stage", stage_name(file.stage)},
                    {"tasks", std::move(tasks)},
                    {"input_digests", file.input_digests}});
}

TaskFile decode_task_file(const Campaign& campaign, const std::string& path, const std::string& text) {
  const std::filesystem::path place = path;
  const nlohmann::json object = unseal_json(place, text);
  const JsonFields fields(place, object);
  fields.integer("schema", 1, kTaskFileSchema);
  TaskFile file;
  file.campaign = fields.text("campaign");
  if (file.campaign != campaign.name)
    throw InputError(
        fmt::format("{}: is of campaign \"{}\", not \"{}\": give the campaign file that it was "
                    "planned with",
                    path, file.campaign, campaign.name));
  file.configuration = fields.text("configuration");
  if (file.configuration != digest_of(work_configuration(campaign)).hex())
    throw InputError(
        fmt::format("{}: was planned under another configuration than {} gives now: plan anew "
                    "with `recovery submit --config {}`",
                    path, campaign.file.string(), campaign.file.string()));
  const std::optional<Stage> stage = stage_from_name(fields.text("stage"));
  if (!stage) fields.fail("stage", "lensplanes, lux, raytracing or statistics", fields.text("stage"));
  file.stage = *stage;
  for (std::size_t i = 0; i < fields.array("tasks").size(); ++i) {
    const JsonFields entry = fields.element("tasks", i);
    Task task;
    task.index = static_cast<int>(entry.integer("index", 0, std::numeric_limits<int>::max()));
    for (const nlohmann::json& name : entry.array("products"))
      task.products.push_back(product_from(campaign, file.stage, entry, name));
    std::sort(task.products.begin(), task.products.end());
    if (!file.tasks.emplace(task.index, task).second)
      entry.fail("index", "in one task only", std::to_string(task.index));
  }
  file.input_digests = fields.texts("input_digests");
  return file;
}

}  // namespace lenswright
