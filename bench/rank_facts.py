"""One rank of a measured program: runs it, and notes what the kernel counted for it in rankN.json of a folder.

    python3 -I -S rank_facts.py folder program words...

Loads next to nothing, for its own start counts in the wall time of what is measured.
"""
import os
import sys


def io_counts():
    with open("/proc/self/io") as lines:
        return {key: int(value) for key, value in (line.split(":") for line in lines)}


def main():
    folder, command = sys.argv[1], sys.argv[2:]
    before = io_counts()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    after = io_counts()  # includes what children counted that have ended
    facts = {
        "processor_seconds": usage.ru_utime + usage.ru_stime,
        "system_seconds": usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
        "bytes_read": after["rchar"] - before["rchar"],
        "bytes_written": after["wchar"] - before["wchar"],
    }
    rank = os.environ.get("OMPI_COMM_WORLD_RANK", "0")
    with open(os.path.join(folder, f"rank{rank}.json"), "w") as out:
        out.write("{" + ", ".join(f'"{name}": {value}' for name, value in facts.items()) + "}")
    return os.waitstatus_to_exitcode(status)


sys.exit(main())
