"""All benchmarks, one after the other: `make bench`, or `python -m benchmarks [NAME ...]`."""

import subprocess
import sys
import time

COMMANDS = {
    "log": ["benchmarks.log_speed"],
    "parse": ["benchmarks.parse_speed"],
    "match": ["benchmarks.match_speed"],
    "job": ["benchmarks.match_job_speed", "--articles", "2000"],
    "alert": ["benchmarks.alert_speed", "--articles", "4000"],
    "search": ["benchmarks.search_speed", "--articles", "100000"],
    "sizes": ["benchmarks.sizes_speed"],
    "streaming": ["benchmarks.streaming_speed"],
}


def main(names):
    """Run the benchmarks of these names, all of them without a name; return 1 when one failed."""
    unknown = [name for name in names if name not in COMMANDS]
    if unknown:
        print(f"{', '.join(unknown)}: no such benchmark; there are {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    failed = False
    for number, name in enumerate(names or COMMANDS, 1):
        print(f"\n[{number}/{len(names or COMMANDS)}] {' '.join(COMMANDS[name])}", flush=True)
        began = time.perf_counter()
        failed |= subprocess.run([sys.executable, "-m", *COMMANDS[name]], check=False).returncode != 0
        print(f"    {time.perf_counter() - began:.0f} s", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
