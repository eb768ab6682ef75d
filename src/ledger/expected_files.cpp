#include "ledger/expected_files.hpp"

#include <algorithm>

namespace lenswright {

namespace {

ExpectedFolder& folder_named(ExpectedFolder& parent, std::string_view name) {
  // Files of one folder come one after the other, so the last folder is nearly always the one.
  for (auto folder = parent.folders.rbegin(); folder != parent.folders.rend(); ++folder)
    if (folder->name == name) return *folder;
  return parent.folders.emplace_back(ExpectedFolder{std::string(name), {}, {}});
}

void sort_by_name(ExpectedFolder& folder) {
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  std::sort(folder.files.begin(), folder.files.end(), by_name);
  std::sort(folder.folders.begin(), folder.folders.end(), by_name);
  for (ExpectedFolder& inner : folder.folders) sort_by_name(inner);
}

}  // namespace

ExpectedFolder expected_folder(const Campaign& campaign, const std::vector<ProductId>& products) {
  ExpectedFolder tree;
  for (const ProductId& id : products) {
    const std::size_t prefix = combination_folder(campaign, id.model, id.realization).size() + 1;
    for (ProductFile& file : product_files(campaign, id)) {
      std::string below = file.path.substr(prefix);
      ExpectedFolder* folder = &tree;
      std::string_view rest = below;
      for (std::size_t slash; (slash = rest.find('/')) != std::string_view::npos;
           rest.remove_prefix(slash + 1))
        folder = &folder_named(*folder, rest.substr(0, slash));
      folder->files.push_back({std::string(rest), std::move(below), id, std::move(file)});
    }
  }
  sort_by_name(tree);
  return tree;
}

}  // namespace lenswright
