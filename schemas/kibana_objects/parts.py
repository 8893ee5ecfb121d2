"""The frame that every saved object has, and the names by which saved objects point at each other."""

import json
from typing import Any, Final

import msgspec

Json = dict[str, Any]

CORE_VERSION: Final = "8.8.0"
TYPE_VERSIONS: Final = {
    "index-pattern": "8.0.0",
    "search": "8.0.0",
    "lens": "8.9.0",
    "map": "8.4.0",
    "dashboard": "8.9.0",
}
"""The shape that each type is written in: the last one before Kibana numbered shapes by model.

Kibana refuses a shape that is newer than itself and brings an older one up to date. These load in 8.9 and later, 9.x
included, whatever model those have.
"""

SEARCH_SOURCE: Final = "kibanaSavedObjectMeta.searchSourceJSON.index"


class DataView(msgspec.Struct, frozen=True, kw_only=True):
    """A data view: the documents of one kind, and the date that Kibana's time picker means."""

    id: str
    kind: str
    name: str
    time_field: str


ARTICLES: Final = DataView(id="kirkuk-articles", kind="articles", name="Kirkuk articles", time_field="published")
ARRIVALS: Final = DataView(
    id="kirkuk-arrivals", kind="articles", name="Kirkuk articles by arrival", time_field="ingested"
)
EVENTS: Final = DataView(id="kirkuk-events", kind="events", name="Kirkuk events", time_field="published")
DEVELOPMENTS: Final = DataView(
    id="kirkuk-developments", kind="developments", name="Kirkuk developments", time_field="last_seen"
)
ALERTS: Final = DataView(id="kirkuk-alerts", kind="alerts", name="Kirkuk alerts", time_field="raised")
DATA_VIEWS: Final = (ARTICLES, ARRIVALS, EVENTS, DEVELOPMENTS, ALERTS)


def packed(value: Any) -> str:
    """Write JSON for an attribute that holds JSON as text; the same value always gives the same text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def kql(query: str) -> Json:
    """Return a query as saved objects hold it."""
    return {"language": "kuery", "query": query}


def reference(name: str, kind: str, target: str) -> Json:
    """Return a reference: inside its object `name` stands for the object of type `kind` with id `target`."""
    return {"id": target, "name": name, "type": kind}


def saved_object(kind: str, name: str, attributes: Json, references: list[Json]) -> Json:
    """Return one saved object, as a line of an export has it."""
    return {
        "attributes": attributes,
        "coreMigrationVersion": CORE_VERSION,
        "id": name,
        "references": references,
        "type": kind,
        "typeMigrationVersion": TYPE_VERSIONS[kind],
    }
