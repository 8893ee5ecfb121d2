"""Whether this process still waits for servers that are away.

Connectors are patient: a broker that is restarted costs nobody a batch. A process that was asked to stop is not: what
it can't finish is done again by the next one.
"""

import threading
from typing import Final

_GIVEN_UP: Final = threading.Event()


def give_up() -> None:
    """Let every wait for a server in this process end with the error that caused it, now and from now on."""
    _GIVEN_UP.set()


def pause(seconds: float) -> bool:
    """Rest before another try; return whether there is to be one."""
    return not _GIVEN_UP.wait(seconds)
