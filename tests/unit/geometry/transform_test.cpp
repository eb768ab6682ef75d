#include "geometry/transform.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "test_paths.hpp"

namespace lenswright {
namespace {

const std::vector<int> kSnapshots{96, 90, 85, 80, 76, 71, 67, 63, 59, 56,
                                  52, 49, 46, 43, 41, 38, 35, 33, 31, 29};

TEST(Transforms, EqualNumPysForSeed2020ToTheLastBit) {
  std::ifstream file(test::reference("transforms_seed2020.json"));
  const nlohmann::json expected = nlohmann::json::parse(file);
  const TransformSet set = draw_transforms(2020, 10, kSnapshots, 2, 205.0);
  ASSERT_EQ(set.transforms.size(), 200U);
  EXPECT_EQ(set.seed, expected["seed"].get<std::int64_t>());
  EXPECT_EQ(set.snapshot_order, expected["snapshot_order"].get<std::vector<std::int64_t>>());
  for (int r = 0; r < 10; ++r)
    for (int s = 0; s < 20; ++s) {
      const SnapshotTransform& transform = set.at(r, s);
      const auto row = static_cast<std::size_t>(r), column = static_cast<std::size_t>(s);
      EXPECT_EQ(transform.proj_dir, expected["proj_dirs"][row][column].get<int>());
      EXPECT_EQ(transform.flip, expected["flips"][row][column].get<bool>());
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto text = expected["displacements_hex"][row][column][axis].get<std::string>();
        EXPECT_EQ(transform.displacement[axis], std::strtod(text.c_str(), nullptr)) << r << " " << s;
      }
    }
}

TEST(Transforms, AnotherShapeRedrawsNearlyEverything) {
  const TransformSet ten = draw_transforms(2020, 10, kSnapshots, 2, 205.0);
  const TransformSet eleven = draw_transforms(2020, 11, kSnapshots, 2, 205.0);
  int same_shift = 0;
  for (int r = 0; r < 10; ++r)
    for (int s = 0; s < 20; ++s) same_shift += ten.at(r, s).displacement == eleven.at(r, s).displacement;
  EXPECT_EQ(same_shift, 0);
}

TEST(TransformAxis, ShiftsThenFlipsThenWraps) {
  EXPECT_EQ(transform_axis(3.0, 4.0, false, 10.0), 7.0);
  EXPECT_EQ(transform_axis(8.0, 4.0, false, 10.0), 2.0);
  EXPECT_EQ(transform_axis(3.0, 4.0, true, 10.0), 3.0);  // 10 - 7, not (10 - 3) + 4 = 1
  EXPECT_EQ(transform_axis(8.0, 4.0, true, 10.0), 8.0);  // 10 - 12 = -2
}

TEST(TransformAxis, FarEdgeBecomesZero) {
  EXPECT_EQ(transform_axis(10.0, 0.0, false, 10.0), 0.0);
  EXPECT_EQ(transform_axis(0.0, 0.0, true, 10.0), 0.0);  // 10 - 0 = 10
  EXPECT_EQ(transform_axis(10.0, 0.0, true, 10.0), 0.0);
  // Below zero by less than the box can resolve: -1e-17 + 10 rounds to 10.
  EXPECT_EQ(transform_axis(-1e-17, 0.0, false, 10.0), 0.0);
}

TEST(TransformAxis, ResultIsInTheBoxForEveryAwkwardSum) {
  for (const double box : {1.0, 25.0, 50.0, 205.0, 204.99999999999997, 75.0 / 0.7}) {
    const std::array<double, 6> values{
        0.0, std::nextafter(0.0, 1.0), std::nextafter(box, 0.0), box, box / 2, box / 3};
    for (const double x : values)
      for (const double shift : values)
        for (const bool flip : {false, true}) {
          const double y = transform_axis(x, shift, flip, box);
          EXPECT_GE(y, 0.0) << x << " " << shift << " " << flip;
          EXPECT_LT(y, box) << x << " " << shift << " " << flip;
        }
  }
}

TEST(Project, RemainingAxesStayInAscendingOrder) {
  const std::array<double, 3> position{1.0, 2.0, 3.0};
  const auto along = [&](int axis) { return project({axis, {0, 0, 0}, false}, position, 10.0); };
  EXPECT_EQ(along(0).depth, 1.0);
  EXPECT_EQ(along(0).x, 2.0);
  EXPECT_EQ(along(0).y, 3.0);
  EXPECT_EQ(along(1).depth, 2.0);
  EXPECT_EQ(along(1).x, 1.0);
  EXPECT_EQ(along(1).y, 3.0);
  EXPECT_EQ(along(2).depth, 3.0);
  EXPECT_EQ(along(2).x, 1.0);
  EXPECT_EQ(along(2).y, 2.0);
}

TEST(Project, ShiftIsPerAxisAndFlipForAll) {
  const ProjectedPosition seen = project({1, {0.5, 1.0, 2.0}, true}, {1.0, 2.0, 3.0}, 10.0);
  EXPECT_EQ(seen.x, 8.5);
  EXPECT_EQ(seen.depth, 7.0);
  EXPECT_EQ(seen.y, 5.0);
}

TEST(Slice, EdgesBelongToTheUpperSliceAndTheLastIsClosed) {
  EXPECT_EQ(slice_of_depth(0.0, 2, 205.0), 0);
  EXPECT_EQ(slice_of_depth(std::nextafter(102.5, 0.0), 2, 205.0), 0);
  EXPECT_EQ(slice_of_depth(102.5, 2, 205.0), 1);
  EXPECT_EQ(slice_of_depth(std::nextafter(205.0, 0.0), 2, 205.0), 1);
  EXPECT_EQ(slice_of_depth(204.9, 1, 205.0), 0);
  // depth * P / box may round up to P.
  for (const int slices : {1, 2, 3, 7})
    EXPECT_EQ(slice_of_depth(std::nextafter(107.3, 0.0), slices, 107.3), slices - 1);
}

}  // namespace
}  // namespace lenswright
