// The plan as JSON, and back; declared in plan.hpp.
#include <fmt/format.h>

#include <limits>

#include "base/error.hpp"
#include "campaign/effective_configuration.hpp"
#include "campaign/product_path.hpp"
#include "io/checksum.hpp"
#include "ledger/sealed_json.hpp"
#include "plan/plan.hpp"

namespace lenswright {

namespace {

constexpr int kPlanSchema = 2;  // 2: in_flight, waiting

nlohmann::json to_json(const Campaign& campaign, const PlannedTask& task) {
  nlohmann::json products = nlohmann::json::array(), after = nlohmann::json::array();
  for (const ProductId& id : task.task.products) products.push_back(product_name(campaign, id));
  for (const auto& [stage, index] : task.after)
    after.push_back({{"stage", stage_name(stage)}, {"index", index}});
  return {{"stage", stage_name(task.stage)},
          {"index", task.task.index},
          {"products", std::move(products)},
          {"after", std::move(after)}};
}

nlohmann::json to_json(const Campaign& campaign, const Finding& finding) {
  nlohmann::json json{{"state", state_name(finding.state)},
                      {"stage", stage_name(finding.stage)},
                      {"path", finding.path},
                      {"because", finding.because}};
  if (finding.product) json["product"] = product_name(campaign, *finding.product);
  return json;
}

Stage stage_from(const JsonFields& fields) {
  const std::string name = fields.text("stage");
  const std::optional<Stage> stage = stage_from_name(name);
  if (!stage) fields.fail("stage", "lensplanes, lux, raytracing or statistics", name);
  return *stage;
}

ProductId product_from(const Campaign& campaign, const JsonFields& fields, const char* key,
                       const nlohmann::json& name) {
  std::optional<ProductId> id;
  if (name.is_string()) id = product_named(campaign, name.get<std::string>());
  if (!id) fields.fail(key, "a product of the campaign", name.dump());
  return *id;
}

int index_from(const JsonFields& fields) {
  return static_cast<int>(fields.integer("index", 0, std::numeric_limits<int>::max()));
}

PlannedTask task_from(const Campaign& campaign, const JsonFields& fields) {
  PlannedTask task;
  task.stage = stage_from(fields);
  task.task.index = index_from(fields);
  for (const nlohmann::json& name : fields.array("products"))
    task.task.products.push_back(product_from(campaign, fields, "products", name));
  for (std::size_t i = 0; i < fields.array("after").size(); ++i) {
    const JsonFields upstream = fields.element("after", i);
    task.after.emplace_back(stage_from(upstream), index_from(upstream));
  }
  return task;
}

Finding finding_from(const Campaign& campaign, const JsonFields& fields) {
  Finding finding;
  const std::string state_text = fields.text("state");
  const std::optional<State> state = state_from_name(state_text);
  if (!state) fields.fail("state", "a state's name", state_text);
  finding.state = *state;
  finding.stage = stage_from(fields);
  finding.path = fields.text("path");
  finding.because = fields.text("because");
  finding.product = product_from(campaign, fields, "product", fields.member("product"));
  return finding;
}

std::vector<BlockedProduct> blocked_from(const Campaign& campaign, const JsonFields& fields,
                                         const char* key) {
  std::vector<BlockedProduct> products;
  for (std::size_t i = 0; i < fields.array(key).size(); ++i) {
    const JsonFields blocked = fields.element(key, i);
    products.push_back(
        {product_from(campaign, blocked, "product", blocked.member("product")), blocked.text("because")});
  }
  return products;
}

}  // namespace

std::string encode_plan(const Campaign& campaign, const Plan& plan) {
  nlohmann::json tasks = nlohmann::json::array(), moves = nlohmann::json::array(),
                 blocked = nlohmann::json::array(), mismatched = nlohmann::json::array(),
                 temporary = nlohmann::json::array(), in_flight = nlohmann::json::array(),
                 waiting = nlohmann::json::array();
  for (const PlannedTask& task : plan.tasks) tasks.push_back(to_json(campaign, task));
  for (const Finding& finding : plan.moves) moves.push_back(to_json(campaign, finding));
  for (const BlockedProduct& product : plan.blocked)
    blocked.push_back({{"product", product_name(campaign, product.product)}, {"because", product.because}});
  for (const ProductId& id : plan.in_flight) in_flight.push_back(product_name(campaign, id));
  for (const BlockedProduct& product : plan.waiting)
    waiting.push_back({{"product", product_name(campaign, product.product)}, {"because", product.because}});
  for (const ProductId& id : plan.left_mismatched) mismatched.push_back(product_name(campaign, id));
  for (const std::filesystem::path& path : plan.dead_temporary_files) temporary.push_back(path.string());
  return seal_json({{"schema", kPlanSchema},
                    {"campaign", campaign.name},
                    {"configuration", digest_of(work_configuration(campaign)).hex()},
                    {"tasks", std::move(tasks)},
                    {"moves", std::move(moves)},
                    {"blocked", std::move(blocked)},
                    {"in_flight", std::move(in_flight)},
                    {"waiting", std::move(waiting)},
                    {"left_mismatched", std::move(mismatched)},
                    {"dead_temporary_files", std::move(temporary)},
                    {"bytes_to_write", plan.bytes_to_write},
                    {"files_to_write", plan.files_to_write}});
}

Plan decode_plan(const Campaign& campaign, const std::string& path, const std::string& text) {
  const std::filesystem::path place = path;
  const nlohmann::json object = unseal_json(place, text);
  const JsonFields fields(place, object);
  const bool knows_flight = fields.integer("schema", 1, kPlanSchema) > 1;
  if (fields.text("campaign") != campaign.name)
    fields.fail("campaign", fmt::format("\"{}\"", campaign.name), fields.text("campaign"));
  const std::string configuration = digest_of(work_configuration(campaign)).hex();
  if (fields.text("configuration") != configuration)
    fields.fail("configuration", configuration,
                "another one: the campaign file has changed since; plan anew");
  Plan plan;
  for (std::size_t i = 0; i < fields.array("tasks").size(); ++i)
    plan.tasks.push_back(task_from(campaign, fields.element("tasks", i)));
  for (std::size_t i = 0; i < fields.array("moves").size(); ++i)
    plan.moves.push_back(finding_from(campaign, fields.element("moves", i)));
  plan.blocked = blocked_from(campaign, fields, "blocked");
  if (knows_flight) {
    plan.waiting = blocked_from(campaign, fields, "waiting");
    for (const nlohmann::json& name : fields.array("in_flight"))
      plan.in_flight.push_back(product_from(campaign, fields, "in_flight", name));
  }
  for (const nlohmann::json& name : fields.array("left_mismatched"))
    plan.left_mismatched.push_back(product_from(campaign, fields, "left_mismatched", name));
  for (const nlohmann::json& name : fields.array("dead_temporary_files")) {
    if (!name.is_string()) fields.fail("dead_temporary_files", "a list of paths", name.dump());
    plan.dead_temporary_files.emplace_back(name.get<std::string>());
  }
  plan.bytes_to_write = fields.size("bytes_to_write");
  plan.files_to_write = fields.size("files_to_write");
  return plan;
}

}  // namespace lenswright
