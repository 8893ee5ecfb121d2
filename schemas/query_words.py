"""Where a query's words stand among a text's words."""

from collections.abc import Iterator, Sequence

from schemas.query_tree import Words


def places(node: Words, text: Sequence[str]) -> Iterator[range]:
    """Yield the stretches of `text` that a clause of words matches, in order; `text` is the folded words of a field."""
    wanted = node.words
    if node.slop and len(set(wanted)) > 1:
        return _near(set(wanted), len(wanted) + node.slop, text)
    if node.slop:
        wanted = wanted[:1]
    return _phrase(wanted, text, prefix=node.prefix)


def _phrase(wanted: Sequence[str], text: Sequence[str], *, prefix: bool) -> Iterator[range]:
    whole, last, length = list(wanted[:-1]), wanted[-1], len(wanted)
    for at in range(len(text) - length + 1):
        end = text[at + length - 1]
        if (end.startswith(last) if prefix else end == last) and list(text[at : at + length - 1]) == whole:
            yield range(at, at + length)


def _near(wanted: set[str], stretch: int, text: Sequence[str]) -> Iterator[range]:
    """Yield the shortest stretches, one for each word that completes one, that hold all words."""
    last_seen: dict[str, int] = {}
    for at, word in enumerate(text):
        if word in wanted:
            last_seen[word] = at
            start = min(last_seen.values())
            if len(last_seen) == len(wanted) and at - start < stretch:
                yield range(start, at + 1)
