// main() of tests that use MPI: alone (one rank) or under mpirun.
#include <gtest/gtest.h>
#include <mpi.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

namespace {

std::vector<std::string> variable_names() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    names.push_back(text.substr(0, text.find('=')));
  }
  return names;
}

}  // namespace

// Open MPI leaks by design what lives until the program's end; tests without MPI do look for leaks.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}

int main(int argc, char** argv) {
  const std::vector<std::string> before = variable_names();
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  // A program alone tells its children in the environment that they belong to its job: an mpirun among them
  // would then refuse to work.
  const std::set<std::string> known(before.begin(), before.end());
  for (const std::string& name : variable_names())
    if (!known.contains(name)) unsetenv(name.c_str());
  testing::InitGoogleTest(&argc, argv);
  const int failed = RUN_ALL_TESTS();
  MPI_Finalize();
  return failed;
}
