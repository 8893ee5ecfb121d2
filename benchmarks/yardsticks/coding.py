"""Coding texts for the yardsticks, by the very path that `kirkuk match` takes."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from desk.match_command import code_line
from pipelines.matching.coder import Coder


def code_texts(
    coder: Coder, rows: Iterable[dict[str, Any]], *, all_sentences: bool = False
) -> Iterator[dict[str, Any]]:
    """Code rows {"id", "text", "title"?, "published"?, "language"?} into {"id", "relevant", "events"}, in order.

    Raises ValueError when the matcher fails on a row, for then there are no figures.
    """
    for number, row in enumerate(rows, 1):
        outcome = code_line(coder, number, json.dumps(row).encode(), all_sentences=all_sentences)
        if outcome.error:
            raise ValueError(f"{row['id']}: {outcome.error}")
        yield json.loads(outcome.line)


def overlap(one: Iterable[int] | None, other: Iterable[int] | None) -> bool:
    """Whether two half-open spans share a character; a missing one shares none."""
    if one is None or other is None:
        return False
    (a, b), (c, d) = one, other
    return a < d and c < b
