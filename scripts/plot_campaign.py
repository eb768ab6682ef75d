#!/usr/bin/python3
"""Plots what the maps of a campaign say: the power spectrum beside dmo's, the PDF of kappa, peak counts.

  scripts/plot_campaign.py STATS -o campaign.png              from the statistics files below a folder
  scripts/plot_campaign.py report.json -o campaign.pdf        from a report of `recovery verify --report`

An example to start one's own plots from: docs/formats.md describes the statistics files, docs/report-json.md the report.
Curves are means over realizations, bands the scatter of one realization; ratios are taken realization by realization, in
which the fields of view of all models are the same. Needs Debian's python3-matplotlib and python3-h5py.
"""
import argparse
import json
import math
import pathlib
import sys


class Problem(Exception):
    """What the user has to hear, in a sentence."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="folder with kappa_stats.h5 files (the root of the stage "
                        "statistics), or a report.json")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="picture: .png, .pdf or .svg")
    parser.add_argument("--source", type=int, help="source plane, from 1 (the last that is there)")
    parser.add_argument("--model", action="append", help="only this model; may be repeated (all)")
    parser.add_argument("--smoothing", type=float, default=2.0, metavar="ARCMIN",
                        help="of the map whose peaks are counted, the nearest that is there (%(default)s)")
    options = parser.parse_args()
    try:
        if options.data.is_dir():
            picture = from_statistics(options.data, options)
        elif options.data.is_file():
            picture = from_report(options.data, options)
        else:
            raise Problem(f"{options.data} is neither a folder of statistics files nor a report.json")
        draw(picture, options.output)
    except (Problem, OSError) as problem:
        print(f"plot_campaign: {problem}", file=sys.stderr)
        return 2
    print(options.output)
    return 0


# Both ways give: {"source", "redshift", "smoothing", "ell", "kappa", "snr", "models": {name: {"c_ell", "pdf", "peaks", "c_ell_ratio":
# (mean, scatter)}}}. Ratios are missing where dmo is.


def from_report(path, options):
    try:
        report = json.loads(path.read_text())
        schema = report["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(f"{path} is no report.json of `recovery verify --report`") from error
    if schema != "lenswright.report/1":
        raise Problem(f"{path} has the schema {schema}; this script reads lenswright.report/1")
    sources = {source["source"]: source for source in report["soundness"]["sources"]}
    if not sources:
        raise Problem(f"{path} holds no statistics of maps: does the campaign have a section `statistics`, and has "
                      "kappa_stats run?")
    number = chosen_source(sources, options.source, path)
    source = sources[number]
    models = {}
    for model in source["models"]:
        curves = {key: (numbers(model[key]["mean"]), numbers(model[key]["scatter"]))
                  for key in ("c_ell", "pdf", "peaks", "c_ell_ratio") if key in model}
        models[model["model"]] = curves
    return {"source": number, "redshift": source["redshift"], "smoothing": source["smoothing_arcmin"],
            "ell": source["ell"], "kappa": source["kappa"], "snr": source["snr"],
            "models": chosen_models(models, options.model, path)}


def numbers(values):
    return [math.nan if value is None else value for value in values]


def from_statistics(folder, options):
    import h5py
    import numpy as np

    files = sorted(folder.glob("*/LP_*/kappa_stats*.h5"))
    if not files:
        raise Problem(f"no statistics files below {folder} (MODEL/LP_00/kappa_stats.h5): name the root of the stage "
                      "statistics, and make them with kappa_stats")
    ways = {path.name for path in files}
    if len(ways) > 1:
        raise Problem(f"{folder} holds statistics of maps made in several ways ({', '.join(sorted(ways))}): "
                      "plot them from a folder that holds one of them")
    bins, realizations, number = None, {}, None
    for path in files:
        try:
            with h5py.File(path, "r") as file:
                sources = {int(name[1:]): name for name in file if name[0] == "z" and name[1:].isdigit()}
                if number is None:
                    number = chosen_source(sources, options.source, path)
                elif number not in sources:
                    raise Problem(f"{path} has no source plane {number}, unlike those before")
                own = {name: file[f"bins/{name}"][()] for name in ("ell_mean", "pdf_kappa_edges", "snr_edges",
                                                                   "smoothing_arcmin")}
                if bins is None:
                    bins = own
                elif any(own[key].shape != bins[key].shape or (own[key] != bins[key]).any() for key in own):
                    raise Problem(f"{path} has other bins than {files[0]}: make the statistics again with kappa_stats")
                mean = file[f"{sources[number]}/over_runs/mean"]
                scale = int(abs(bins["smoothing_arcmin"] - options.smoothing).argmin())
                pixels = mean["pdf_kappa"][()]
                realizations.setdefault(file.attrs["model"].decode(), {})[int(file.attrs["realization"])] = {
                    "c_ell": mean["c_ell"][()],
                    # Counts begin below the lowest edge and end above the highest.
                    "pdf": pixels[1:-1] / (pixels.sum() * np.diff(bins["pdf_kappa_edges"])),
                    "peaks": mean["peaks"][scale][1:-1]}
        except (OSError, KeyError) as error:
            raise Problem(f"{path} cannot be read as a statistics file ({error}); `recovery why` tells more") from error
    dmo = realizations.get("dmo", {})
    models = {}
    for name, maps in realizations.items():
        models[name] = {key: over(np, [one[key] for one in maps.values()]) for key in ("c_ell", "pdf", "peaks")}
        ratios = [ratio(np, one["c_ell"], dmo[r]["c_ell"]) for r, one in maps.items() if r in dmo]
        if name != "dmo" and ratios:
            models[name]["c_ell_ratio"] = over(np, ratios)
    middles = {key: 0.5 * (bins[key][1:] + bins[key][:-1]) for key in ("pdf_kappa_edges", "snr_edges")}
    return {"source": number, "redshift": 0, "smoothing": float(bins["smoothing_arcmin"][scale]),
            "ell": bins["ell_mean"], "kappa": middles["pdf_kappa_edges"], "snr": middles["snr_edges"],
            "models": chosen_models(models, options.model, folder)}


def ratio(np, above, below):
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def over(np, rows):
    scatter = np.std(rows, axis=0, ddof=1) if len(rows) > 1 else np.zeros_like(rows[0])
    return np.mean(rows, axis=0), scatter


def chosen_source(sources, asked, where):
    if not sources:
        raise Problem(f"{where} holds no source plane")
    if asked is None:
        return max(sources)
    if asked not in sources:
        raise Problem(f"{where} has no source plane {asked}; it has {', '.join(map(str, sorted(sources)))}")
    return asked


def chosen_models(models, asked, where):
    for name in asked or []:
        if name not in models:
            raise Problem(f"{where} has no model {name}; it has {', '.join(sorted(models))}")
    names = asked or sorted(models, key=lambda name: ({"dmo": 0, "hydro": 1}.get(name, 2), name))
    return {name: models[name] for name in names}


def draw(picture, output):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 9, "axes.grid": True, "grid.alpha": 0.25, "legend.frameon": False,
                         "legend.fontsize": 7})
    legend_rows = -(-len(picture["models"]) // 3)
    height = 6.4 + 0.16 * legend_rows
    figure, ((spectrum, beside), (pdf, peaks)) = plt.subplots(2, 2, figsize=(9, height))
    others = [name for name in picture["models"] if name not in ("dmo", "hydro")]
    shades = matplotlib.colormaps["viridis"] if hasattr(matplotlib, "colormaps") else plt.get_cmap("viridis")
    colours = {"dmo": "#222222", "hydro": "#c0392b"}
    colours.update({name: shades(0.25 + 0.7 * k / max(1, len(others))) for k, name in enumerate(others)})

    ell = [float(value) for value in picture["ell"]]
    for axis, key, x in ((spectrum, "c_ell", ell), (beside, "c_ell_ratio", ell), (pdf, "pdf", picture["kappa"]),
                         (peaks, "peaks", picture["snr"])):
        for name, curves in picture["models"].items():
            if key not in curves:
                continue
            mean, scatter = curves[key]
            factor = [value**2 / (2 * math.pi) for value in ell] if key == "c_ell" else [1.0] * len(x)
            middle = [m * f for m, f in zip(mean, factor)]
            axis.plot(x, middle, color=colours[name], lw=1.2, label=name)
            if name in ("dmo", "hydro"):  # more bands would hide one another
                # A logarithmic axis has no place for a band that reaches zero: it ends far below the curve.
                axis.fill_between(x, [max(m - s * f, 1e-3 * m) for m, s, f in zip(middle, scatter, factor)],
                                  [m + s * f for m, s, f in zip(middle, scatter, factor)],
                                  where=[m > 0 for m in middle], color=colours[name], alpha=0.15, lw=0)
    for axis in (spectrum, beside):
        axis.set_xscale("log")
        axis.set_xlabel(r"$\ell$")
    for axis in (spectrum, pdf, peaks):
        axis.set_yscale("log", nonpositive="mask")
    spectrum.set_ylabel(r"$\ell^2 C_\ell / 2\pi$")
    beside.set_ylabel(r"$C_\ell / C_\ell^{\rm dmo}$")
    beside.axhline(1, color="0.4", lw=0.8)
    if not beside.has_data() or len(beside.lines) == 1:
        beside.text(0.5, 0.5, "no model beside dmo", ha="center", transform=beside.transAxes)
    pdf.set_xlabel(r"$\kappa$")
    pdf.set_ylabel("PDF")
    peaks.set_xlabel(f"peak height / sigma, smoothed with {picture['smoothing']:g} arcmin")
    peaks.set_ylabel("peaks per map and bin")
    figure.legend(*spectrum.get_legend_handles_labels(), loc="lower center", ncol=3)
    at = f", redshift {picture['redshift']:.2f}" if picture["redshift"] > 0 else ""
    figure.suptitle(f"source plane {picture['source']}{at}", fontsize=10)
    figure.tight_layout(rect=(0, (0.16 * legend_rows + 0.1) / height, 1, 1))
    try:
        # No version and no date inside: equal numbers give equal files.
        dates = {".png": {"Software": None}, ".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
        figure.savefig(output, dpi=110, metadata=dates.get(output.suffix))
    except ValueError as error:
        raise Problem(f"{output}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
