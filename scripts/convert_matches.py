#!/usr/bin/env python3
"""Converts halo matches from .npz to the HDF5 files that `input.matches` of a campaign names.

usage: convert_matches.py OUTPUT_FOLDER SNAPSHOT=FILE.npz [SNAPSHOT=FILE.npz ...]

  convert_matches.py matches 96=/data/matches/snap96.npz 90=/data/matches/snap90.npz

Each FILE.npz holds dmo_masses [1e10 Msun/h], dmo_positions [ckpc/h, one row of three per halo] and dmo_radii [ckpc/h]:
M200c, centre and R200c of the dmo halos that have a hydro counterpart. OUTPUT_FOLDER/matches_snapNNN.hdf5 holds the same
three datasets, unchanged, as float64. A file that is already there is never overwritten.

Needs numpy and h5py. Exit status: 0 done, 2 could not do it.
"""
import os
import sys

COLUMNS = ("dmo_masses", "dmo_positions", "dmo_radii")


def fail(message):
    print(f"convert_matches.py: {message}", file=sys.stderr)
    sys.exit(2)


def parse(arguments):
    if len(arguments) < 2:
        fail(f"OUTPUT_FOLDER and at least one SNAPSHOT=FILE.npz are needed\n\n{__doc__}")
    jobs = []
    for argument in arguments[1:]:
        number, separator, path = argument.partition("=")
        if not separator or not number.isdigit() or not path:
            fail(f"'{argument}': expected SNAPSHOT=FILE.npz, as in 96=snap96.npz")
        jobs.append((int(number), path))
    return arguments[0], jobs


def read_columns(numpy, path):
    try:
        with numpy.load(path) as source:
            missing = [name for name in COLUMNS if name not in source]
            if missing:
                fail(f"{path}: has no {', '.join(missing)}; found {', '.join(source.files)}")
            columns = {name: numpy.asarray(source[name], dtype=numpy.float64) for name in COLUMNS}
    except (OSError, ValueError) as error:
        fail(f"{path}: {error}")
    halos = len(columns["dmo_masses"])
    expected = {"dmo_masses": (halos,), "dmo_positions": (halos, 3), "dmo_radii": (halos,)}
    for name, values in columns.items():
        if values.shape != expected[name]:
            fail(f"{path}: {name} has shape {values.shape}, expected {expected[name]}")
        if not numpy.isfinite(values).all():
            fail(f"{path}: {name} holds values that are not finite")
    return columns


def main(arguments):
    if {"-h", "--help"} & set(arguments):
        print(__doc__.strip())
        return
    folder, jobs = parse(arguments)
    try:
        import h5py
        import numpy
    except ImportError as error:
        fail(f"{error}; on Debian: apt install python3-numpy python3-h5py")
    os.makedirs(folder, exist_ok=True)
    for number, path in jobs:
        columns = read_columns(numpy, path)
        target = os.path.join(folder, f"matches_snap{number:03d}.hdf5")
        temporary = os.path.join(folder, f".matches_snap{number:03d}.hdf5.tmp-{os.getpid()}")
        if os.path.exists(target):
            fail(f"{target}: exists already; move it away to convert again")
        with h5py.File(temporary, "w") as output:
            for name, values in columns.items():
                output.create_dataset(name, data=values)
        os.link(temporary, target)  # unlike a rename, never replaces
        os.unlink(temporary)
        print(f"{target}: {len(columns['dmo_masses'])} halos")


if __name__ == "__main__":
    main(sys.argv[1:])
