// map_publisher.hpp: the maps of traced runs, gathered from the ranks that hold their rays and written by one rank
// per run, in all formats that the campaign asks for.
//
// Throws: NumericError if a value is not finite or out of all range: no map of the runs is written
#pragma once

#include <span>
#include <vector>

#include "geometry/light_cone.hpp"
#include "io/map_file.hpp"
#include "physics/raytracer.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

class MapPublisher {
 public:
  MapPublisher(const StageContext& context, const LightCone& cone) : context_(context), cone_(cone) {}
  // Collective. runs: those of the tracer, in its order. Each run's record goes into the book of the rank that
  // wrote it; failures are thrown by all ranks together.
  void publish(const Raytracer& tracer, std::span<const ProductId> runs,
               const std::vector<ReceiptInput>& inputs, ReceiptBook& book);

 private:
  void require_sane(const Raytracer& tracer, std::span<const ProductId> runs) const;
  void publish_batch(const Raytracer& tracer, std::span<const ProductId> runs, std::size_t first,
                     const std::vector<ReceiptInput>& inputs, ReceiptBook& book);
  MapDescription description_of(const ProductId& run) const;
  NamedMap named(MapField field, int source, const Grid2d<double>& values) const;
  std::vector<ReceiptFile> write_map(const ProductId& run, MapField field, int source,
                                     const Grid2d<double>& values) const;

  const StageContext& context_;
  LightCone cone_;
};

}  // namespace lenswright
