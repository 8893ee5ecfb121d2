"""Sentence boundaries: spans of sentences in a text, in linear time, never longer than the parser can take."""

import re
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 1200
"""Characters after which a sentence without an end is cut at a blank: real ones are shorter, hostile ones are not."""

_END: Final = re.compile(r"[.!?؟۔…]+[\"'”’)\]»]*\s+|\n+")
_OPENERS: Final = "\"'“‘([«–-—"


def _continues(text: str, start: int, stop: int, mark: int, abbreviations: frozenset[str]) -> bool:
    """Tell whether the full stop at `mark` belongs to an abbreviation or initial, or the next word begins small."""
    following = text[stop : stop + 2].lstrip(_OPENERS)[:1]
    if following.islower() and following.isascii():
        return True
    if text[mark] != ".":
        return False
    begin = max(start, mark - 12)
    word = text[begin:mark].rpartition(" ")[2].lstrip(_OPENERS)
    if len(word) == 1 and word.isupper():
        return True
    return word.lower() in abbreviations


def _pieces(start: int, end: int, text: str) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = start + LONGEST if cut < 0 else cut
        yield start, cut
        start = cut
    yield start, end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def sentence_spans(text: str, abbreviations: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield half-open spans of sentences, trimmed, in order; line breaks always end one."""
    start = 0
    for match in _END.finditer(text):
        newline = text[match.start()] == "\n" or "\n" in match.group()
        if not newline and _continues(text, start, match.end(), match.start(), abbreviations):
            continue
        yield from _clean(text, start, match.end())
        start = match.end()
    yield from _clean(text, start, len(text))


def _clean(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    start, end = _trim(text, start, end)
    for piece in _pieces(start, end, text):
        first, last = _trim(text, *piece)
        if first < last:
            yield first, last
