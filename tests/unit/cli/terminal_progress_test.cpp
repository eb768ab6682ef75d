#include "terminal_progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lenswright {
namespace {

// Captured stderr is a file: the sink writes plain lines, as in a batch job's log.
TEST(ProgressInALog, IsPlainTextWithoutAFloodOfLines) {
  ::testing::internal::CaptureStderr();
  {
    const std::unique_ptr<ProgressSink> progress = make_terminal_progress();
    progress->begin("reading snapshot 96", 1000, "particles");
    for (int i = 0; i < 1000; ++i) progress->advance(1);
    progress->end();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "reading snapshot 96\n");
}

TEST(ProgressInALog, NotesAreWrittenOneLineEach) {
  ::testing::internal::CaptureStderr();
  {
    const std::unique_ptr<ProgressSink> progress = make_terminal_progress();
    progress->begin("tracing", 0, "runs");
    progress->note("dmo/LP_00/run001 published");
    progress->advance(1);
    progress->note("dmo/LP_00/run002 published");
    progress->end();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "tracing\ndmo/LP_00/run001 published\ndmo/LP_00/run002 published\n");
}

}  // namespace
}  // namespace lenswright
