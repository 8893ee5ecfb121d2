"""Words of one sentence with their tags: the working paper of the matcher."""

import re
from typing import Final

from pipelines.matching.scanner import Mention

TOKEN: Final = re.compile(
    r"[A-Z]?[a-z]++(?![\w'’‐‑.-])"
    r"|\d+(?:[.,:]\d+)*(?:st|nd|rd|th|bn|mn|m|k)?(?![^\W\d_])"
    r"|['’](?:s|t|re|ve|ll|d|m)\b"
    r"|(?:[A-Z]\.){2,}(?:[-‐‑][^\W_]+)*"
    r"|[ap]\.m\.?"
    r"|(?:Gen|Maj|Lt|Col|Brig|Capt|Sgt|Cpl|Adm|Cmdr|Dr|Mr|Mrs|Ms|Gov|Sen|Rep|Prof|Rev|St"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.(?=\s)"
    r"|[^\W_]+(?:[-‐‑'’](?!(?:s|t|re|ve|ll|d|m)\b)[^\W_]+)*"
    r"|[^\w\s]|_"
)
"""Plain words first, for most are; numbers, clitics, dotted and shortened words, other words (hyphens inside), single
marks. No alternative can backtrack far.
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

    def fill(self) -> None:
        """Set the words in lower case, and leave room for tags and lemmas, once all tokens stand."""
        begin, end = self.span
        # A name may go on behind the place where a long sentence was cut.
        text = self.text[begin : max(end, *self.ends[-1:])].lower() if self.ends else ""
        if text.isascii():
            lows = [text[start - begin : stop - begin] for start, stop in zip(self.starts, self.ends, strict=True)]
        else:
            text = self.text
            lows = [text[start:stop].lower() for start, stop in zip(self.starts, self.ends, strict=True)]
            lows = [low.replace("’", "'") if "’" in low else low for low in lows]
        for at, low in enumerate(lows):
            if low[-1] == ".":
                lows[at] = _SHORT.get(low, low)
            elif low == "'t" and at and lows[at - 1].endswith("n") and self.ends[at - 1] == self.starts[at]:
                lows[at - 1] = _DENIED.get(lows[at - 1], lows[at - 1][:-1])
                lows[at] = "n't"
        self.lows = lows
        self.tags = [""] * len(lows)
        self.lemmas = [""] * len(lows)


def tokenise(text: str, span: tuple[int, int], mentions: list[Mention], *, title: bool = False) -> Sentence:
    """Cut one sentence into tokens. `mentions` are those inside `span`, in order, not overlapping.

    A mention that doesn't end with a token (part of "Iran-backed") stays a part of its word.
    """
    sentence = Sentence(text, span, title=title)
    starts, ends, named = sentence.starts, sentence.ends, sentence.mentions
    upcoming, limit = iter(mentions), span[1]
    mention = next(upcoming, None)
    following: int | None = span[0]
    while following is not None:
        matches, following = TOKEN.finditer(text, following, limit), None
        for match in matches:
            start, end = match.span()
            while mention is not None and mention.start < start:
                mention = next(upcoming, None)
            starts.append(start)
            if mention is None or mention.start != start or not _whole(text, mention.end, limit):
                ends.append(end)
                named.append(None)
                continue
            ends.append(mention.end)
            named.append(mention)
            following = mention.end if mention.end != end else None
            mention = next(upcoming, None)
            if following is not None:
                break
    sentence.fill()
    return sentence


def _whole(text: str, end: int, limit: int) -> bool:
    """Tell whether a token may end at `end`: not before a hyphen that goes on with a letter."""
    return end >= limit or text[end] not in "-‐‑" or end + 1 >= limit or not text[end + 1].isalnum()
