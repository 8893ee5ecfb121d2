"""One job of a kind per data folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desk.lock import RoleLock
from schemas.errors import KirkukError

HOLD = """
import sys, time
from desk.lock import RoleLock
with RoleLock(sys.argv[1], "alert"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_told_who_holds_it(tmp_path):
    """The message names the process and the remedy."""
    with RoleLock(str(tmp_path), "alert"), pytest.raises(KirkukError, match=f"process {os.getpid()} already runs"):
        RoleLock(str(tmp_path), "alert").__enter__()


def test_roles_and_folders_are_apart(tmp_path):
    """Another role, or the same one elsewhere, is free."""
    here, elsewhere = str(tmp_path / "a"), str(tmp_path / "b")
    with RoleLock(here, "alert"), RoleLock(here, "match"), RoleLock(elsewhere, "alert"):
        pass
    with RoleLock(str(tmp_path / "a"), "alert"):
        pass


def test_a_killed_holder_leaves_nothing_behind(tmp_path):
    """SIGKILL frees the lock at once."""
    root = Path(__file__).parents[2]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(KirkukError, match=f"process {holder.pid}"):
        RoleLock(str(tmp_path), "alert").__enter__()
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with RoleLock(str(tmp_path), "alert", patience_s=2):
        pass
