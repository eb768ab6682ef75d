#!/usr/bin/python3
"""Draws the figures of docs/validation.md from the numbers that the validation tests write.

  LENSWRIGHT_VALIDATION_OUTPUT=points ctest --preset release -R Validation
  scripts/plot_validation.py points docs/validation

Needs Debian's python3-matplotlib.
"""
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

COLOURS = {"deflection": "#1b6ca8", "kappa": "#c0392b", "shear": "#2e8b57"}


def main(points_folder, figures_folder):
    points = pathlib.Path(points_folder)
    figures = pathlib.Path(figures_folder)
    figures.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update({"font.size": 9, "axes.grid": True, "grid.alpha": 0.25, "lines.markersize": 4,
                         "legend.frameon": False, "legend.fontsize": 8})

    def load(name):
        with open(points / (name + ".json")) as file:
            return json.load(file)

    def save(figure, name):
        figure.tight_layout()
        # No version and no date inside: equal numbers give equal files.
        figure.savefig(figures / (name + ".png"), dpi=90, metadata={"Software": None})
        plt.close(figure)
        print(figures / (name + ".png"))

    lenses(load, save)
    born(load, save)
    b_modes(load, save)
    limber(load, save)
    convergence(load, save)


def column(rows, key):
    return [row[key] for row in rows]


def lenses(load, save):
    names = {"point_mass": "point mass", "singular_isothermal_sphere": "singular isothermal sphere",
             "nfw": "NFW", "gaussian": "Gaussian"}
    figure, axes = plt.subplots(2, 4, figsize=(12, 5.2), sharex="col", gridspec_kw={"height_ratios": [3, 2]})
    for (name, title), (top, bottom) in zip(names.items(), axes.T):
        rows = load(name)
        radius = column(rows, "radius_pixels")
        for quantity, colour in COLOURS.items():
            # Angles are shown in units of 10 arcmin to stand beside the pure numbers.
            unit = 1 / 0.00290888 if quantity == "deflection" else 1.0
            if name == "point_mass" and quantity == "kappa":
                continue
            label = quantity + (" [10 arcmin]" if quantity == "deflection" else "")
            top.plot(radius, [unit * row[quantity + "_expected"] for row in rows], color=colour, lw=1)
            top.plot(radius, [unit * row[quantity] for row in rows], "o", color=colour, label=label)
            # The Gaussian's fields vanish outside or in the middle: beside the peak of kappa there.
            error = column(rows, quantity + "_error")
            if name == "gaussian" and quantity != "deflection":
                error = [e * row[quantity + "_expected"] / rows[0]["kappa_expected"] for e, row in zip(error, rows)]
            bottom.plot(radius, error, "o-", ms=3, lw=0.8, color=colour)
        if name == "gaussian":
            bottom.axhline(0.34 / 16**2, color="0.4", ls="--", lw=1)
        else:
            bottom.plot(radius, [7 / r**2 + 2e-4 for r in radius], color="0.4", ls="--", lw=1)
        top.set_title(title, fontsize=9)
        for axis in (top, bottom):
            axis.set_xscale("log")
            axis.set_yscale("log")
        bottom.set_xlabel("radius [pixels]")
    axes[0, 0].set_ylabel("mean over the circle")
    axes[1, 0].set_ylabel("largest deviation\non the circle, relative")
    axes[0, 1].legend()
    save(figure, "lenses")


def born(load, save):
    rows = load("born")
    z = column(rows, "z")
    figure, axis = plt.subplots(figsize=(5.2, 3.6))
    axis.plot(z, column(rows, "kappa"), "s-", ms=3, color="0.3", label=r"$\kappa$, Born")
    axis.plot(z, column(rows, "beyond_born"), "o", color=COLOURS["kappa"], label=r"full tracing $-$ Born")
    axis.plot(z, column(rows, "second_order"), color=COLOURS["kappa"], lw=1, label="second order, by hand")
    axis.plot(z, column(rows, "omega"), "o", color=COLOURS["deflection"], label=r"rotation $\omega$")
    axis.plot(z, column(rows, "omega_second_order"), color=COLOURS["deflection"], lw=1,
              label="second order, by hand")
    axis.plot(z, column(rows, "left"), ":", color="0.4", label="left after second order")
    axis.set_yscale("log")
    axis.set_xlabel("source redshift")
    axis.set_ylabel("rms over the field")
    axis.legend(ncol=2)
    save(figure, "born")


