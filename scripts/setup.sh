#!/usr/bin/env bash
# setup.sh: installs what building, running and testing need on Debian 12 (or a relative of it). Safe to run again.
#   scripts/setup.sh           everything
#   scripts/setup.sh --build   only what building and running need
set -euo pipefail

build=(g++ cmake ninja-build pkg-config git ccache
       libopenmpi-dev openmpi-bin libhdf5-dev libcfitsio-dev libfftw3-dev libyaml-cpp-dev libcxxopts-dev
       libfmt-dev nlohmann-json3-dev libxxhash-dev libpng-dev libsqlitecpp-dev)
tests=(clang clang-format libomp-14-dev libclang-rt-14-dev libgtest-dev libgmock-dev libbenchmark-dev
       python3 python3-numpy python3-h5py python3-astropy python3-matplotlib fitsverify hdf5-tools xxhash shellcheck
       chromium chromium-driver  # looks at reports
       slurmctld slurmd slurmdbd slurm-client munge mariadb-server)  # for scripts/slurm_sandbox.sh

case "${1:-}" in
  "") packages=("${build[@]}" "${tests[@]}") ;;
  --build) packages=("${build[@]}") ;;
  *) echo "usage: scripts/setup.sh [--build]" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
if [ "${#missing[@]}" = 0 ]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

echo "setup: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "setup: needs root or sudo to install: ${missing[*]}" >&2; exit 2; }
  as_root=(sudo)
fi
# The tests start their own munge, Slurm and MariaDB: the system's are not to run, and in a container could not.
# policy-rc.d is Debian's way to say so; it is there for the time of the installation only.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
echo "setup: done"
