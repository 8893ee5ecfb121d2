"""The checks of a whole file of saved objects."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Final

from schemas.kibana_checks import dashboards, lens, maps, searches
from schemas.kibana_checks.frame import (
    Checked,
    documents_of,
    frame_faults,
    index_objects,
    label,
    read_texts,
    reference_faults,
)
from schemas.kibana_checks.values import field_faults
from schemas.vocabulary import Vocabulary


def object_faults(objects: Sequence[Mapping[str, Any]], vocabulary: Vocabulary) -> list[str]:
    """Return every fault of saved objects, in their order: empty when they may be imported."""
    by_id = index_objects(objects)
    seen: set[tuple[str, str]] = set()
    faults: list[str] = []
    for one in objects:
        found = list(frame_faults(one, seen))
        found = found or list(reference_faults(one, seen))
        # A broken frame would only be told again by every check that looks into it.
        found = found or list(_inner_faults(one, by_id, vocabulary))
        faults += [f"{label(one)}: {fault}" for fault in found]
        seen.add((str(one.get("type")), str(one.get("id"))))
    return faults


def _inner_faults(
    one: Mapping[str, Any], by_id: Mapping[tuple[str, str], Mapping[str, Any]], vocabulary: Vocabulary
) -> Iterator[str]:
    try:
        parsed = read_texts(one["attributes"])
        checked = Checked(source=one, parsed=parsed, by_id=by_id, vocabulary=vocabulary)
        used = yield from _BY_TYPE[one["type"]](checked)
    except (KeyError, TypeError, AttributeError) as error:
        yield f"not built as Kibana expects: {type(error).__name__} {error}"
    except ValueError as error:
        yield str(error)
    else:
        for name in sorted({reference["name"] for reference in one["references"]} - used):
            yield f"reference {name!r} is not used"


def _data_view_faults(view: Checked) -> Generator[str, None, set[str]]:
    kind = documents_of(view.source)
    if kind is None:
        yield f"title {view.parsed['title']!r} does not end in a kind of document"
        return set()
    yield from field_faults(kind, view.parsed["timeFieldName"], "over time")
    for field in view.parsed["fieldFormatMap"]:
        yield from field_faults(kind, field, "show")
    return set()


Check = Callable[[Checked], Generator[str, None, set[str]]]
_BY_TYPE: Final[Mapping[str, Check]] = {
    "index-pattern": _data_view_faults,
    "search": searches.search_faults,
    "lens": lens.lens_faults,
    "map": maps.map_faults,
    "dashboard": dashboards.dashboard_faults,
}
"""Type -> its check: a generator of faults that returns the names of the references it used."""
