"""One pass over a text for every name that the schema knows, in all languages (Aho-Corasick)."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from pipelines.matching.normalise import Folded, fold
from schemas.lexicon_patterns import words
from schemas.vocabulary import Vocabulary

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
"""Halves of letters that a broken feed may carry; the automaton reads only what UTF-8 can write."""
_ARABIC_PREFIXES: Final = (
    "وبال",
    "وال",
    "فال",
    "بال",
    "کال",
    "ولل",
    "لل",
    "ال",
    "وب",
    "ول",
    "فب",
    "و",
    "ف",
    "ب",
    "ل",
    "ک",
)
"""Arabic particles and the article that are written together with the next word."""
_ARABIC_SUFFIXES: Final = frozenset(
    [
        "دا",
        "ی",
        "یە",
        "ەکان",
        "ەکانی",
        "ان",
        "انی",
        "یان",
        "یش",
        "ش",
        "ەوە",
        "یەوە",
        "یەکان",
        "ەکە",
        "یەکە",
        "یدا",
        "ها",
        "های",
        "ین",
        "ون",
        "ات",
        "یة",
    ]
)
"""Sorani and Persian endings, Arabic plurals, that are written together with the name."""
_LONGEST_AFFIX: Final = 5
_LATIN_SUFFIXES: Final = frozenset(
    words(
        "nin nın nun nün in ın un ün ne na ni nı nu nü ye ya yi yı yu yü e a i ı u ü"
        " nden ndan den dan ten tan nde nda de da te ta yle yla le la ndeki ndaki deki daki"
        " lar ler ların lerin lara lere ları leri lardan lerden larla lerle ê yê î yî ên yên an yan"
    )
)
"""Turkish and Kurmanji endings on names that are common nouns ("peşmergenin")."""
_SHORTEST_INFLECTED: Final = 6
"""Letters of a name that is recognised before such an ending; shorter ones begin other words."""


class Mention(NamedTuple):
    """A known name at [start, end) of the field; `actors` and `places` are candidate ids, likeliest first."""

    start: int
    end: int
    actors: tuple[str, ...]
    places: tuple[str, ...]


class _Alias(NamedTuple):
    surface: str
    actors: tuple[str, ...]
    places: tuple[str, ...]
    cased: bool
    inflected: bool = False
    """It may bear endings of Turkish or Kurmanji without an apostrophe."""


def _is_arabic(letter: str) -> bool:
    return "\u0600" <= letter <= "\u06ff"


def _aliases(vocabulary: Vocabulary) -> list[_Alias]:
    """Collect surface forms; a form of several ids keeps all of them in the vocabulary's order."""
    actors: dict[str, dict[str, None]] = {}
    places: dict[str, dict[str, None]] = {}
    surfaces: dict[str, bool] = {}
    inflected: set[str] = set()
    for table, entries in ((actors, vocabulary.actors), (places, vocabulary.places)):
        for entry in entries.values():
            for language, forms in entry.aliases.items():
                for form in forms:
                    table.setdefault(form, {})[entry.id] = None
                    if language in {"tr", "kmr"} and len(form) >= _SHORTEST_INFLECTED:
                        inflected.add(form)
                    surfaces[form] = surfaces.get(form, True) and _cased(form, language)
    return [
        _Alias(form, tuple(actors.get(form, ())), tuple(places.get(form, ())), cased, form in inflected)
        for form, cased in surfaces.items()
    ]


def _cased(form: str, language: str) -> bool:
    return language in {"en", "tr", "kmr"} and form[:1].isupper()


def _is_acronym(form: str) -> bool:
    return len(form) <= 6 and form.isascii() and form.isupper() and len(form) > 1


