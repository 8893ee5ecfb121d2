"""Checks of saved searches."""

from collections.abc import Generator

from schemas.kibana_checks.frame import Checked
from schemas.kibana_checks.queries import query_faults
from schemas.kibana_checks.values import field_faults


def search_faults(search: Checked) -> Generator[str, None, set[str]]:
    """Yield the faults of a saved search; return the references that it uses."""
    source = search.parsed["kibanaSavedObjectMeta"]["searchSourceJSON"]
    name = source["indexRefName"]
    kind = search.documents(name)
    if kind is None:
        yield f"indexRefName {name!r} leads to no data view"
        return {name}
    if source["filter"]:
        yield "filters are not checked here; write them into the query"
    yield from query_faults(source["query"], kind, search.vocabulary)
    for column in search.parsed["columns"]:
        yield from field_faults(kind, column, "show")
    for field, direction in search.parsed["sort"]:
        yield from field_faults(kind, field, "sort")
        if direction not in {"asc", "desc"}:
            yield f"sort direction {direction!r}"
    return {name}
