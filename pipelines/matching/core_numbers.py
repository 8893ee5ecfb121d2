"""How many in a core language: digits of all scripts and number words in front of people ("five peshmerga")."""

import re
from typing import Final

from pipelines.matching.core_claims import Line
from pipelines.matching.core_stems import Hit
from pipelines.matching.normalise import fold
from schemas.lexicon import Core
from schemas.lexicon_patterns import words
from schemas.records import Magnitude

_NUMBER: Final = re.compile(r"\d{1,3}(?:[.,٬]\d{3})+(?!\d)|\d+")
_MOST_DIGITS: Final = 9
"""Digits of the longest number of people."""
_KINDS: Final = {
    ("ASSAULT", "kill"): "killed",
    ("DISPLACE", "flee"): "displaced",
    ("DISPLACE", "return"): "displaced",
    ("COERCE", "arrest"): "arrested",
}
_WITHIN: Final = 8
"""Words between a number of people and the verb that it belongs to."""


class Numbers:
    """One language's number words and nouns for people, compiled."""

    def __init__(self, core: Core) -> None:
        self._verb_first = core.verb_first
        self._values = {fold(word.replace("_", " ")).text: value for word, value in core.numbers.items()}
        self._people = tuple(fold(stem).text for stem in words(core.people))

    def find(self, line: Line, hit: Hit) -> tuple[Magnitude, ...] | None:
        """Return the number of people that an event is about, None where it tells none."""
        kind = _KINDS.get((hit.rule.group.type, hit.rule.group.mode or ""))
        if kind is None or not self._people:
            return None
        near = (one for one in self._counts(line, kind) if self._belongs(line, hit, one))
        first = next(near, None)
        return (first,) if first is not None else None

    def _belongs(self, line: Line, hit: Hit, found: Magnitude) -> bool:
        """Tell whether a number stands on the side of the verb where its people are, and near."""
        begin, end = line.tokens[hit.first].start, line.tokens[hit.last].end
        before = found.span[1] <= begin
        if (before == self._verb_first and found.span[0] >= end) or (not self._verb_first and not before):
            return False
        low, high = sorted((found.span[0], begin))
        return sum(low < token.start < high for token in line.tokens) <= _WITHIN

    def _counts(self, line: Line, kind: str) -> list[Magnitude]:
        found = []
        for at, token in enumerate(line.tokens):
            previous = line.tokens[at - 1].end if at else line.span[0]
            if self._counts_people(token.text):
                digits = list(_NUMBER.finditer(fold(line.text[previous : token.start]).text))
                if digits and len(digits[-1].group()) <= _MOST_DIGITS:
                    start, end = previous + digits[-1].start(), previous + digits[-1].end()
                    value = float(re.sub(r"\D", "", digits[-1].group()))
                    found.append(Magnitude(kind=kind, value=value, text=line.text[start:end], span=(start, end)))
                elif at and (spelt := self._value(line.tokens[at - 1].text)) is not None:
                    span = line.tokens[at - 1].start, line.tokens[at - 1].end
                    found.append(Magnitude(kind=kind, value=spelt, text=line.text[slice(*span)], span=span))
        return found

    def _counts_people(self, word: str) -> bool:
        return word.removeprefix("ال").startswith(self._people)

    def _value(self, word: str) -> float | None:
        value = self._values.get(word)
        return self._values.get(word[1:]) if value is None and self._verb_first and word[:1] in {"و", "ل"} else value
