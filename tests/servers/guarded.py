"""Child processes that never outlive the test run, even when that is killed with SIGKILL.

Each child gets a process group of its own and a guard beside it: a shell that waits on a pipe from us. When the pipe
closes without a word, we are gone, and the guard kills the group.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

GUARD = 'read -r _ || kill -s KILL -- "-$1" 2>/dev/null'


class Guarded:
    """A running command and its whole process group; output goes to a file."""

    def __init__(
        self,
        command: Sequence[str],
        output: IO[bytes],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=dict(os.environ if environment is None else environment),
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", str(self.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Not reached by Ctrl-C in the terminal: it must see us end.
            start_new_session=True,
        )

    def exit_status(self) -> int | None:
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Sent to every process of the group; nothing when all are gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def wait(self, limit_s: float) -> int | None:
        """The exit status, or None when it still runs after the limit."""
        try:
            return self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Kill what is left of the group, then send the guard home."""
        self.signal(signal.SIGKILL)
        self._process.wait()
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.write(b"done\n")
            self._guard.stdin.close()
        self._guard.wait()


def run(
    command: Sequence[str],
    *,
    folder: Path,
    output: Path,
    limit_s: float,
    environment: Mapping[str, str] | None = None,
) -> int | None:
    """Run to the end with its output appended to a file; the exit status, or None when it was killed at the limit."""
    with output.open("ab") as log:
        process = Guarded(command, log, folder=folder, environment=environment)
        try:
            return process.wait(limit_s)
        finally:
            process.end()
