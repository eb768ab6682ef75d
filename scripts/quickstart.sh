#!/usr/bin/env bash
# quickstart.sh: from a fresh checkout to verified convergence maps, then the loss-and-recovery story.
#   scripts/quickstart.sh [FOLDER]     FOLDER (default: demo/) must not exist yet or hold an earlier quickstart
#   SEED=N scripts/quickstart.sh       the same losses again
#   RANKS=N, THREADS=N                 how the stages run (default: as many ranks as cores, one thread)
# Exit status 0: everything lost came back byte for byte and nothing healthy was touched.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
demo=$(realpath -m "${1:-$project/demo}")
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
ranks=${RANKS:-$(nproc)}
threads=${THREADS:-1}

step=0
say() { step=$((step + 1)); printf '\n\033[1m== %d. %s\033[0m\n' "$step" "$*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 2; }
show() { printf '   $ %s\n' "$*"; "$@"; }
# Runs a command that must end with the given status.
expect() {
  local wanted=$1 status=0
  shift
  printf '   $ %s\n' "$*"
  "$@" || status=$?
  [ "$status" = "$wanted" ] || fail "exit status $status, expected $wanted: $*"
}

say "Install packages and build (build/release)"
"$project/scripts/setup.sh" --build
cd "$project"
cmake --preset release -DLENSWRIGHT_TESTS=OFF -DLENSWRIGHT_BENCH=OFF >/dev/null
cmake --build --preset release -j "$(nproc)" | tail -n 1
PATH="$project/build/release/bin:$PATH"
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
if [ "$(id -u)" = 0 ]; then # Open MPI wants to hear twice that root is meant
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
began=$SECONDS

if [ -e "$demo" ]; then
  [ -f "$demo/.quickstart" ] || fail "$demo exists and is not an earlier quickstart: name another folder"
  rm -rf "$demo"
fi
mkdir -p "$demo"
touch "$demo/.quickstart"
cp "$project/configs/demo.yaml" "$demo/campaign.yaml"
cd "$demo"

say "Make a small universe: a dark-matter-only run and its hydro twin (universe/)"
show mock_universe --config campaign.yaml --particles 64

say "Run the campaign of campaign.yaml: mass planes (LP/), potentials (LUX/), convergence maps (RT/), their statistics (ST/)"
show recovery init --config campaign.yaml --yes
show mpirun -n "$ranks" lensplane --config campaign.yaml --threads "$threads"
show mpirun -n "$ranks" lux_convert --config campaign.yaml --threads "$threads"
show mpirun -n "$ranks" raytrace --config campaign.yaml --threads "$threads"
show mpirun -n "$ranks" kappa_stats --config campaign.yaml --threads "$threads"
expect 0 recovery verify --config campaign.yaml

say "Look at a convergence map (kappa.png)"
map=$(find RT/hydro/LP_00/run001 -name 'kappa*.dat' | sort | tail -n 1)
show kappa_view "$map" -o kappa.png --width 512
if [ -n "${DISPLAY:-}" ] && [ -t 1 ] && command -v xdg-open >/dev/null; then xdg-open kappa.png >/dev/null 2>&1 || true; fi

say "Keep a copy of all products (before/), and note which file is which (before.list: path, inode, time)"
cp -a --parents LP LUX RT ST -t "$(mkdir -p before && echo before)"
products() { find LP LUX RT ST -path '*/.trash' -prune -o -type f \( -name '*.dat' -o -name 'kappa_stats.h5' \) -print | LC_ALL=C sort; }
listing() { products | while read -r file; do stat -c '%n %i %y' "$file"; done; }
listing >before.list
printf '   %s files, %s\n' "$(wc -l <before.list)" "$(du -sh before | cut -f1)"

say "Lose some of them (seed $seed)"
RANDOM=$((seed % 32768))
lost=()
pick() { # a random product file below $1 that has not been hit yet
  local candidates
  mapfile -t candidates < <(products | grep "^$1/" | grep -vxFf <(printf '%s\n' "${lost[@]:-none}"))
  picked=${candidates[$(((RANDOM * 32768 + RANDOM) % ${#candidates[@]}))]}
  lost+=("$picked")
}
for stage in LP LUX RT ST; do
  for _ in 1 2; do pick $stage; rm "$picked"; echo "   deleted    $picked"; done
  pick $stage; truncate -s "$(($(stat -c %s "$picked") / 3))" "$picked"; echo "   truncated  $picked"
  pick $stage
  offset=$((64 + RANDOM % 1000)) # a few bytes in the middle: same size, same markers
  printf '\x5a\xa5\x5a' | dd of="$picked" bs=1 seek="$offset" conv=notrunc status=none
  echo "   corrupted  $picked (3 bytes at $offset)"
done
# What killed jobs leave: the tail of one model's write order, and everything made from it.
model=$(find LP -mindepth 1 -maxdepth 1 -type d -name 'hydro_replace_*' -printf '%f\n' | sort | sed -n "$((RANDOM % 4 + 1))p")
for file in LP/"$model"/LP_01/lenspot0[67].dat LUX/"$model"/LP_01/lenspot0[78].dat; do
  [ -e "$file" ] && rm "$file" && lost+=("$file") && echo "   deleted    $file"
done
while read -r file; do rm "$file"; lost+=("$file"); echo "   deleted    $file"; done < <(products | grep -E "^(RT|ST)/$model/LP_01/")

say "What is missing? (tier full reads every byte)"
expect 1 recovery diagnose --config campaign.yaml --tier full --json diagnose.json

say "Make exactly that again"
expect 0 recovery submit --config campaign.yaml --executor local --tier full --yes --ranks "$ranks"
expect 0 recovery verify --config campaign.yaml --tier full

say "Compare with the copy made before"
products >after.list
if ! diff <(cut -d' ' -f1 before.list) after.list >/dev/null; then fail "not the same set of files as before"; fi
while read -r file; do cmp -s "$file" "before/$file" || fail "$file differs from what was lost"; done <after.list
printf '%s\n' "${lost[@]}" | sort -u >lost.list
touched=$(comm -3 <(LC_ALL=C sort before.list) <(listing | LC_ALL=C sort) | awk '{print $1}' | sort -u | grep -vxFf lost.list || true)
[ -z "$touched" ] || fail "healthy products were touched: $touched"
printf '   all %s files are byte-identical to those before; %s had been lost, the other %s were not touched\n' \
  "$(wc -l <after.list)" "$(wc -l <lost.list)" "$(($(wc -l <after.list) - $(wc -l <lost.list)))"

say "Leave a report for those who use the data (state/reports/latest/report.html)"
expect 0 recovery verify --config campaign.yaml --report

say "Done in $((SECONDS - began)) s after the build. Where to look:"
cat <<TEXT
   $demo/campaign.yaml   the campaign, every product follows from it
   $demo/kappa.png       a convergence map
   $demo/diagnose.json   what diagnose found
   $demo/state/reports/latest/report.html   are the data complete, sound, how were they made
   $demo/state/          receipts, plans, logs
   $demo/*/.trash/       the damaged files, moved aside
   Try: recovery why --config $demo/campaign.yaml $(head -n 1 "$demo/lost.list")
   (programs are in $project/build/release/bin)
TEXT
