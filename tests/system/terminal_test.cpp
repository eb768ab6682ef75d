// recovery verify at a terminal of its own: as wide as the terminal, in colour where that is wanted, plain in a log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "recovery_program.hpp"

namespace lenswright {
namespace {

using testing::HasSubstr;
using testing::Not;

class AtATerminal : public testing::Test {
 protected:
  AtATerminal() { tree_.remove({ProductKind::mass_plane, 2, 1, 1}); }
  // `script` gives the command a terminal; its lines end in CR LF.
  std::string shown(const std::string& environment, int columns,
                    const std::string& arguments = "verify") const {
    const std::string command =
        fmt::format("stty cols {}; exec env -u NO_COLOR {} \"{}\" {} --config campaign.yaml 2>/dev/null",
                    columns, environment, test::program("recovery").string(), arguments);
    const auto outcome = test::run_command(
        fmt::format("cd '{}' && script -qec '{}' /dev/null < /dev/null", (tree_ / "").string(), command));
    EXPECT_EQ(outcome.status, 1) << outcome.output;
    std::string text = outcome.output;
    std::erase(text, '\r');
    return text;
  }
  static std::string without_colours(std::string text) {
    for (std::size_t start; (start = text.find('\033')) != std::string::npos;)
      text.erase(start, text.find('m', start) - start + 1);
    return text;
  }
  static std::size_t widest(const std::string& text) {
    std::istringstream lines(text);
    std::size_t width = 0;
    for (std::string line; std::getline(lines, line);) width = std::max(width, line.size());
    return width;
  }
  test::SmallTree tree_;
};

TEST_F(AtATerminal, VerifyIsInColourUnlessThatIsNotWanted) {
  const std::string coloured = shown("TERM=xterm", 100);
  EXPECT_THAT(coloured, HasSubstr("\033[3"));
  for (const char* environment : {"TERM=xterm NO_COLOR=1", "TERM=dumb"}) {
    const std::string plain = shown(environment, 100);
    EXPECT_THAT(plain, Not(HasSubstr("\033"))) << environment;
    EXPECT_EQ(plain, without_colours(coloured)) << environment;
  }
}

TEST_F(AtATerminal, TablesFitTheTerminal) {
  const auto table = [&](int columns) {
    std::istringstream lines(shown("TERM=dumb", columns));
    std::string rows;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
      inside = line.starts_with("model ") || (inside && !line.empty());
      if (inside) rows += line + "\n";
    }
    return rows;
  };
  EXPECT_THAT(table(120), HasSubstr("hydro_replace_Ml_1.00e13_Mu_1.00e15_R_1.0"));
  const std::string narrow = table(80);
  EXPECT_LE(widest(narrow), 80U) << narrow;
  EXPECT_THAT(narrow, testing::ContainsRegex("1.00e13-1.00e15, R 1.0 +11/12 +OK +OK +OK +12\n"))
      << "names give way, numbers do not";
  EXPECT_THAT(table(40), testing::AllOf(HasSubstr("kappa maps"), HasSubstr("11/12")));
}

TEST_F(AtATerminal, ALogIsPlainAndHasNoProgressBar) {
  const auto logged =
      test::run_command(fmt::format("cd '{}' && TERM=xterm '{}' verify --config campaign.yaml",
                                    (tree_ / "").string(), test::program("recovery").string()));
  EXPECT_EQ(logged.status, 1);
  EXPECT_THAT(logged.output, Not(HasSubstr("\033")));
  EXPECT_THAT(logged.output, Not(HasSubstr("\r")));
}

}  // namespace
}  // namespace lenswright
