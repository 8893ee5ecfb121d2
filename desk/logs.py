"""Log lines on standard error: standard output belongs to results."""

import logging
import sys
from typing import Final

_NOISY: Final = ("apache_beam", "asyncio", "aiohttp", "apprise", "luqum")


def log_to_stderr(level: str = "WARNING") -> None:
    """Send this process's log to standard error, one line each, times in UTC."""
    import time

    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
