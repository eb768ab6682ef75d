#include "plan/task_file.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "campaign/effective_configuration.hpp"
#include "scanned_tree.hpp"

namespace lenswright {
namespace {

using namespace test;

TaskFile example(const Campaign& campaign) {
  TaskFile file;
  file.campaign = campaign.name;
  file.configuration = digest_of(work_configuration(campaign)).hex();
  file.stage = Stage::lux;
  file.tasks[0] = {0, {potential(0, 0, 1), potential(0, 0, 2), geometry(0, 0)}};
  file.tasks[1] = {1, {potential(2, 1, 6)}};
  file.input_digests = {{"lensplanes/dmo/LP_00/lenspot00.dat", digest_of(std::string_view("x")).hex()}};
  return file;
}

TEST(TaskFile, RoundTrip) {
  const SmallTree tree(SmallTree::Filled::empty);
  const TaskFile file = example(tree.campaign());
  const TaskFile back =
      decode_task_file(tree.campaign(), "lux.json", encode_task_file(tree.campaign(), file));
  EXPECT_EQ(back.campaign, file.campaign);
  EXPECT_EQ(back.configuration, file.configuration);
  EXPECT_EQ(back.stage, file.stage);
  EXPECT_EQ(back.tasks, file.tasks);
  EXPECT_EQ(back.input_digests, file.input_digests);
}

TEST(TaskFile, OtherCampaignOrConfigurationIsRefused) {
  const SmallTree tree(SmallTree::Filled::empty);
  const std::string text = encode_task_file(tree.campaign(), example(tree.campaign()));
  const SmallTree renamed(SmallTree::Filled::empty, {"campaign=another"});
  EXPECT_THROW(decode_task_file(renamed.campaign(), "lux.json", text), InputError);
  TaskFile planned_before = example(tree.campaign());
  planned_before.configuration = digest_of(std::string_view("another")).hex();
  EXPECT_THROW(
      decode_task_file(tree.campaign(), "lux.json", encode_task_file(tree.campaign(), planned_before)),
      InputError);
}

TEST(TaskFile, TornOrChangedFileIsRefused) {
  const SmallTree tree(SmallTree::Filled::empty);
  const std::string text = encode_task_file(tree.campaign(), example(tree.campaign()));
  for (std::size_t size = 0; size < text.size(); size += 7)
    EXPECT_THROW(decode_task_file(tree.campaign(), "lux.json", text.substr(0, size)), FormatError);
  std::string edited = text;
  edited.replace(edited.find("lenspot06"), 9, "lenspot05");
  EXPECT_THROW(decode_task_file(tree.campaign(), "lux.json", edited), FormatError);
}

TEST(TaskFile, ProductsOfAnotherStageAreRefused) {
  const SmallTree tree(SmallTree::Filled::empty);
  TaskFile file = example(tree.campaign());
  file.tasks[1].products.push_back(run(0, 0, 1));
  EXPECT_THROW(decode_task_file(tree.campaign(), "lux.json", encode_task_file(tree.campaign(), file)),
               FormatError);
}

}  // namespace
}  // namespace lenswright
