"""Where this user's caches lie: what may be deleted at any time."""

import os
from pathlib import Path


def user_cache() -> Path:
    """Return `KIRKUK_CACHE`, else the folder `kirkuk` in the user's cache folder."""
    named = os.environ.get("KIRKUK_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kirkuk"