class Scanner:
    """Two automata: acronyms in the original's case ("US" is no "us"), everything else over the folded copy."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        everything = _aliases(vocabulary)
        self._acronyms = [alias for alias in everything if _is_acronym(alias.surface)]
        self._names: list[_Alias] = []
        by_form: dict[str, int] = {}
        for alias in everything:
            if _is_acronym(alias.surface):
                continue
            form = fold(alias.surface).text
            if form in by_form:
                at = by_form[form]
                self._names[at] = _merge(self._names[at], alias)
            else:
                by_form[form] = len(self._names)
                self._names.append(alias)
        self._exact = _automaton([alias.surface for alias in self._acronyms])
        self._folded = _automaton(list(by_form))

    def scan(self, text: str) -> list[Mention]:
        """Return the longest names in order, none overlapping. Linear in the text."""
        if not text.isascii():
            text = _SURROGATES.sub("\ufffd", text)
        found = self._scan_names(text)
        for at, start, end in _matches(self._exact, text):
            if _bounded(text, start, end):
                alias = self._acronyms[at]
                found.append(Mention(start, end, alias.actors, alias.places))
        return _longest(found)

    def _scan_names(self, text: str) -> list[Mention]:
        folded = fold(text)
        names, found = self._names, []
        for at, low, high in _matches(self._folded, folded.text):
            surface, actors, places, cased, inflected = names[at]
            span = _word_span(folded, low, high, inflected=inflected)
            if span is not None and not (cased and not _capitalised(text, span[0], surface)):
                found.append(Mention(*span, actors, places))
        return found


def _merge(one: _Alias, other: _Alias) -> _Alias:
    return _Alias(
        one.surface,
        tuple(dict.fromkeys(one.actors + other.actors)),
        tuple(dict.fromkeys(one.places + other.places)),
        one.cased and other.cased,
        one.inflected or other.inflected,
    )


def _automaton(patterns: list[str]) -> AhoCorasick | None:
    if not patterns:
        return None
    return AhoCorasick(patterns, implementation=Implementation.ContiguousNFA, store_patterns=False)


def _matches(automaton: AhoCorasick | None, text: str) -> Iterable[tuple[int, int, int]]:
    return automaton.find_matches_as_indexes(text, overlapping=True) if automaton else ()


def _bounded(text: str, start: int, end: int) -> bool:
    if start and ((before := text[start - 1]).isalnum() or before == "_"):
        return False
    return end >= len(text) or not ((after := text[end]).isalnum() or after == "_")


def _word_span(folded: Folded, low: int, high: int, *, inflected: bool) -> tuple[int, int] | None:
    """Return the original span when the match is a whole word, allowing for affixes of the Arabic script and for
    endings of names that are `inflected`.
    """
    text = folded.text
    if _bounded(text, low, high):
        return folded.original(low, high)
    if not _is_arabic(text[low]):
        return folded.original(low, high) if inflected and _bears_ending(text, low, high) else None
    if not (_arabic_start(text, low) and _arabic_end(text, high)):
        return None
    return folded.original(low, high)


def _arabic_start(text: str, low: int) -> bool:
    begin = low
    while begin > 0 and low - begin <= _LONGEST_AFFIX and text[begin - 1].isalnum():
        begin -= 1
    return begin == low or text[begin:low] in _ARABIC_PREFIXES


def _arabic_end(text: str, high: int) -> bool:
    end = high
    while end < len(text) and end - high <= _LONGEST_AFFIX and text[end].isalnum():
        end += 1
    return end == high or text[high:end] in _ARABIC_SUFFIXES


def _bears_ending(text: str, low: int, high: int) -> bool:
    """Tell whether a name in Latin letters begins a word and only an ending follows."""
    if low and (text[low - 1].isalnum() or text[low - 1] == "_"):
        return False
    end = high
    while end < len(text) and end - high <= _LONGEST_AFFIX and text[end].isalpha():
        end += 1
    return text[high:end] in _LATIN_SUFFIXES


def _capitalised(text: str, start: int, surface: str) -> bool:
    """Tell whether the text begins with a capital where the alias does. (A title may write all of it in capitals.)"""
    return text[start].isupper() or not surface[0].isupper()


def _longest(found: list[Mention]) -> list[Mention]:
    """Keep the leftmost, then longest, of overlapping mentions."""
    found.sort(key=lambda mention: (mention.start, -mention.end))
    kept: list[Mention] = []
    for mention in found:
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
        elif mention.start == kept[-1].start and mention.end == kept[-1].end:
            last = kept[-1]
            kept[-1] = Mention(
                last.start,
                last.end,
                tuple(dict.fromkeys(last.actors + mention.actors)),
                tuple(dict.fromkeys(last.places + mention.places)),
            )
    return kept
