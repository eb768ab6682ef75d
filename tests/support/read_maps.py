#!/usr/bin/python3
"""Opens the maps of one run with the readers that astronomers use, and holds them against the plain .dat files.

  read_maps.py fits FOLDER FIELD_DEG     astropy: pixels, header, checksums, world coordinates
  read_maps.py hdf5 FOLDER FIELD_DEG     h5py, as the notebook of the public kappaTNG maps does

Exit status 0 and one line per file if all is as docs/formats.md says; else an assertion's message.
"""
import glob
import os
import sys
import warnings

import numpy as np


def read_dat(path):
    with open(path, "rb") as file:
        bytes_ = file.read()
    side = int(np.frombuffer(bytes_[:4], "<i4")[0])
    assert np.frombuffer(bytes_[-4:], "<i4")[0] == side, path
    return np.frombuffer(bytes_[4:-4], "<f8").reshape(side, side)


def check_world_coordinates(header, side, field_deg):
    from astropy.wcs import WCS

    wcs = WCS(header)
    pixel = field_deg / side
    assert wcs.naxis == 2 and list(wcs.wcs.ctype) == ["RA---TAN", "DEC--TAN"]
    assert np.allclose(wcs.wcs.get_cdelt(), [-pixel, pixel], rtol=1e-14)
    # The middle of the field between the middle pixels; zero-based pixel coordinates here.
    ra, dec = wcs.all_pix2world((side - 1) / 2, (side - 1) / 2, 0)
    assert abs(ra % 360) < 1e-12 and abs(dec) < 1e-12
    # Rays stand at equal steps of angle on a flat sky; world coordinates know the sphere. Seen from the middle, ray
    # (i, j) stands east of it by -(j + 1/2 - N/2) pixels and north by (i + 1/2 - N/2): on the tangent plane exactly,
    # in angle to the third order of the field's radius, theta^3 / 3 (6 arcsec in the corner of 5 degrees).
    i, j = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    east, north = -(j + 0.5 - side / 2) * pixel, (i + 0.5 - side / 2) * pixel
    plane = wcs.wcs.p2s(np.column_stack([j.ravel() + 1.0, i.ravel() + 1.0]), 1)["imgcrd"]
    assert np.allclose(plane[:, 0], east.ravel(), rtol=0, atol=1e-12)
    assert np.allclose(plane[:, 1], north.ravel(), rtol=0, atol=1e-12)
    ra, dec = wcs.all_pix2world(j, i, 0)
    ra = (ra + 180) % 360 - 180
    radius = np.radians(np.hypot(east, north))
    angle = np.arccos(np.cos(np.radians(ra)) * np.cos(np.radians(dec)))
    assert np.allclose(angle, np.arctan(radius), rtol=0, atol=1e-10)
    assert np.all(np.abs(angle - radius) <= radius**3 / 3 + 1e-10)
    assert np.all(ra[:, 0] > ra[:, -1]), "east is to the left"


def check_fits(folder, field_deg):
    from astropy.io import fits

    paths = sorted(glob.glob(os.path.join(folder, "*.fits")))
    assert paths, "no FITS file in " + folder
    for path in paths:
        with fits.open(path, checksum=True) as file:  # a wrong sum warns, and warnings are errors here
            image = file[-1]
            expected = read_dat(path[:-5] + ".dat")
            assert image.data.dtype.kind == "f" and image.data.dtype.itemsize == 8, path
            assert np.array_equal(image.data, expected), path + ": other pixels than the .dat file"
            header = image.header
            name = os.path.basename(path)[:-5]
            assert header["FIELD"] == name[:-2].rstrip("_") and header["SRCPLANE"] == int(name[-2:]), path
            assert header["MODEL"] == "dmo" and header["REALIZ"] == 0 and header["RUN"] == 1, path
            assert header["SEED"] == 1992 and 0 < header["Z_S"] < 1 and len(header["CFGDIGST"]) == 32, path
            assert "BUNIT" in header, path
            for unit in file:
                assert not [card for card in unit.header if "DATE" in card], path + ": a date"
            check_world_coordinates(header, expected.shape[0], field_deg)
        print("fits:", os.path.basename(path))


def check_hdf5(folder, field_deg):
    import h5py

    fname = os.path.join(folder, "LP001_run001_maps.hdf5")
    for source in ("04", "08"):
        # The lines of the notebook.
        with h5py.File(fname, "r") as f:
            kappa = f["z" + source + "/kappa"][:]
        assert kappa.ndim == 2 and kappa.shape[0] == kappa.shape[1] and kappa.dtype == np.float64
        with h5py.File(fname, "r") as f:
            group = f["z" + source]
            assert group.attrs["angle_deg"] == field_deg and 0 < group.attrs["z_s"] < 1
            for field in ("kappa", "gamma1", "gamma2", "omega"):
                name = field + ("_" if field[-1].isdigit() else "") + source + ".dat"
                expected = read_dat(os.path.join(folder, name))
                assert np.array_equal(group[field][:], expected), name
        print("hdf5: z" + source)


if __name__ == "__main__":
    warnings.simplefilter("error")
    {"fits": check_fits, "hdf5": check_hdf5}[sys.argv[1]](sys.argv[2], float(sys.argv[3]))
