"""How text becomes words to search for: the same for documents and queries, on every backend.

A word is a run of letters and digits after folding: compatibility forms, case, accents, vowel signs, tatweel and
zero-width marks go (private-use characters too: indexes and highlights use those), letters that Arabic, Persian and
Sorani keyboards write differently become one, as do ı and i, and all digits are 0-9. Folding looks at one character at
a time, so every word knows where it stood in the original.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

MAX_WORD: Final = 255
"""Characters of a word; longer runs are cut into several, so that no index key grows without bound."""
MAX_KEYWORD: Final = 1000
"""Characters of a keyword that count; two that differ only after them are the same."""

_MAX_REMEMBERED: Final = 20_000
"""Characters whose folding is remembered: more than any language needs, too few for a hostile text to fill memory."""

_IGNORED: Final = frozenset({"Cf", "Co"})

_VARIANTS: Final = {
    **dict.fromkeys("يىېۍێے", "ی"),
    **dict.fromkeys("ةەہھۃ", "ه"),
    "ٱ": "ا",
    "ك": "ک",
    "ڪ": "ک",
    "ۆ": "و",
    "ڕ": "ر",
    "ڵ": "ل",
    "ـ": "",
    "ı": "i",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ʿ": "",
    "ʾ": "",
    "ʼ": "'",
}
"""Letters that decomposition leaves apart. Hamza carriers need no entry: they decompose."""

_WORD: Final = re.compile(rf"[^\W_]{{1,{MAX_WORD}}}")
_CHUNK: Final = re.compile(r"\S+")


def _fold_letter(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", letter).casefold())
    kept = (part for part in plain if not unicodedata.combining(part) and unicodedata.category(part) not in _IGNORED)
    return "".join(_fold_plain(part) for part in kept)


def _fold_plain(letter: str) -> str:
    if letter in _VARIANTS:
        return _VARIANTS[letter]
    digit = unicodedata.decimal(letter, None)
    return letter if digit is None else str(digit)


class _Folding(dict[int, str]):
    """Code point -> folded form, worked out when first asked for: a table for str.translate."""

    def __missing__(self, code: int) -> str:
        folded = _fold_letter(chr(code))
        if len(self) < _MAX_REMEMBERED:
            self[code] = folded
        return folded


_folding: Final = _Folding()


def fold(text: str) -> str:
    """Fold a text, character by character."""
    return text.lower() if text.isascii() else text.translate(_folding)


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return _WORD.findall(fold(text))


def keyword(value: str) -> str:
    """Fold a keyword: blanks and control characters become single spaces, punctuation stays."""
    folded = fold(value)
    visible = folded if folded.isprintable() else "".join(map(_visible, folded))
    return " ".join(visible.split())[:MAX_KEYWORD]


def _visible(letter: str) -> str:
    return letter if letter.isprintable() else " "


class Word(NamedTuple):
    """One word and where it stands in the original: half-open, in code points."""

    text: str
    start: int
    end: int


def located_words(text: str) -> Iterator[Word]:
    """Yield the words of a text with their places; the same words as `words`. Marks belong to the letter before."""
    for chunk in _CHUNK.finditer(text):
        start, part = chunk.start(), chunk.group()
        if part.isascii():
            for word in _WORD.finditer(part.lower()):
                yield Word(word.group(), start + word.start(), start + word.end())
        else:
            yield from _located(part, start)


def _located(part: str, start: int) -> Iterator[Word]:
    origins = [at for at, letter in enumerate(part) for _ in fold(letter)]
    origins.append(len(part))
    for word in _WORD.finditer(fold(part)):
        end = max(origins[word.end()], origins[word.end() - 1] + 1)
        yield Word(word.group(), start + origins[word.start()], start + end)
