"""TCP ports for servers that are killed and restarted on the same address.

Ports the system hands out by itself are no good for that: while the server is down, a client that retries may be given
the very port as its own end, connect to itself, and keep the server from coming back. So ports are taken from below
the range that the system hands out, and each is reserved with a file lock for as long as the server object lives, so
that test runs beside each other never take the same one.
"""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

LOOPBACK = "127.0.0.1"
LOWEST = 15_000
# What Linux hands out by default starts here; a machine may be set otherwise.
HANDED_OUT_FROM = 32_768


class Port:
    """A port number that no other holder of a `Port` on this machine and by this user has."""

    def __init__(self, number: int, lock: IO[str]) -> None:
        self.number = number
        self._lock = lock

    def release(self) -> None:
        self._lock.close()


def is_free(number: int) -> bool:
    """Whether a server could listen there now, on loopback and on all addresses (where another may already be)."""
    for address in (LOOPBACK, ""):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, number))
            except OSError:
                return False
    return True


def reserve(preferred: int | None = None) -> Port:
    """The preferred port when it can be had, else any; OSError when none is left."""
    numbers = list(range(LOWEST, _handed_out_from()))
    # Its own generator: test runs seed the common one, and would then all try the same ports in the same order.
    random.SystemRandom().shuffle(numbers)
    for number in [preferred, *numbers] if preferred else numbers:
        port = _reserve(number)
        if port is not None:
            return port
    raise OSError(f"no free port from {LOWEST} to {_handed_out_from()}")


def _reserve(number: int) -> Port | None:
    folder = Path(tempfile.gettempdir()) / f"kirkuk-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = (folder / str(number)).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    if is_free(number):
        return Port(number, lock)
    lock.close()
    return None


def _handed_out_from() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return HANDED_OUT_FROM
    # Too little room below it, for example on a machine set to hand out everything: take the usual range all the same.
    return first if first > LOWEST + 1_000 else HANDED_OUT_FROM
