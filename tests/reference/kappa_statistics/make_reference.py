#!/usr/bin/env python3
"""Writes kappa04.dat and statistics.json: a lognormal convergence map of 64 x 64 rays over 2 degrees and its statistics,
by numpy alone and by definitions (docs/formats.md, "Statistics of maps"), in the plainest way.

usage: make_reference.py FOLDER
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np

N, FIELD_DEG, SEED = 64, 2.0, 20240607
SCALES_ARCMIN = [1.0, 2.0, 5.0]
ELL_BINS = 10
PDF_KAPPA, PDF_SIGMA, SNR = (-0.1, 0.4, 50), (-5.0, 15.0, 40), (-6.0, 12.0, 36)
SIDE = np.radians(FIELD_DEG)


def make_map():
    random = np.random.RandomState(SEED)
    n = np.fft.fftfreq(N, 1.0 / N)
    ell = 2 * np.pi / SIDE * np.hypot(n[:, None], n[None, :])
    ell[0, 0] = 1.0
    noise = np.fft.fft2(random.normal(size=(N, N))) * ell**-0.6
    noise[0, 0] = 0.0
    field = np.fft.ifft2(noise).real
    field *= 0.5 / field.std()
    return 0.03 * (np.exp(field - 0.125) - 1.0)


def counts(values, lowest, highest, bins):
    edges = np.linspace(lowest, highest, bins + 1)
    inside = values[(values >= lowest) & (values < highest)]
    middle, _ = np.histogram(inside, edges)
    return [int((values < lowest).sum()), *map(int, middle), int((values >= highest).sum())]


def spectrum(kappa):
    power = np.abs(np.fft.fft2(kappa)) ** 2 * SIDE**2 / N**4
    n = np.rint(np.fft.fftfreq(N, 1.0 / N)).astype(int)
    square = n[:, None] ** 2 + n[None, :] ** 2
    lower, result = 0.5, {"lower": [], "upper": [], "mean": [], "modes": [], "c_ell": []}
    for b in range(1, ELL_BINS + 1):
        upper = round((N / 2) ** (2 * b / ELL_BINS)) + 0.5
        chosen = (square > lower) & (square < upper)
        if not chosen.any():
            continue
        unit = 2 * np.pi / SIDE
        result["lower"].append(unit * np.sqrt(lower))
        result["upper"].append(unit * np.sqrt(upper))
        result["mean"].append(float((unit * np.sqrt(square[chosen])).mean()))
        result["modes"].append(int(chosen.sum()))
        result["c_ell"].append(float(power[chosen].mean()))
        lower = upper
    return result


def peaks(kappa, scale_arcmin):
    scale = scale_arcmin / 60.0 / FIELD_DEG * N  # pixels
    n = np.fft.fftfreq(N, 1.0 / N)
    frequency = 2 * np.pi / N * n
    damping = np.exp(-0.5 * scale**2 * (frequency[:, None] ** 2 + frequency[None, :] ** 2))
    smooth = np.fft.ifft2(np.fft.fft2(kappa) * damping).real
    margin = max(1, int(np.ceil(3 * scale)))
    inner = smooth[margin:-margin, margin:-margin]
    mean, sigma = inner.mean(), inner.std()
    high, low = [], []
    for i in range(margin, N - margin):
        for j in range(margin, N - margin):
            around = [smooth[i + a, j + b] for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
            if smooth[i, j] > max(around):
                high.append((smooth[i, j] - mean) / sigma)
            if smooth[i, j] < min(around):
                low.append((smooth[i, j] - mean) / sigma)
    return {"mean": mean, "sigma": sigma, "pixels": inner.size, "peaks": counts(np.array(high), *SNR),
            "minima": counts(np.array(low), *SNR)}


def main():
    folder = Path(sys.argv[1])
    kappa = make_map()
    marker = struct.pack("<i", N)
    (folder / "kappa04.dat").write_bytes(marker + kappa.astype("<f8").tobytes() + marker)
    off = kappa - kappa.mean()
    variance = (off**2).mean()
    statistics = {
        "grid": N, "field_deg": FIELD_DEG, "seed": SEED, "numpy": np.__version__,
        "settings": {"smoothing_arcmin": SCALES_ARCMIN, "ell_bins": ELL_BINS, "pdf_kappa": PDF_KAPPA,
                     "pdf_sigma": PDF_SIGMA, "snr": SNR},
        "mean": kappa.mean(), "variance": variance, "skewness": (off**3).mean() / variance**1.5,
        "kurtosis": (off**4).mean() / variance**2 - 3, "lowest": kappa.min(), "highest": kappa.max(),
        "pdf_kappa": counts(kappa, *PDF_KAPPA), "pdf_sigma": counts(off / np.sqrt(variance), *PDF_SIGMA),
        "ell": spectrum(kappa), "smoothed": [peaks(kappa, scale) for scale in SCALES_ARCMIN]}
    (folder / "statistics.json").write_text(json.dumps(statistics, indent=1) + "\n")


if __name__ == "__main__":
    main()
