#!/usr/bin/env python3
"""What the ledger and a scan take at the size of the real campaign: 61,540 products, 1,387,540 files, 34,680 receipts.

    bench/ledger_campaign.py --bin build/release/bin --folder /scratch/bench --json result.json

With --products the campaign has 1.4 million products instead, one file each (1,402,200, and 34,200 receipts).

Makes the campaign with large_tree (a few minutes, 7 GB, 1.4 million inodes) unless the folder holds it already, then merges
all receipts, looks at everything cold (nothing seen before) and three times warm, then after a changed seed (all 34,000 runs
stale) and a changed cosmology (all potentials, too), and makes the ledger again from the archive. Measures and reports; the only
thing it fails for is a command that fails.
"""
import argparse
import json
import os
import platform
import shutil
import subprocess
from pathlib import Path

from measured_command import measured


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="the build's bin/")
    parser.add_argument("--folder", type=Path, required=True, help="for the campaign; made if it is not there")
    parser.add_argument("--models", type=int, default=34, help="2: dmo and hydro only")
    parser.add_argument("--products", action="store_true", help="1.4 million products instead of files")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--keep", action="store_true", help="leave the campaign for another time")
    arguments = parser.parse_args()
    programs, folder = arguments.bin.resolve(), arguments.folder.resolve()
    if not folder.exists():
        subprocess.run([programs / "large_tree", folder, str(arguments.models),
                        *(["products"] if arguments.products else [])], check=True)
    receipts, archive = folder / "state/receipts", folder / "state/receipts/archive"
    if archive.exists():  # of an earlier time
        for receipt in archive.glob("*.json"):
            receipt.rename(receipts / receipt.name)
    for name in ("ledger.sqlite", "seen-files"):
        (folder / "state" / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "state/records", ignore_errors=True)
    shutil.rmtree(folder / "state/replaced", ignore_errors=True)

    recovery = str(programs / "recovery")
    config = ["--config", "campaign.yaml"]
    result = {"machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
              "receipts": len(list(receipts.glob("*.json")))}
    result["merge"] = measured([recovery, "ledger", "merge", *config], folder)
    result["diagnose_cold"] = measured([recovery, "diagnose", *config], folder)
    result["diagnose_warm"] = [measured([recovery, "diagnose", *config], folder) for _ in range(3)]
    for key, change in (("seed", "raytracing.seed=7"), ("cosmology", "cosmology.omega_m=0.3")):
        result[f"diagnose_other_{key}"] = measured([recovery, "diagnose", *config, "--set", change], folder, 1)
    result["ledger_check"] = measured([recovery, "ledger", "check", *config], folder)
    result["rebuild"] = measured([recovery, "ledger", "rebuild", *config], folder)
    result["bytes"] = {"ledger.sqlite": (folder / "state/ledger.sqlite").stat().st_size,
                       "seen-files": (folder / "state/seen-files").stat().st_size,
                       "records": sum(f.stat().st_size for f in (folder / "state/records").iterdir())}
    print(json.dumps(result, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    if not arguments.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
