"""One command run and measured, for the benches that take programs as a whole."""
import os
import subprocess
import sys
import time


def measured(command, folder, status=0):
    """Runs a command; wall and processor seconds, peak memory."""
    start = time.monotonic()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = child.stdout.read().decode()
    _, ended, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(ended)
    if child.returncode != status:
        sys.exit(f"{' '.join(command)}: exit status {child.returncode}\n{output}")
    return {
        "wall_seconds": round(time.monotonic() - start, 2),
        "user_seconds": round(usage.ru_utime, 2),
        "system_seconds": round(usage.ru_stime, 2),
        "peak_bytes": usage.ru_maxrss * 1024,
        "load": round(os.getloadavg()[0], 1),
    }