def b_modes(load, save):
    rows = load("b_modes")
    ell = column(rows, "l")
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.4))
    for key, label, marker, colour in (("kappa", r"$\kappa$", "-", "0.3"), ("e_mode", "E", "o", "0.3"),
                                       ("omega", r"$\omega$", "-", COLOURS["deflection"]),
                                       ("b_mode", "B", "o", COLOURS["deflection"])):
        left.plot(ell, [row[key] * row["l"] ** 2 / 6.2831853 for row in rows], marker, color=colour, label=label)
    left.set_xscale("log")
    left.set_yscale("log")
    left.set_ylabel(r"$\ell^2 C_\ell / 2\pi$")
    left.legend()
    right.plot(ell, [row["b_mode"] / row["omega"] - 1 for row in rows], "o-", color=COLOURS["deflection"],
               label=r"B / $\omega$ $-$ 1")
    right.plot(ell, [row["e_mode"] / row["kappa"] - 1 for row in rows], "s-", color="0.3", ms=3,
               label=r"E / $\kappa$ $-$ 1")
    for edge in (-0.01, 0.01):
        right.axhline(edge, color="0.4", ls="--", lw=1)
    right.set_xscale("log")
    right.set_ylim(-0.015, 0.015)
    right.legend()
    for axis in (left, right):
        axis.set_xlabel(r"$\ell$")
    save(figure, "b_modes")


def limber(load, save):
    rows = load("limber")
    figure, axis = plt.subplots(figsize=(5.2, 3.4))
    axis.errorbar(column(rows, "l"), [row["found"] / row["limber"] for row in rows],
                  yerr=[row["scatter"] / row["limber"] for row in rows], fmt="o", color=COLOURS["kappa"])
    axis.fill_between(column(rows, "l"), [1 - row["window"] for row in rows], 1, color="0.85",
                      label="at most lost between pixels")
    axis.axhline(1, color="0.4", lw=1)
    axis.legend()
    axis.set_xscale("log")
    axis.set_xlabel(r"$\ell$")
    axis.set_ylabel(r"$C_\ell^\kappa$ traced / Limber sum")
    save(figure, "limber")


def convergence(load, save):
    figure, (plane, rays, slab) = plt.subplots(1, 3, figsize=(11, 3.4))
    rows = load("plane_grid")
    for scheme, order, colour in (("nearest", 1, "0.3"), ("bilinear", 2, COLOURS["deflection"]),
                                  ("bicubic", 3, COLOURS["shear"])):
        mine = [row for row in rows if row["scheme"] == scheme]
        grid, error = column(mine, "grid"), column(mine, "error")
        plane.plot(grid, error, "o", color=colour, label=scheme)
        plane.plot(grid, [error[0] * (grid[0] / n) ** order for n in grid], color=colour, lw=1)
    plane.set_xlabel("pixels per side of the plane")
    plane.set_ylabel("largest error, part of the largest kappa")
    plane.legend()
    for axis, name, key, label in ((rays, "ray_grid", "side", "rays per side of the field"),
                                   (slab, "slab_thickness", "thickness", "slab thickness [Mpc/h]")):
        rows = load(name)
        x, error = column(rows, key), column(rows, "error")
        sign = -2 if key == "side" else 2
        axis.plot(x, error, "o", color=COLOURS["deflection"])
        axis.plot(x, [error[-1] * (value / x[-1]) ** sign for value in x], color=COLOURS["deflection"], lw=1)
        axis.set_xlabel(label)
    rays.set_ylabel("error of the field's mean kappa")
    slab.set_ylabel("largest error, part of the largest kappa")
    for axis, ticks in ((plane, [64, 128, 256, 512, 1024]), (rays, [8, 16, 32, 64, 128]),
                        (slab, [51.25, 102.5, 205, 410])):
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xticks(ticks)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.xaxis.set_minor_formatter(NullFormatter())
    save(figure, "convergence")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: plot_validation.py FOLDER_OF_POINTS FOLDER_OF_FIGURES")
    main(sys.argv[1], sys.argv[2])
