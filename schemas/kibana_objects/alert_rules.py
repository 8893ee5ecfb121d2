"""Kibana alerting rules: bodies for its API. They watch what the project's own alerts can't: its alerts, and silence.

Rules ask the index every minute or so, and a Basic licence is enough. They have no actions: which connector tells whom
is chosen in Kibana, and stays when a rule is brought up to date.
"""

from typing import Any, Final
from uuid import UUID

from schemas.kibana_objects.data_views import INDEX_PREFIX
from schemas.kibana_objects.parts import ALERTS, ARRIVALS, DEVELOPMENTS, DataView, Json, packed
from schemas.records import stable_id

_HITS: Final = 100
"""Documents that a rule hands to its actions in one run."""


def rule_id(key: str, prefix: str) -> str:
    """Return a rule's id: Kibana takes none but a UUID, and the same rule must be found again."""
    return str(UUID(hex=stable_id("kibana rule", prefix, key), version=4))


def rules() -> list[Json]:
    """Return all rules: key, id and the body that creates them."""
    unread = {"must_not": [_is("status", "acknowledged", "suppressed")]}
    return [
        _rule(
            "critical-unread",
            "Kirkuk: a critical alert waits for somebody",
            ALERTS,
            {"filter": [_is("severity", "critical")], **unread},
            window=(24, "h"),
            every="5m",
            once=False,
        ),
        _rule(
            "undelivered",
            "Kirkuk: an alert could not be delivered",
            ALERTS,
            {"filter": [_is("status", "failed")]},
            window=(24, "h"),
            every="5m",
            once=False,
        ),
        _rule(
            "territory",
            "Kirkuk: territory changes hands",
            DEVELOPMENTS,
            {"filter": [_is("type", "SEIZE", "RETREAT")], "must_not": [_is("claim", "denied")]},
            time_field="first_seen",
            window=(15, "m"),
            every="1m",
        ),
        _rule(
            "disputed",
            "Kirkuk: a development is denied or disputed",
            DEVELOPMENTS,
            {"filter": [_is("claim", "denied", "disputed")]},
            window=(15, "m"),
            every="1m",
        ),
        _rule(
            "many-killed",
            "Kirkuk: ten or more killed",
            DEVELOPMENTS,
            {"filter": [{"range": {"killed": {"gte": 10}}}], "must_not": [_is("claim", "denied")]},
            window=(15, "m"),
            every="1m",
        ),
        _rule(
            "silence",
            "Kirkuk: no article for two hours",
            ARRIVALS,
            {"filter": [{"match_all": {}}]},
            window=(2, "h"),
            every="10m",
            once=False,
            fewer_than=1,
        ),
    ]


def _is(field: str, *values: str) -> Json:
    return {"terms": {field: list(values)}}


def _rule(
    key: str,
    name: str,
    view: DataView,
    query: dict[str, Any],
    *,
    window: tuple[int, str],
    every: str,
    time_field: str | None = None,
    once: bool = True,
    fewer_than: int | None = None,
) -> Json:
    """Return one rule: it is active while a document lies in `window`, or fewer than `fewer_than` do.

    `once`: documents that an earlier run has seen don't count. `time_field`: what `window` is about, if not what the
    time picker is about.
    """
    size, unit = window
    seldom = fewer_than is not None
    params = {
        "aggType": "count",
        "esQuery": packed({"query": {"bool": query}}),
        "excludeHitsFromPreviousRun": once,
        "groupBy": "all",
        "index": [f"{INDEX_PREFIX}-{view.kind}"],
        "searchType": "esQuery",
        "size": _HITS,
        "threshold": [fewer_than if seldom else 0],
        "thresholdComparator": "<" if seldom else ">",
        "timeField": time_field or view.time_field,
        "timeWindowSize": size,
        "timeWindowUnit": unit,
    }
    body = {
        "actions": [],
        "consumer": "stackAlerts",
        "enabled": True,
        "name": name,
        "params": params,
        "rule_type_id": ".es-query",
        "schedule": {"interval": every},
        "tags": ["kirkuk"],
    }
    return {"body": body, "id": rule_id(key, INDEX_PREFIX), "key": key}
