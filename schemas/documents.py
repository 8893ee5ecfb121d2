"""Records as index documents: the only place that knows index fields."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Document(NamedTuple):
    """One index document. `kind` is articles, events, developments or alerts; fields are those of FIELDS.

    `version`: a document is replaced only by one of the same or a higher version, so writes may be repeated and
    reordered.
    """

    kind: str
    id: str
    version: int
    fields: Mapping[str, Any]
