// run_maps.hpp: the maps of one run, read once and checked, whatever format they are stored in.
//
// Where a run holds several formats, the first of dat, FITS, HDF5 is read. Digests are compared with the receipts'.
// Throws: InputError "damaged input" that names the run and the next command: a file that its format refuses, of
//         another digest than its receipt's, or with a value outside the sane range
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/grid2d.hpp"
#include "campaign/product_path.hpp"
#include "io/map_file.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

class RunMaps {
 public:
  // REQUIRES: the arguments outlive this.
  RunMaps(const StageContext& context, const KnownDigests& known, const ProductId& run);
  // One map; each may be taken once.
  Grid2d<double> take(MapField field, int source);
  // Every file read so far, by <product name>/<file>, in the order of reading.
  const std::vector<ReceiptInput>& inputs() const { return inputs_; }

 private:
  Grid2d<double> read(const ProductFile& file);
  void load_all(const ProductFile& file);
  std::vector<std::byte> bytes_of(const ProductFile& file);
  void note_input(const ProductFile& file, const Digest& digest);
  void require_sane(const Grid2d<double>& map, MapField field, int source) const;

  const StageContext& context_;
  const KnownDigests& known_;
  ProductId run_;
  std::vector<ProductFile> files_;                           // of the format that is read
  std::vector<std::pair<NamedMap, Grid2d<double>>> loaded_;  // of the format that holds all maps in one file
  std::vector<ReceiptInput> inputs_;
};

}  // namespace lenswright
