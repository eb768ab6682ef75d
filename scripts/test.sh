#!/usr/bin/env bash
# test.sh: installs what is needed, builds, and runs all tests.
#   scripts/test.sh            everything: release build, all tests; unit tests again under ASan and UBSan with Clang
#   scripts/test.sh --quick    release build and its tests only
#   scripts/test.sh ... -- ARGS    ARGS go to ctest of the release build, e.g. -- -R Scan
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sanitize=yes
if [ "${1:-}" = --quick ]; then sanitize=no; shift; fi
if [ "${1:-}" = -- ]; then shift; fi

say() { printf '\n== %s\n' "$*"; }
cores=$(nproc)

say "packages"
scripts/setup.sh

if command -v clang-format >/dev/null; then
  say "format"
  find src apps tests bench -name '*.?pp' -print0 | xargs -0 clang-format --dry-run -Werror
  echo "formatted as .clang-format says"
fi

if [ "$sanitize" = yes ]; then
  say "unit tests under AddressSanitizer and UndefinedBehaviorSanitizer (Clang)"
  cmake --preset asan -DLENSWRIGHT_TESTS=ON >/dev/null
  cmake --build --preset asan -j "$cores"
  ctest --preset asan -j "$cores"
fi

say "release build (GCC)"
cmake --preset release -DLENSWRIGHT_TESTS=ON -DLENSWRIGHT_BENCH=ON >/dev/null
cmake --build --preset release -j "$cores"

say "all tests"
ctest --preset release -j "$cores" "$@"
