"""Sentence numbers as the labels of Kirkuk articles count them: the unit in which an event is found or missed.

The coder cuts sentences in its own way; labels must not depend on it, so this rule is kept apart and never tuned.
"""

import re

CLOSERS = "\"'”’)]"
OPENERS = "\"'“‘(["
STOPS = ".!?؟۔"
# What a full stop may stand behind without ending a sentence: these, and any capital letter of its own.
ABBREVIATIONS = "Gen|Maj|Lt|Col|Brig|Capt|Sgt|Dr|Mr|Mrs|Ms|St|No|Inc|vs|Jr|Sr"
DATES = "Sept|Oct|Nov|Dec|Jan|Feb|a.m|p.m|U.S|U.N|U.K"
SPACE = re.compile(r"\s+")
LINE_END = re.compile(r"\n+")
SHORT_FORM = re.compile(r"\b(?:" + ABBREVIATIONS + "|" + DATES.replace(".", r"\.") + r"|[A-Z])\.$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The half-open character spans of the sentences of `text`, in order; what is only blanks is no sentence."""
    spans, start = [], 0
    for stop, end, following in _cuts(text):
        if "\n" not in text[stop:following] and SHORT_FORM.search(text[start:stop]):
            continue
        if text[start:end].strip():
            spans.append((start, end))
        start = following
    if text[start:].strip():
        spans.append((start, len(text)))
    return spans


def sentence_at(spans: list[tuple[int, int]], offset: int) -> int:
    """The number of the sentence that holds `offset`; between two sentences, the one before; 0 before the first."""
    number = 0
    for index, (start, end) in enumerate(spans):
        if start <= offset < end:
            return index
        if start <= offset:
            number = index
    return number


def _cuts(text: str) -> list[tuple[int, int, int]]:
    """Where a sentence may end: (behind its stop, behind closing marks, beginning of the next), and at line ends."""
    cuts = []
    for blanks in SPACE.finditer(text):
        end, following = blanks.span()
        stop = _behind_stop(text, end)
        if stop and _begins_sentence(text, following):
            cuts.append((stop, end, following))
        else:
            cuts += [(end + a, end + a, end + b) for a, b in (m.span() for m in LINE_END.finditer(blanks.group()))]
    return cuts


def _behind_stop(text: str, end: int) -> int:
    """The offset right behind the stop that ends a sentence at `end`, closing marks between; 0 when there is none."""
    while end and text[end - 1] in CLOSERS:
        end -= 1
    return end if end and text[end - 1] in STOPS else 0


def _begins_sentence(text: str, at: int) -> bool:
    """Whether no small Latin letter stands at `at`, or behind one opening mark there."""
    if at >= len(text):
        return False
    if text[at] in OPENERS and at + 1 < len(text) and _may_begin(text[at + 1]):
        return True
    return _may_begin(text[at])


def _may_begin(char: str) -> bool:
    return not char.isspace() and not "a" <= char <= "z"
