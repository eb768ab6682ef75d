#!/usr/bin/env python3
"""lensplane as a whole on a mock universe: processor seconds, wall seconds, bytes and peak memory of each case.

    bench/lensplane_campaign.py --bin build/release/bin --folder /scratch/bench --json result.json

Cases: dmo + hydro alone; all 34 models; five planes of one model made again after a loss; small memory budgets; each with
one rank and with two where that says something; and two jobs of one rank each at the same time, which is what two cores
of the machine can do for programs that share nothing. Cases take turns, repetition by repetition, so that a busy machine
disturbs all of them alike, and those that are compared follow one another; ratios are medians over repetitions of ratios
within one. Planes of all cases are compared byte for byte. Measures and reports; the only thing it fails for is a plane
that differs or a run that fails.
"""
import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

CAMPAIGN = """campaign: bench
state: state
cosmology: {{omega_m: 0.3089, h: 0.6774}}
box: 205.0
input: {{dmo: ../universe/dmo, hydro: ../universe/hydro, particle_types: [0, 1, 4, 5]}}
snapshots: [96]
planes_per_snapshot: 2
realizations: {realizations}
models:
  - dmo
  - hydro
  - replace: {{log10_mass_edges: [12.0, 12.5, 13.0, 13.5, 15.0], open_bins: true, radius_factors: [0.5, 1.0, 3.0, 5.0]}}
lensplanes: {{root: LP, grid: {grid}, assignment: tsc, seed: 2020}}
lux: {{root: LUX}}
raytracing: {{root: RT, grid: 8, field_deg: 5.0, runs: 1, seed: 1992, sources: [2]}}
"""
LOST_MODEL = "hydro_replace_Ml_1.00e13_Mu_inf_R_1.0"
LOST_PLANES = 5
RANK_FACTS = Path(__file__).resolve().parent / "rank_facts.py"
MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_mpi_yield_when_idle": "1",
}


