"""Stems and wordings of a core language, compiled, and where they stand in a sentence.

A wording is one line of a group: stems parted by blanks, each the beginning of a word (a whole word with `$` after it);
`...` lets other words stand in between ("hava saha ... kapat"). Negated forms are derived, never listed: by prefixes
(Persian, Kurdish; behind a preverb too) or by exchanged endings (Turkish).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pipelines.matching.normalise import fold
from schemas.lexicon import Core, Group
from schemas.lexicon_patterns import lines, words

_WORD: Final = re.compile(r"[^\W\d_]+")
_SHORTEST: Final = 3
_GAP: Final = 12
"""Words that `...` stands for at most."""
_PREFIXES: Final = ("", "و", "ف", "وس", "س", "ب", "ل", "ال", "وال", "بال", "لل")


class Token(NamedTuple):
    """A folded word and its span in the original text."""

    text: str
    start: int
    end: int


class Rule(NamedTuple):
    """A group and the name of the wording that fired."""

    id: str
    group: Group


class Hit(NamedTuple):
    """A wording found: the first and last token of its verb (of what stands together with it)."""

    rule: Rule
    negated: bool
    future: bool
    first: int
    last: int
    begin: int
    final: int
    """The first and last token of the whole wording, which may hold others."""
    wished: bool = False
    """The form of its verb says that somebody wants it."""


class _Part(NamedTuple):
    stem: str
    whole: bool
    gap: bool

    def fits(self, word: str) -> bool:
        return word == self.stem if self.whole else word.startswith(self.stem)


class _Wording(NamedTuple):
    parts: tuple[_Part, ...]
    rule: Rule
    negated: bool

    @property
    def weight(self) -> tuple[int, int]:
        return len(self.parts), sum(len(part.stem) for part in self.parts)


def tokens_of(text: str, span: tuple[int, int]) -> list[Token]:
    """Split one sentence into folded words with their spans in `text`."""
    folded = fold(text[slice(*span)])
    found = ((match.group(), *folded.original(*match.span())) for match in _WORD.finditer(folded.text))
    return [Token(word, start + span[0], end + span[0]) for word, start, end in found]


class Stems:
    """One language's wordings by the first stem."""

    def __init__(self, code: str, core: Core) -> None:
        self._verb_first = core.verb_first
        self._core = core
        self._by_stem: dict[str, list[_Wording]] = {}
        self._future = re.compile(core.future_endings) if core.future_endings else None
        self._negative_form = re.compile(core.negative) if core.negative else None
        self._wished = re.compile(core.wished) if core.wished else None
        for group in core.groups:
            name = f"{code}.{group.type}.{group.mode}" if group.mode else f"{code}.{group.type}"
            for line in (*words(group.verbs), *lines(group.phrases)):
                self._add(line, Rule(f"{name}.{line}", group))

    def find(self, tokens: list[Token]) -> list[Hit]:
        """Find all wordings of a sentence in the order of their verbs; no word counts for two of them."""
        hits: list[Hit] = []
        used: set[int] = set()
        for at in range(len(tokens)):
            if at not in used and (found := self._at(tokens, at)) is not None:
                hit, places = found
                used.update(places)
                hits.append(hit)
        return sorted(hits, key=lambda hit: hit.first)

    def _add(self, line: str, rule: Rule) -> None:
        for negated, forms in ((False, (line,)), (True, tuple(self._negative(line)))):
            for form in forms:
                parts = _parts(form)
                self._by_stem.setdefault(parts[0].stem, []).append(_Wording(parts, rule, negated))

    def _negative(self, line: str) -> Iterator[str]:
        """Yield the negated forms of a wording: a prefix on any word of it, an ending only on the last."""
        parts = line.split()
        for at, word in enumerate(parts):
            if word != "...":
                yield from (" ".join([*parts[:at], form, *parts[at + 1 :]]) for form in self._prefixed(word))
        rest, blank, verb = line.rpartition(" ")
        for ending, negative in self._core.negative_endings.items():
            if verb.endswith(ending):
                yield f"{rest}{blank}{verb.removesuffix(ending)}{negative}"

    def _prefixed(self, word: str) -> Iterator[str]:
        for prefix in words(self._core.negative_prefixes):
            yield f"{prefix}{word}"
            for preverb in words(self._core.preverbs):
                if word.startswith(preverb) and word != preverb:
                    yield f"{preverb}{prefix}{word.removeprefix(preverb)}"

    def _at(self, tokens: list[Token], at: int) -> tuple[Hit, list[int]] | None:
        best: tuple[tuple[int, int], Hit, list[int]] | None = None
        for prefix, wording in self._candidates(tokens[at].text):
            places = _places(wording, tokens, at)
            if places is not None and (best is None or wording.weight > best[0]):
                best = wording.weight, self._hit(wording, prefix, places, tokens), places
        return best[1:] if best is not None else None

    def _candidates(self, word: str) -> Iterator[tuple[str, _Wording]]:
        """Yield the wordings whose first stem begins a word, and the particle that was passed over."""
        for prefix in _PREFIXES if self._verb_first else ("",):
            if not word.startswith(prefix):
                continue
            bare = word[len(prefix) :]
            for length in range(len(bare), 1, -1):
                for wording in self._by_stem.get(bare[:length], ()):
                    first = wording.parts[0]
                    if first.fits(bare) and (first.whole or len(wording.parts) > 1 or length >= _SHORTEST):
                        yield prefix, wording

    def _denies(self, verb: str, stem: str) -> bool:
        """Tell whether a verb is negated by what its listed stem is continued with."""
        pattern = self._negative_form
        return pattern is not None and pattern.search(verb) is not None and pattern.search(stem) is None

    def _hit(self, wording: _Wording, prefix: str, places: list[int], tokens: list[Token]) -> Hit:
        run = _run(places if self._verb_first else places[::-1])
        verb = tokens[run[0] if self._verb_first else run[-1]].text
        stem = wording.parts[-1].stem
        future = prefix.endswith("س") or (self._future is not None and self._future.search(verb) is not None)
        negated = wording.negated or self._denies(verb, stem)
        wished = self._wished is not None and self._wished.search(verb) is not None
        return Hit(wording.rule, negated, future, run[0], run[-1], min(places), max(places), wished)


def _run(places: Iterable[int]) -> list[int]:
    """Return the words that stand together with the first of `places`, in the order of the text."""
    run: list[int] = []
    for place in places:
        if run and abs(place - run[-1]) != 1:
            break
        run.append(place)
    return sorted(run)


def _parts(line: str) -> tuple[_Part, ...]:
    parts = []
    gap = False
    for word in line.split():
        if word == "...":
            gap = True
            continue
        parts.append(_Part(fold(word.removesuffix("$")).text, word.endswith("$"), gap))
        gap = False
    return tuple(parts)


def _places(wording: _Wording, tokens: list[Token], at: int) -> list[int] | None:
    """Return where the parts of a wording stand when its first stands at `at`, None where one is missing."""
    places = [at]
    for part in wording.parts[1:]:
        reach = range(places[-1] + 1, min(len(tokens), places[-1] + 2 + (_GAP if part.gap else 0)))
        found = next((place for place in reach if part.fits(tokens[place].text)), None)
        if found is None:
            return None
        places.append(found)
    return places
