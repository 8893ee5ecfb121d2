"""What embedded indexes share: the order of newest first, and cursors that neither skip nor repeat a document."""

import binascii
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from schemas.document_checks import newest_ms
from schemas.errors import QueryError
from schemas.records import stable_id

COUNTED: Final = 1000
"""Totals are exact up to here."""
BEST: Final = 100
"""How many of the best come first where best ones are asked for; all others follow, newest first. Scores move whenever
a document is added, so the order of the best is settled by the first page and travels in the cursor."""

_TIE_BITS: Final = 20
_LAST_MS: Final = (1 << (63 - _TIE_BITS)) - 1
SORTS: Final = ("newest", "best")


def newest_key(kind: str, document_id: str, fields: Mapping[str, Any]) -> int:
    """Return a number that is larger for newer documents: 43 bits of milliseconds since 1970, then 20 of the id's hash.

    Documents from before 1970 count as from 1970. Two ids rarely share a key.
    """
    tie = int.from_bytes(blake2b(document_id.encode(), digest_size=4).digest()) >> (32 - _TIE_BITS)
    return min(max(newest_ms(kind, fields), 0), _LAST_MS) << _TIE_BITS | tie


class Ranked(NamedTuple):
    """One of the best: its key and how well it fits."""

    key: int
    score: float


class Cursor(NamedTuple):
    """Where the next page begins: `best` are the best ones in order, of which `shown` were given; all others come after
    them from below the key `below` (None: from the top), newest first.
    """

    best: tuple[Ranked, ...] = ()
    shown: int = 0
    below: int | None = None


START: Final = Cursor()
_HEAD: Final = struct.Struct("<8sHq")
_RANKED: Final = struct.Struct("<qf")
_NONE: Final = -1


def _search_mark(kind: str, query: str, sort: str) -> bytes:
    """Mark a cursor with its search, so that it is not used for another one."""
    return bytes.fromhex(stable_id(kind, query, sort))[: _HEAD.size - 10]


def write_cursor(cursor: Cursor, kind: str, query: str, sort: str) -> str:
    """Return a cursor as text that is safe in a URL."""
    below = _NONE if cursor.below is None else cursor.below
    head = _HEAD.pack(_search_mark(kind, query, sort), cursor.shown, below)
    return urlsafe_b64encode(head + b"".join(_RANKED.pack(*ranked) for ranked in cursor.best)).rstrip(b"=").decode()


def read_cursor(text: str | None, kind: str, query: str, sort: str) -> Cursor:
    """Read a cursor; None begins at the start. Raises QueryError for one that was not made for this search."""
    if sort not in SORTS:
        raise QueryError(f"sort {sort!r:.40} is unknown; it is {' or '.join(SORTS)}")
    if text is None:
        return START
    try:
        data = urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        mark, shown, below = _HEAD.unpack_from(data)
        best = tuple(map(Ranked._make, _RANKED.iter_unpack(data[_HEAD.size :])))
    except (binascii.Error, struct.error, UnicodeEncodeError) as error:
        raise QueryError("the cursor is damaged: begin again without it") from error
    if mark != _search_mark(kind, query, sort):
        raise QueryError("the cursor belongs to another search: begin again without it")
    return Cursor(best, shown, None if below == _NONE else below)


def next_cursor(cursor: Cursor, given: Sequence[int], *, more: bool) -> Cursor | None:
    """Return where the page after `given` keys begins, None when nothing follows.

    `given` holds what was shown or passed over of the best, then the rest; `more`: the index has others below.
    """
    of_best = min(len(given), len(cursor.best) - cursor.shown)
    rest = given[of_best:]
    below = rest[-1] if rest else cursor.below
    moved = Cursor(cursor.best, cursor.shown + of_best, below)
    return moved if more or moved.shown < len(moved.best) else None
