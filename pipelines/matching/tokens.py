"""Words of one sentence with their tags: the working paper of the matcher."""

import re
from typing import Final

from pipelines.matching.scanner import Mention

TOKEN: Final = re.compile(
    r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th|bn|mn|m|k)?(?![^\W\d_])"
    r"|['’](?:s|t|re|ve|ll|d|m)\b"
    r"|(?:[A-Z]\.){2,}(?:[-‐‑][^\W_]+)*"
    r"|[ap]\.m\.?"
    r"|(?:Gen|Maj|Lt|Col|Brig|Capt|Sgt|Cpl|Adm|Cmdr|Dr|Mr|Mrs|Ms|Gov|Sen|Rep|Prof|Rev|St"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.(?=\s)"
    r"|[^\W_]+(?:[-‐‑'’](?!(?:s|t|re|ve|ll|d|m)\b)[^\W_]+)*"
    r"|[^\w\s]|_"
)
"""Numbers, clitics, dotted and shortened words, other words (hyphens inside), single marks. No alternative can
backtrack far.
"""

_SHORT: Final = {
    "gen.": "general",
    "maj.": "major",
    "lt.": "lieutenant",
    "col.": "colonel",
    "brig.": "brigadier",
    "capt.": "captain",
    "sgt.": "sergeant",
    "gov.": "governor",
    "sen.": "senator",
    "rep.": "representative",
    "jan.": "january",
    "feb.": "february",
    "mar.": "march",
    "apr.": "april",
    "jun.": "june",
    "jul.": "july",
    "aug.": "august",
    "sep.": "september",
    "sept.": "september",
    "oct.": "october",
    "nov.": "november",
    "dec.": "december",
    "dr.": "dr",
    "mr.": "mr",
    "mrs.": "mrs",
    "ms.": "ms",
}
"""Titles and months that are written short, and what they are read as: their full stop ends nothing."""
_DENIED: Final = {"won": "will", "can": "can", "shan": "shall", "ain": "is"}
"""What is left of "won't" and "can't" without the "not"; of "don't" and the others it is the word without its n."""
QUOTES: Final = frozenset('"“”«»„‟″')


class Sentence:
    """Parallel lists, one entry a token; spans are offsets into the field. A mention is one token."""

    __slots__ = ("breaks", "ends", "lemmas", "lows", "mentions", "span", "starts", "tags", "text", "title")

    def __init__(self, text: str, span: tuple[int, int], *, title: bool = False) -> None:
        self.text = text
        self.span = span
        self.title = title
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.lows: list[str] = []
        self.tags: list[str] = []
        self.lemmas: list[str] = []
        self.mentions: list[Mention | None] = []
        self.breaks: set[int] = set()

    def __len__(self) -> int:
        return len(self.lows)

    def surface(self, start: int, end: int) -> str:
        """Return the text from token `start` up to, not including, token `end`."""
        return self.text[self.starts[start] : self.ends[end - 1]]

    def offsets(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of tokens `start` up to `end`."""
        return self.starts[start], self.ends[end - 1]

    def add(self, start: int, end: int, mention: Mention | None) -> None:
        """Append one token."""
        self.starts.append(start)
        self.ends.append(end)
        low = self.text[start:end].lower().replace("’", "'")
        if low == "'t" and self.lows and self.lows[-1].endswith("n") and self.ends[-2:-1] == [start]:
            self.lows[-1] = _DENIED.get(self.lows[-1], self.lows[-1][:-1])
            low = "n't"
        self.lows.append(_SHORT.get(low, low) if low.endswith(".") else low)
        self.tags.append("")
        self.lemmas.append("")
        self.mentions.append(mention)


def tokenise(text: str, span: tuple[int, int], mentions: list[Mention], *, title: bool = False) -> Sentence:
    """Cut one sentence into tokens. `mentions` are those inside `span`, in order, not overlapping.

    A mention that doesn't end with a token (part of "Iran-backed") stays a part of its word.
    """
    sentence = Sentence(text, span, title=title)
    at, upcoming = span[0], iter(mentions)
    mention = next(upcoming, None)
    end_of_sentence = span[1]
    while at < end_of_sentence:
        match = TOKEN.search(text, at, end_of_sentence)
        if match is None:
            break
        start, end = match.span()
        while mention is not None and mention.start < start:
            mention = next(upcoming, None)
        if mention is not None and mention.start == start and _whole(text, mention.end, end_of_sentence):
            sentence.add(start, mention.end, mention)
            at, mention = mention.end, next(upcoming, None)
        else:
            sentence.add(start, end, None)
            at = end
    return sentence


def _whole(text: str, end: int, limit: int) -> bool:
    """Tell whether a token may end at `end`: not before a hyphen that goes on with a letter."""
    return end >= limit or text[end] not in "-‐‑" or end + 1 >= limit or not text[end + 1].isalnum()