class Bench:
    def __init__(self, options):
        self.options = options
        self.bin = Path(options.bin).resolve()
        self.folder = Path(options.folder).resolve()
        self.runs = []
        self.digests = {}  # plane -> digest of its first making
        self.differing = []

    def program(self, *words):
        subprocess.run([str(self.bin / words[0]), *words[1:]], check=True, stdout=subprocess.DEVNULL)

    def prepare(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        campaign = self.fresh("universe_maker")
        if not (self.folder / "universe" / "made").exists():
            self.program("mock_universe", "--config", str(campaign / "campaign.yaml"), "--particles",
                         str(self.options.particles), "--files", "4")
            (self.folder / "universe" / "made").touch()
        shutil.rmtree(campaign)

    def fresh(self, name):
        campaign = self.folder / name
        shutil.rmtree(campaign, ignore_errors=True)
        campaign.mkdir()
        (campaign / "campaign.yaml").write_text(
            CAMPAIGN.format(realizations=self.options.realizations, grid=self.options.grid))
        self.program("recovery", "init", "--yes", "--config", str(campaign / "campaign.yaml"))
        return campaign

    def run(self, case, campaign, ranks, repetition, *words, beside=None, counts=True):
        """One run, or two at the same time: the other one is `beside`."""
        notes = self.folder / "notes"
        shutil.rmtree(notes, ignore_errors=True)
        campaigns = [folder for folder in (campaign, beside) if folder]
        for folder in campaigns:
            (notes / folder.name).mkdir(parents=True)
        environment = {**os.environ, **MPI, "OMP_NUM_THREADS": "1"}
        os.sync()  # what earlier runs wrote and what was deleted of it is not this run's work
        load = os.getloadavg()[0]
        begin = time.monotonic()
        with open(self.folder / "output", "w") as output:
            jobs = [subprocess.Popen(
                ["mpirun", "-n", str(ranks), sys.executable, "-I", "-S", str(RANK_FACTS),
                 str(notes / folder.name), str(self.bin / "lensplane"), "--config", str(folder / "campaign.yaml"), *words],
                env=environment, stdout=output, stderr=subprocess.STDOUT)
                for folder in campaigns]
            failed = any([job.wait() != 0 for job in jobs])
        wall = time.monotonic() - begin
        text = (self.folder / "output").read_text()
        if failed:
            sys.exit(f"{case}: {text}")
        if not counts:
            return None
        facts = [json.loads(path.read_text()) for path in sorted(notes.glob("*/rank*.json"))]
        passes = re.search(r"(\d+) pass(es)?\b", text)
        run = {
            "case": case,
            "ranks": ranks,
            "repetition": repetition,
            "wall_seconds": round(wall, 2),
            "processor_seconds": round(sum(f["processor_seconds"] for f in facts), 2),
            "busiest_rank_processor_seconds": round(max(f["processor_seconds"] for f in facts), 2),
            "system_seconds": round(sum(f["system_seconds"] for f in facts), 2),
            "bytes_read": sum(f["bytes_read"] for f in facts),
            "bytes_written": sum(f["bytes_written"] for f in facts),
            "peak_bytes_per_rank": max(f["peak_bytes"] for f in facts),
            "load_before": round(load, 1),
            "passes": int(passes.group(1)) if passes else None,
        }
        self.runs.append(run)
        print(f"{case:16} {ranks} rank(s)  cpu {run['processor_seconds']:7.1f} s  wall {wall:7.1f} s  "
              f"read {run['bytes_read'] / 1e9:6.2f} GB  written {run['bytes_written'] / 1e9:6.2f} GB  "
              f"peak {run['peak_bytes_per_rank'] / 2**20:6.0f} MiB/rank  load {load:.1f}", flush=True)
        return run

    def compare(self, case, campaign):
        for path in sorted((campaign / "LP").glob("*/LP_*/lenspot*.dat")):
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "blake2b").hexdigest() if hasattr(hashlib, "file_digest") \
                    else hashlib.blake2b(file.read()).hexdigest()
            name = str(path.relative_to(campaign / "LP"))
            if self.digests.setdefault(name, digest) != digest:
                self.differing.append(f"{case}: {name}")

    def measure(self, repetition):
        pair = self.fresh("pair")
        # The first that counts finds the machine as the others do: what memory such a run left, and nothing larger.
        self.run("dmo_hydro", pair, 1, repetition, "--model", "dmo", "hydro", counts=False)
        for ranks in self.options.ranks:
            pair = self.fresh("pair")
            self.run("dmo_hydro", pair, ranks, repetition, "--model", "dmo", "hydro")
            self.compare("dmo_hydro", pair)
        pair, other = self.fresh("pair"), self.fresh("other")
        self.run("two_jobs", pair, 1, repetition, "--model", "dmo", "hydro", beside=other)
        shutil.rmtree(other)
        shutil.rmtree(pair)
        for ranks in self.options.ranks:
            full = self.fresh("full")
            self.run("all_models", full, ranks, repetition)
            self.compare("all_models", full)
            # The tail of one model's write order, as a killed loop leaves it.
            planes = sorted((full / "LP" / LOST_MODEL).glob("LP_*/lenspot*.dat"))
            for path in planes[-LOST_PLANES:]:
                path.unlink()
            self.run("recovery", full, ranks, repetition, "--model", LOST_MODEL)
            self.compare("recovery", full)
            shutil.rmtree(full)

    def measure_alone(self):
        for model in self.options.alone:
            campaign = self.fresh("alone")
            self.run(f"alone {model}", campaign, 1, 0, "--model", model)
            self.compare(f"alone {model}", campaign)
            shutil.rmtree(campaign)

    def measure_budgets(self):
        for budget in self.options.budgets:
            campaign = self.fresh("budget")
            run = self.run(f"memory {budget}", campaign, 1, 0, "--memory", budget, "--realization", "0")
            run["budget_bytes"] = int(float(budget[:-1]) * {"M": 2**20, "G": 2**30}[budget[-1]])
            run["peak_of_budget"] = round(run["peak_bytes_per_rank"] / run["budget_bytes"], 3)
            self.compare(f"memory {budget}", campaign)
            shutil.rmtree(campaign)

    def at_once(self):
        ratio = self.ratio("wall_seconds", "two_jobs", 1, "dmo_hydro", 1)
        return round(ratio / 2, 3) if ratio else None

    def ratio(self, what, case, ranks, to_case, to_ranks):
        by_place = {(run["case"], run["ranks"], run["repetition"]): run[what] for run in self.runs}
        ratios = [value / by_place[(to_case, to_ranks, place[2])] for place, value in by_place.items()
                  if place[:2] == (case, ranks) and (to_case, to_ranks, place[2]) in by_place]
        return round(statistics.median(ratios), 3) if ratios else None

    def result(self):
        with open("/proc/cpuinfo") as lines:
            models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        version = subprocess.run([str(self.bin / "lensplane"), "--version"], capture_output=True, text=True)
        first = min(self.options.ranks)
        return {
            "program": version.stdout.strip(),
            "machine": {"processor": models[0] if models else platform.processor(), "cores": os.cpu_count()},
            "setting": {"particles_per_side": self.options.particles, "grid": self.options.grid,
                        "realizations": self.options.realizations, "models": 34, "threads_per_rank": 1},
            "ratios": {
                "all_models_to_dmo_hydro_processor_time":
                    self.ratio("processor_seconds", "all_models", first, "dmo_hydro", first),
                "recovery_to_all_models_processor_time":
                    self.ratio("processor_seconds", "recovery", first, "all_models", first),
                "two_ranks_to_one_wall_time_all_models":
                    self.ratio("wall_seconds", "all_models", 2, "all_models", 1),
                "two_ranks_to_one_wall_time_dmo_hydro":
                    self.ratio("wall_seconds", "dmo_hydro", 2, "dmo_hydro", 1),
                # Each does all of it, so half of what they take together is what two cores can make of one.
                "two_jobs_at_once_per_job_to_one_wall_time_dmo_hydro": self.at_once(),
                # What the wall time would be on cores of their own, but for waiting on the disk.
                "two_ranks_busiest_to_one_processor_time_all_models":
                    self.ratio("busiest_rank_processor_seconds", "all_models", 2, "all_models", 1),
                "two_ranks_to_one_processor_time_all_models":
                    self.ratio("processor_seconds", "all_models", 2, "all_models", 1),
            },
            "planes_compared": len(self.digests),
            "planes_that_differ": self.differing,
            "runs": self.runs,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin", help="folder of the programs")
    parser.add_argument("--folder", required=True, help="where the universe and the planes go (about 10 GB)")
    parser.add_argument("--json", help="where the result goes")
    parser.add_argument("--particles", type=int, default=256, help="per side of the box")
    parser.add_argument("--grid", type=int, default=1024)
    parser.add_argument("--realizations", type=int, default=10)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--alone", nargs="*", default=[LOST_MODEL], help="models to make one at a time, too")
    parser.add_argument("--budgets", nargs="*", default=["400M", "600M", "1G", "2G"])
    options = parser.parse_args()
    bench = Bench(options)
    bench.prepare()
    # What is measured is kept step by step: a long run that is ended early was not for nothing.
    steps = [lambda n=n: bench.measure(n) for n in range(options.repetitions)]
    steps[1:1] = [bench.measure_alone, bench.measure_budgets]
    for step in steps:
        step()
        result = bench.result()
        if options.json:
            Path(options.json).write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["ratios"], indent=1))
    if result["planes_that_differ"]:
        print("planes that differ:", *result["planes_that_differ"], sep="\n  ")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
