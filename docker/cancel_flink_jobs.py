"""Cancel the jobs of a name that Flink still runs, and wait until they are gone: cancel_flink_jobs.py URL NAME.

A submitter that died leaves its job running, and a job server that was started again has forgotten it; the next
submitter would put a second job beside it, which would do all work twice. Nothing is lost by cancelling: how far the
job came is in the log, and the next one goes on there. Python's own library only, so that it runs in any image.
"""

import json
import sys
import time
import urllib.request

OVER = {"CANCELED", "FAILED", "FINISHED"}
PATIENCE_S = 120.0
TIMEOUT_S = 10.0
PAUSE_S = 1.0


def running(url: str, name: str) -> list[str]:
    """Return the ids of the jobs that are not over and whose name begins with `name`. Raises OSError."""
    with urllib.request.urlopen(f"{url}/jobs/overview", timeout=TIMEOUT_S) as answer:  # noqa: S310 (our own server)
        jobs = json.load(answer)["jobs"]
    return [job["jid"] for job in jobs if job["name"].startswith(name) and job["state"] not in OVER]


def cancel(url: str, job: str) -> None:
    """Ask for the end of a job. Raises OSError."""
    request = urllib.request.Request(f"{url}/jobs/{job}?mode=cancel", method="PATCH")  # noqa: S310 (our own server)
    urllib.request.urlopen(request, timeout=TIMEOUT_S).close()  # noqa: S310


def cancel_all(url: str, name: str, patience_s: float = PATIENCE_S) -> int:
    """Cancel what runs under `name` and return how many that were. Raises OSError, TimeoutError."""
    found = running(url, name)
    for job in found:
        cancel(url, job)
    deadline = time.monotonic() + patience_s
    while running(url, name):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url}: a job named {name} is still there {patience_s:g} s after it was cancelled")
        time.sleep(PAUSE_S)
    return len(found)


if __name__ == "__main__":
    print(f"cancelled: {cancel_all(sys.argv[1].rstrip('/'), sys.argv[2])}", file=sys.stderr)  # noqa: T201
