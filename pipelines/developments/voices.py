"""How many independent sources tell something, and how many of the articles are copies of each other.

Two articles are one source when they come from one publisher, when one contains the other's text, when they credit the
same source, or when one credits the other's outlet; and so on along the chain. A count of independent sources is thus
never too high for a reason that the articles show.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from pipelines.similarity import CopyGroups
from schemas.records import ArticleRef, ClaimSource

Rank = tuple[datetime, str]
"""Arrival and id of an article: the order in which texts are compared, so that it does not matter who came first here.
"""
_LETTERS: Final = re.compile(r"\W+")


class Voice(NamedTuple):
    """One article as a source: what it shares with other articles when they are not independent."""

    rank: Rank
    sketch: tuple[int, ...]
    keys: frozenset[str]


def voice_of(article: ArticleRef, credited: Iterable[ClaimSource]) -> Voice:
    """Return the voice of an article that credits these sources ((): it speaks for itself)."""
    own = {_name(name) for name in (article.publisher, article.outlet) if name}
    keys = own | {key for source in credited if (key := _credit(source))}
    return Voice((article.ingested, article.article_id), article.shingles, frozenset(keys))


def _credit(source: ClaimSource) -> str | None:
    """Return what tells sources apart; None for an anonymous one, which may be anybody."""
    if source.id is not None:
        return f"id:{source.id}"
    return None if source.kind == "anonymous" else _name(source.text)


def _name(text: str) -> str:
    words = text.casefold().removeprefix("the ").removeprefix("https://").removeprefix("www.")
    return "name:" + _LETTERS.sub("", words.removesuffix(".com"))


class _Groups:
    """Disjoint sets that can be taken back one element at a time, last in first out."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._size: list[int] = []
        self._merges: list[list[int]] = []
        self.count = 0

    def push(self, linked: Iterable[int]) -> None:
        """Add the next element and unite its set with those of earlier ones."""
        self._parent.append(len(self._parent))
        self._size.append(1)
        self._merges.append([])
        self.count += 1
        for other in linked:
            self._unite(other, len(self._parent) - 1)

    def _root(self, number: int) -> int:
        # No path compression, which could not be taken back; union by size keeps paths short.
        while self._parent[number] != number:
            number = self._parent[number]
        return number

    def _unite(self, left: int, right: int) -> None:
        big, small = self._root(left), self._root(right)
        if big == small:
            return
        if self._size[big] < self._size[small]:
            big, small = small, big
        self._parent[small] = big
        self._size[big] += self._size[small]
        self._merges[-1].append(small)
        self.count -= 1

    def pop(self) -> None:
        """Take the last element back."""
        for small in reversed(self._merges.pop()):
            self._size[self._parent[small]] -= self._size[small]
            self._parent[small] = small
            self.count += 1
        self._parent.pop()
        self._size.pop()
        self.count -= 1


class Voices:
    """The voices that tell one thing. Counts depend on the set of voices alone.

    Texts are compared in order of arrival. A voice that comes or goes makes those that arrived after it be compared
    again; work grows with the number of voices where they come about in order.
    """

    def __init__(self) -> None:
        self._voices: list[Voice] = []
        self._built = 0
        self._copies = CopyGroups()
        self._texts = _Groups()
        self._sources = _Groups()
        self._holders: dict[str, int] = {}
        """Key -> the first voice that has it."""

    def add(self, voice: Voice) -> None:
        """Take a voice."""
        position = self._find(voice)
        self._rewind(position)
        self._voices.insert(position, voice)

    def remove(self, voice: Voice) -> None:
        """Drop a voice that was added."""
        position = self._find(voice)
        self._rewind(position)
        del self._voices[position]

    def counts(self) -> tuple[int, int]:
        """Return the number of independent sources, and of articles that are copies of others among these."""
        while self._built < len(self._voices):
            self._build(self._voices[self._built])
        return self._sources.count, len(self._voices) - self._texts.count

    def _build(self, voice: Voice) -> None:
        number, copied = self._copies.add(voice.sketch)
        holders = {self._holders.setdefault(key, number) for key in voice.keys}
        self._texts.push(copied)
        self._sources.push(sorted({*copied, *holders} - {number}))
        self._built += 1

    def _find(self, voice: Voice) -> int:
        return bisect_left(self._voices, voice.rank, key=lambda other: other.rank)

    def _rewind(self, position: int) -> None:
        while self._built > position:
            self._built -= 1
            self._copies.pop()
            self._texts.pop()
            self._sources.pop()
            for key in self._voices[self._built].keys:
                if self._holders[key] == self._built:
                    del self._holders[key]
