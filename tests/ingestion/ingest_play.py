"""Polls a fixed story, and may be killed while it does.

    python ingest_play.py LOG_URL ROUND WHEN:COUNT

ROUND is the state of the story that the feeds show. WHEN is `before` or `after`, COUNT the number of the log's call at
which the process kills itself with SIGKILL (0: never).
"""

import os
import signal
import sys

from connectors import registry
from schemas.feeds import DeadItem
from tests.ingestion.newsroom import Newsroom, item, source

ONE, TWO = source("one"), source("two")
ROUNDS = (
    (
        (item("a"), item("b"), item("e", text="")),
        (item("b", guid="other", text="A summary."), item("c")),
    ),
    (
        (item("d"), item("a", text="Edited."), item("b")),
        (item("c", title="Edited title"), item("b", guid="other", text="Another summary."), item("f")),
    ),
    (
        (item("d"), item("a"), item("g", published_raw=None, published=None)),
        (item("c"), item("f"), item("b", guid="other")),
    ),
)


class Dying:
    """A log that calls `die` before or after its `count`-th call, and at every call from then on."""

    def __init__(self, log, when, count, die):
        self._log, self._when, self._die = log, when, die
        self._count = count or sys.maxsize

    def __getattr__(self, name):
        found = getattr(self._log, name)
        return self._watched(found) if name in {"append", "read", "holds", "end"} else found

    def _watched(self, call):
        def watched(*args, **kwargs):
            self._count -= 1
            if self._count < 0 or (self._count == 0 and self._when == "before"):
                self._die()
            result = call(*args, **kwargs)
            if self._count == 0 and self._when == "after":
                self._die()
            return result

        return watched


def show(room, number):
    """Let the feeds show one round of the story."""
    for feed, items in zip((ONE, TWO), ROUNDS[number], strict=True):
        dead = (DeadItem(key="broken", error="no entry", record="<item>"),)
        room.web.publish(feed, *items, dead=dead, etag=f'"{number}"')


def main(url, number, when, count):
    room = Newsroom(url)
    show(room, int(number))
    log = Dying(room.log, when, int(count), lambda: os.kill(os.getpid(), signal.SIGKILL))
    registry.open_log = lambda _: log
    room.poll(ONE, TWO)


if __name__ == "__main__":
    main(*sys.argv[1:3], *sys.argv[3].split(":"))
