"""Do all feeds fail? One that fails is its own trouble; all of them are the network's, or that of this machine."""

from collections import Counter
from collections.abc import Collection
from typing import Final

REMEDY: Final = "see that this machine reaches the network; `kirkuk feeds list` names each"


def kinds_told(kinds: Collection[str]) -> str:
    """Put kinds of failures in a few words, the most frequent first."""
    return ", ".join(f"{kind} {count}" for kind, count in Counter(kinds).most_common())


class Silence:
    """Notes how each of `feeds` polled feeds fared last, and tells when all of them fail, and when that is over."""

    def __init__(self, feeds: int) -> None:
        self._feeds = feeds
        self._failed: dict[int, str] = {}
        self._told = False

    def note(self, number: int, kind: str | None) -> str:
        """Note a poll of a feed, `kind` None for an answer; return what is to be told now, "" for nothing."""
        if kind is None:
            self._failed.pop(number, None)
            was_told, self._told = self._told, False
            return "feeds answer again" if was_told else ""
        self._failed[number] = kind
        if self._told or len(self._failed) < self._feeds:
            return ""
        self._told = True
        return f"all {self._feeds} feeds fail: {kinds_told(self._failed.values())}; {REMEDY}"
