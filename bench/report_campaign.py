#!/usr/bin/env python3
"""What a report takes at the size of the real campaign: 61,880 products, 1,387,880 files, from a ledger that knows them.

    bench/report_campaign.py --bin build/release/bin --folder /scratch/bench --json result.json

Makes the campaign with large_tree (a few minutes, 8 GB, 1.4 million inodes) unless the folder holds it already, merges the
receipts, looks at everything once, and then writes three reports: of the sound campaign at the tier that `verify` looks at without being
asked, and one after losses. Measures and reports; the only thing it fails for is a command that fails.
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
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--keep", action="store_true", help="leave the campaign for another time")
    arguments = parser.parse_args()
    programs, folder = arguments.bin.resolve(), arguments.folder.resolve()
    if not folder.exists():
        subprocess.run([programs / "large_tree", folder, str(arguments.models), "statistics"], check=True)

    recovery = str(programs / "recovery")
    config = ["--config", "campaign.yaml"]
    verify = [recovery, "verify", *config, "--report"]
    result = {"machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}}
    result["merge"] = measured([recovery, "ledger", "merge", *config], folder)
    result["first_look"] = measured([recovery, "verify", *config], folder)
    result["report"] = [measured(verify, folder) for _ in range(3)]
    latest = folder / "state/reports/latest"
    names = ("report.html", "report.md", "report.json", "checksums.xxh128")
    result["bytes"] = {name: (latest / name).stat().st_size for name in names}
    away = folder / "away"
    away.mkdir()
    (folder / "RT/hydro").rename(away / "hydro")
    try:
        result["report_after_losses"] = measured(verify, folder, 1)
        result["bytes_after_losses"] = {name: (latest / name).stat().st_size for name in names}
    finally:
        (away / "hydro").rename(folder / "RT/hydro")
        away.rmdir()
    print(json.dumps(result, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    if not arguments.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
