// expected_files.hpp: the files that a campaign expects below one combination's folder, as the scan meets
// them: sorted by name, folder by folder.
//
// The names below a combination's folder do not depend on the model, so one tree per realization serves all
// models, and nothing is made per product.
#pragma once

#include <string>
#include <vector>

#include "campaign/product_path.hpp"

namespace lenswright {

struct ExpectedFile {
  std::string name;    // in its folder
  std::string below;   // path below the combination's folder
  ProductId product;   // its model is that of the products the tree was made from
  ProductFile format;  // layout, grid, size; its path likewise
};

struct ExpectedFolder {
  std::string name;  // empty: the combination's folder
  std::vector<ExpectedFile> files;
  std::vector<ExpectedFolder> folders;
};

// REQUIRES: the products are of one (model, realization) and of one stage.
ExpectedFolder expected_folder(const Campaign& campaign, const std::vector<ProductId>& products);

}  // namespace lenswright
