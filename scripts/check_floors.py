#!/usr/bin/env python3
"""Checks that every #include in src/ and apps/ goes downward only.

Each folder of src/ has a floor; a file may include its own folder and lower floors. Beside that, some libraries are
kept out of some folders: compute nodes never touch SQLite, login nodes need neither MPI nor FFTW.

usage: check_floors.py SOURCE_TREE        exit status 0: in order, 1: violations (one per line), 2: cannot check
"""
import re
import sys
from pathlib import Path

FLOORS = {"base": 0, "campaign": 1, "io": 1, "geometry": 1, "physics": 2, "sim": 2, "ledger": 2, "plan": 3,
          "run": 4, "report": 4, "stages": 4}
APPS = 5
# Pairs on one floor: io writes geometry's values.
SAME_FLOOR = {("io", "geometry")}
# physics is arithmetic: it knows no campaign and no file. plan is pure values.
FORBIDDEN = {("physics", "campaign"), ("physics", "io")}
# header -> folders that may include it
LIBRARIES = {
    "mpi.h": {"physics", "stages"},
    "fftw3.h": {"physics", "sim"},
    "hdf5.h": {"io"},
    "fitsio.h": {"io"},
    "png.h": {"report"},
    "yaml-cpp/yaml.h": {"campaign"},
    "SQLiteCpp/SQLiteCpp.h": {"ledger"},
    "cxxopts.hpp": {"apps"},
    "omp.h": {"physics", "sim", "stages"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def floor(folder):
    return APPS if folder == "apps" else FLOORS[folder]


def problems_of(path, folder, source):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, header = match.group(1) == '"', match.group(2)
        where = f"{path.relative_to(source)}:{number}"
        if header in LIBRARIES and folder not in LIBRARIES[header]:
            yield f"{where}: {folder} may not use <{header}> (only {', '.join(sorted(LIBRARIES[header]))})"
        if not quoted:
            continue
        target = header.split("/")[0]
        if "/" not in header or target not in FLOORS:
            if folder != "apps":
                yield f'{where}: "{header}" is not of the form "folder/file.hpp"'
            continue
        if target == folder:
            continue
        if (folder, target) in FORBIDDEN:
            yield f"{where}: {folder} may not include {target}"
        elif floor(target) >= floor(folder) and (folder, target) not in SAME_FLOOR:
            yield f"{where}: {folder} (floor {floor(folder)}) may not include {target} (floor {floor(target)})"


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source = Path(sys.argv[1]).resolve()
    if not (source / "src").is_dir():
        print(f"{source}: no source tree: it has no src/", file=sys.stderr)
        return 2
    folders = sorted(p for p in (source / "src").iterdir() if p.is_dir())
    unknown = [p.name for p in folders if p.name not in FLOORS]
    problems = [f"src/{name}: has no floor: add it to FLOORS" for name in unknown]
    checked = 0
    for base, folder in [(p, p.name) for p in folders if p.name in FLOORS] + [(source / "apps", "apps")]:
        for path in sorted(base.rglob("*.[ch]pp")):
            checked += 1
            problems += problems_of(path, folder, source)
    if checked == 0:
        print(f"{source}: no source files found", file=sys.stderr)
        return 2
    print("\n".join(problems) if problems else f"floors in order: {checked} files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
