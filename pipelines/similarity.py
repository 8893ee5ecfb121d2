"""Finding copies of a text: a small sketch of each text, and how much of one text is in another.

A text is cut into shingles of four words; each is hashed; the sketch keeps the smallest hashes (a bottom sketch: two
texts that share a shingle keep or drop it together). Broder, "On the resemblance and containment of documents", 1997.
"""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b
from itertools import islice
from typing import Final

SHINGLE_WORDS: Final = 4
SAMPLE_ONE_IN: Final = 8
MIN_HASHES: Final = 24
"""A wire flash of 60 words has 57 shingles; one in eight of them would be too few to compare."""
MAX_HASHES: Final = 400
MAX_WORDS: Final = 20_000
"""Words of a text that are looked at: the sketch of a 50 MB body costs no more than that of a long essay."""
COPY_CONTAINMENT: Final = 0.3
"""From this share on, a text counts as a copy: rewritten headers, cut tails and inserted paragraphs leave more."""

_BELOW: Final = 2**64 // SAMPLE_ONE_IN
_WORD: Final = re.compile(r"\w+")


def shingles(text: str) -> tuple[int, ...]:
    """Return the sketch of a text: at most 400 sorted 63-bit hashes of its 4-word shingles; () for one without words.

    One shingle in eight is kept, and at least the 24 smallest. Case, punctuation, spacing and presentation forms of
    letters don't matter. A text of fewer than four words is one shingle.
    """
    words = [match.group() for match in islice(_WORD.finditer(_folded(text)), MAX_WORDS)]
    if not words:
        return ()
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    hashes = sorted({_hash(words[start : start + SHINGLE_WORDS]) for start in range(last)})
    wanted = sum(1 for value in hashes if value < _BELOW >> 1)
    return tuple(hashes[: min(MAX_HASHES, max(MIN_HASHES, wanted))])


def _folded(text: str) -> str:
    # Words beyond the limit are cut before folding, which costs more than the search for words.
    return unicodedata.normalize("NFKC", text[: MAX_WORDS * 40]).casefold()


def _hash(words: Sequence[str]) -> int:
    """Hash a shingle to 63 bits, which a signed integer column or JSON reader holds."""
    digest = blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def containment(left: Sequence[int], right: Sequence[int]) -> float:
    """Estimate how much of the smaller text is in the other, from 0 to 1, given two sketches. Two empty ones: 0.

    Only hashes that both sketches would have kept are compared, so a flash and a long report can be.
    """
    if not left or not right:
        return 0.0
    limit = min(left[-1], right[-1])
    mine = {value for value in left if value <= limit}
    theirs = {value for value in right if value <= limit}
    return len(mine & theirs) / min(len(mine), len(theirs))


class CopyGroups:
    """Groups texts of which one contains 0.3 or more of another, with work that grows with the number of hashes.

    Each hash belongs to the first text that had it, so a text is compared with the few owners of most of its hashes
    and not with all others. The groups depend on the order of `add`: give texts in an order that is their own.
    """

    _CANDIDATES: Final = 8

    def __init__(self) -> None:
        self._owner: dict[int, int] = {}
        self._sketches: list[tuple[int, ...]] = []

    def add(self, sketch: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """Take the next text; return its number (from 0) and the earlier texts that it is a copy of."""
        number = len(self._sketches)
        self._sketches.append(sketch)
        shared: dict[int, int] = {}
        for value in sketch:
            owner = self._owner.setdefault(value, number)
            if owner != number:
                shared[owner] = shared.get(owner, 0) + 1
        likeliest = sorted(shared, key=lambda owner: (-shared[owner], owner))[: self._CANDIDATES]
        return number, tuple(
            owner for owner in likeliest if containment(sketch, self._sketches[owner]) >= COPY_CONTAINMENT
        )

    def pop(self) -> None:
        """Take the last text back, as if it had not been added."""
        sketch = self._sketches.pop()
        number = len(self._sketches)
        for value in sketch:
            if self._owner.get(value) == number:
                del self._owner[value]
