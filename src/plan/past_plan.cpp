#include "plan/past_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/product_path.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

// "20260131T123456789Z-4711" -> "2026-01-31T12:34:56.789Z"
std::string time_of(const std::string& name) {
  const auto digits = [&](std::size_t from, std::size_t count) {
    return name.size() >= from + count &&
           std::all_of(name.begin() + static_cast<std::ptrdiff_t>(from),
                       name.begin() + static_cast<std::ptrdiff_t>(from + count),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!digits(0, 8) || name.size() < 19 || name[8] != 'T' || !digits(9, 9) || name[18] != 'Z') return {};
  return fmt::format("{}-{}-{}T{}:{}:{}.{}Z", name.substr(0, 4), name.substr(4, 2), name.substr(6, 2),
                     name.substr(9, 2), name.substr(11, 2), name.substr(13, 2), name.substr(15, 3));
}

}  // namespace

PastPlan decode_past_plan(const Campaign& campaign, const std::string& name, const std::string& path,
                          const std::string& text) {
  const std::filesystem::path place = path;
  const nlohmann::json object = unseal_json(place, text);
  const JsonFields fields(place, object);
  if (fields.text("campaign") != campaign.name)
    fields.fail("campaign", fmt::format("\"{}\"", campaign.name), fields.text("campaign"));
  PastPlan plan;
  plan.name = name;
  plan.written = time_of(name);
  for (std::size_t i = 0; i < fields.array("tasks").size(); ++i) {
    const JsonFields task = fields.element("tasks", i);
    for (const nlohmann::json& product : task.array("products")) {
      if (!product.is_string()) task.fail("products", "names", product.dump());
      if (const auto id = product_named(campaign, product.get<std::string>()))
        plan.products.push_back(*id);
      else
        ++plan.no_longer_expected;
    }
  }
  for (std::size_t i = 0; i < fields.array("moves").size(); ++i) {
    const JsonFields move = fields.element("moves", i);
    const std::optional<State> state = state_from_name(move.text("state"));
    if (!state) move.fail("state", "a state's name", move.text("state"));
    ++plan.moved[static_cast<std::size_t>(*state)];
  }
  plan.blocked = static_cast<std::int64_t>(fields.array("blocked").size());
  return plan;
}

}  // namespace lenswright
