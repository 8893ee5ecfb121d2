"""What an article is about as a whole: signs from its events, names and words, weighed into one score.

The events alone don't tell: a quake kills people in the theatre, a striker from Kirkuk attacks, a book retells a war.
Signs and weights are few and plain, so that a verdict can be explained; the weights stand in the lexicon with the
command that made them (`python -m benchmarks.fit_relevance`).
"""

import re
from collections.abc import Iterator, Mapping
from math import fsum, log1p
from typing import Final

from pipelines.matching.normalise import fold
from schemas.lexicon import Topics
from schemas.lexicon_patterns import words

_WORD: Final = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_READ: Final = 30_000
"""Characters of a text whose words are looked at: what comes later tells nothing new about the subject."""
_MOST_KEPT: Final = 50_000
"""Words of which it is kept whether they are entries."""
_DIGIT: Final = re.compile(r"\d")
_YEAR: Final = 4
"""Digits of a year."""
_SHORT: Final = 4
"""Letters from which on a word may lose a plural ending."""


_OURS: Final = frozenset({"crisis", "wider"})


class Subject:
    """The topic words and weights of one language, compiled once. Immutable."""

    def __init__(self, topics: Topics) -> None:
        self.weights: Mapping[str, float] = dict(topics.weights)
        self.doors = tuple(door.replace("_", " ") for door in words(topics.doors))
        self._single: dict[str, list[str]] = {}
        self._longer: dict[str, list[tuple[str, str]]] = {}
        self._entries: dict[str, str] = {}
        for theme, listed in (*topics.themes.items(), ("crisis", topics.crisis), ("wider", topics.wider)):
            for entry in words(listed):
                self._enter(theme, entry.replace("_", " "))

    def _enter(self, theme: str, entry: str) -> None:
        first, blank, _ = entry.partition(" ")
        if blank:
            self._longer.setdefault(first, []).append((entry, theme))
        else:
            self._single.setdefault(entry, []).append(theme)

    def word_signs(self, title: str, text: str) -> dict[str, float]:
        """Return how much an article has of each theme: the logarithm of the number of its distinct words."""
        heads = self._found(title)
        found = self._found(text[:_READ])
        for theme, entries in heads.items():
            found.setdefault(theme, set()).update(entries)
        signs = {theme: log1p(len(entries)) for theme, entries in found.items()}
        others = [len(entries) for theme, entries in found.items() if theme not in _OURS]
        ours = len(found.get("crisis", ())) + len(found.get("wider", ())) / 2
        signs["strongest_other"] = log1p(max(others, default=0))
        signs["share_other"] = sum(others) / (sum(others) + ours + 1)
        signs["title_other"] = log1p(sum(len(entries) for theme, entries in heads.items() if theme not in _OURS))
        signs["title_crisis"] = log1p(len(heads.get("crisis", ())))
        return signs

    def _found(self, text: str) -> dict[str, set[str]]:
        """Return the distinct entries of each theme in a text."""
        found: dict[str, set[str]] = {}
        said = _WORD.findall(fold(text).text)
        running = f" {' '.join(said)} "
        entries, longer = self._entries, self._longer
        for word in set(said):
            entry = entries.get(word)
            if entry is None:
                entry = self._look_up(word)
            if entry:
                for theme in self._single[entry]:
                    found.setdefault(theme, set()).add(entry)
            if word in longer:
                for entry, theme in longer[word]:
                    if f" {entry} " in running or f" {entry}s " in running:
                        found.setdefault(theme, set()).add(entry)
        return found

    def _look_up(self, word: str) -> str:
        """Return the entry that a word is a form of, "" where it is of none, and keep it at hand."""
        if len(self._entries) >= _MOST_KEPT:
            self._entries.clear()
        entry = self._entries[word] = next((form for form in _forms(word) if form in self._single), "")
        return entry

    def score(self, signs: Mapping[str, float]) -> float:
        """Weigh signs; above 0 the article is on the crisis. Their order doesn't matter, to the last digit."""
        weighed = (self.weights.get(name, 0.0) * value for name, value in signs.items())
        return fsum((self.weights.get("bias", 0.0), *weighed))


def _forms(word: str) -> Iterator[str]:
    """Yield a word, what it is without the ending of a plural or possessor, and the shape of a number.

    A result has the shape #-#, a year its decade's (192#) and its century's (19##).
    """
    yield word
    if word[0].isdecimal():
        if len(word) == _YEAR and word.isdecimal():
            yield word[:3] + "#"
            yield word[:2] + "##"
        else:
            yield _DIGIT.sub("#", word)
    elif len(word) >= _SHORT and word.endswith("s"):
        yield word[:-1].removesuffix("'")
        yield word.removesuffix("es")
