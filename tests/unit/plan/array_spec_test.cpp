#include "plan/array_spec.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace lenswright {
namespace {

TEST(ArraySpec, RangesAndSingleIndices) {
  EXPECT_EQ(array_spec({0, 1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 14, 15, 16, 17, 19}), "0-4,6,8-12,14-17,19");
  EXPECT_EQ(array_spec({7}), "7");
  EXPECT_EQ(array_spec({3, 4}), "3-4");
  EXPECT_EQ(array_spec({}), "");
}

TEST(ArraySpec, OrderAndDuplicatesDoNotMatter) {
  EXPECT_EQ(array_spec({5, 3, 4, 3, 9, 5}), "3-5,9");
}

TEST(ArraySpec, ReadsWhatItWrites) {
  for (const std::vector<int>& indices :
       {std::vector<int>{}, std::vector<int>{0}, std::vector<int>{0, 2, 4}, std::vector<int>{1, 2, 3, 9, 10}})
    EXPECT_EQ(parse_array_spec(array_spec(indices)), indices);
  EXPECT_EQ(parse_array_spec("4,0-2,1"), (std::vector<int>{0, 1, 2, 4}));
}

TEST(ArraySpec, NonsenseIsAUsageError) {
  for (const char* spec : {"a", "1-", "-1", "1,,2", "1,", ",", "3-1", "1-2-3", "0-4%2", " 1", "99999999999"})
    EXPECT_THROW(parse_array_spec(spec), UsageError) << spec;
}

}  // namespace
}  // namespace lenswright
