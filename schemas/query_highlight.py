"""The words that a query found in a document, marked in fragments of the original text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from schemas.analysis import Word, located_words
from schemas.documents import FIELDS
from schemas.query_tree import And, Node, Not, Or, Query, Words
from schemas.query_words import places

OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"
"""Around every hit. Documents may hold them too, so they are taken out of the text first."""
FRAGMENT_CHARS: Final = 200
MAX_FRAGMENTS: Final = 3

_BARE: Final = str.maketrans({OPEN: None, CLOSE: None})
_ELLIPSIS: Final = "…"


def highlights(query: Query, fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return for each text field with hits its first fragments, at most three of some 200 characters."""
    found = {}
    for name, kind in FIELDS[query.kind].items():
        wanted = [node for node in clauses(query.root) if name in node.fields]
        if kind == "text" and wanted and fields.get(name):
            text = fields[name].translate(_BARE)
            hits = _hits(wanted, list(located_words(text)))
            if hits:
                found[name] = list(_fragments(text, hits))
    return found


def clauses(node: Node) -> Iterator[Words]:
    """Yield the clauses of words that may be the reason for a hit: those that are not negated."""
    match node:
        case Words():
            yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from clauses(part)
        case Not(Not(part)):
            yield from clauses(part)
        case _:
            pass


def _hits(wanted: Iterable[Words], located: Sequence[Word]) -> list[tuple[int, int]]:
    """Return where the words of hits stand in the text, in order."""
    texts = [word.text for word in located]
    found = sorted({at for clause in wanted for place in _words_of(clause, texts) for at in place})
    spans = dict.fromkeys((located[at].start, located[at].end) for at in found)
    return list(spans)


def _words_of(clause: Words, texts: Sequence[str]) -> Iterator[Iterable[int]]:
    for place in places(clause, texts):
        if clause.slop:
            yield (at for at in place if texts[at] in clause.words)
        else:
            yield place


def _fragments(text: str, hits: Sequence[tuple[int, int]]) -> Iterator[str]:
    left = list(hits)
    for _ in range(MAX_FRAGMENTS):
        if not left:
            return
        start, end = _around(text, left[0])
        within = [hit for hit in left if hit[1] <= end]
        yield _marked(text, start, end, within)
        left = left[len(within) :]


def _around(text: str, hit: tuple[int, int]) -> tuple[int, int]:
    """Return a stretch round a hit that begins and ends at blanks where one is near."""
    start = max(0, hit[0] - FRAGMENT_CHARS // 3)
    if start:
        blank = text.find(" ", start, hit[0])
        start = blank + 1 if blank >= 0 else start
    end = min(len(text), max(hit[1], start + FRAGMENT_CHARS))
    if end < len(text):
        blank = text.rfind(" ", hit[1], end)
        end = blank if blank >= 0 else end
    return start, end


def _marked(text: str, start: int, end: int, hits: Sequence[tuple[int, int]]) -> str:
    parts = [_ELLIPSIS if start else ""]
    at = start
    for first, last in hits:
        if first < at:
            continue
        parts += [text[at:first], OPEN, text[first:last], CLOSE]
        at = last
    return "".join([*parts, text[at:end], _ELLIPSIS if end < len(text) else ""])
