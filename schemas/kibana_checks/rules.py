"""Checks of alerting rules: the body that Kibana's API takes, and a query that the index understands."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from schemas.documents import FIELDS
from schemas.kibana_checks.values import field_faults, value_faults
from schemas.vocabulary import Vocabulary

BASIC_RULE_TYPES: Final = frozenset({".es-query"})
"""Rule types that this project uses; they need no more than a Basic licence."""
_BODY: Final = {"actions", "consumer", "enabled", "name", "params", "rule_type_id", "schedule", "tags"}
_PARAMS: Final = {
    "aggType",
    "esQuery",
    "excludeHitsFromPreviousRun",
    "groupBy",
    "index",
    "searchType",
    "size",
    "threshold",
    "thresholdComparator",
    "timeField",
    "timeWindowSize",
    "timeWindowUnit",
}
_FIXED: Final = {"aggType": "count", "groupBy": "all", "searchType": "esQuery"}
_COMPARATORS: Final = {">": 1, ">=": 1, "<": 1, "<=": 1, "between": 2, "notBetween": 2}
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MOST_HITS: Final = 10_000
_LENGTH: Final = re.compile(r"([1-9]\d*)([smhd])", re.ASCII)


def rule_faults(rules: Sequence[Mapping[str, Any]], vocabulary: Vocabulary) -> list[str]:
    """Return every fault of alerting rules (key, id and body each): empty when they may be sent."""
    faults = []
    for field in ("key", "id"):
        values = [rule.get(field) for rule in rules]
        faults += [f"rule {value}: two rules have this {field}" for value in set(values) if values.count(value) > 1]
    for rule in rules:
        try:
            faults += [f"rule {rule['key']}: {fault}" for fault in _rule_faults(rule, vocabulary)]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            faults.append(f"rule {rule.get('key')}: not built as Kibana expects: {type(error).__name__} {error}")
    return faults


def _rule_faults(rule: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[str]:
    body = rule["body"]
    if str(UUID(rule["id"])) != rule["id"] or UUID(rule["id"]).version != 4:
        yield f"id {rule['id']!r} is no UUID of version 4"
    if set(body) != _BODY:
        yield f"the body's keys are {sorted(body)}, not {sorted(_BODY)}"
    if body["rule_type_id"] not in BASIC_RULE_TYPES:
        yield f"rule type {body['rule_type_id']!r} is none of {', '.join(BASIC_RULE_TYPES)}"
    if body["consumer"] != "stackAlerts":
        yield f"consumer {body['consumer']!r} is not stackAlerts"
    if body["actions"]:
        yield "actions name a connector of one Kibana; choose them there"
    yield from _param_faults(body["params"], vocabulary)
    yield from _schedule_faults(body["schedule"]["interval"], body["params"])


def _schedule_faults(every: str, params: Mapping[str, Any]) -> Iterator[str]:
    length = _LENGTH.fullmatch(every)
    unit = _SECONDS.get(params["timeWindowUnit"])
    if length is None or unit is None or params["timeWindowSize"] < 1:
        yield f"runs every {every!r} over {params['timeWindowSize']} {params['timeWindowUnit']!r}"
    elif params["timeWindowSize"] * unit < int(length[1]) * _SECONDS[length[2]]:
        yield f"looks back less far than from one run to the next ({every})"


def _param_faults(params: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[str]:
    if set(params) != _PARAMS:
        yield f"params are {sorted(params)}, not {sorted(_PARAMS)}"
    for name, value in _FIXED.items():
        if params[name] != value:
            yield f"{name} is {params[name]!r}, not {value!r}"
    if _COMPARATORS.get(params["thresholdComparator"]) != len(params["threshold"]):
        yield f"threshold {params['thresholdComparator']!r} {params['threshold']}"
    if not 0 <= params["size"] <= _MOST_HITS:
        yield f"size {params['size']} is not in 0 to {_MOST_HITS}"
    kinds = {name.rpartition("-")[2] for name in params["index"]}
    if len(kinds) != 1 or not kinds <= set(FIELDS):
        yield f"index {params['index']} is not one of our aliases"
        return
    (kind,) = kinds
    yield from field_faults(kind, params["timeField"], "over time")
    query = json.loads(params["esQuery"])
    if set(query) != {"query"}:
        yield f"esQuery has {sorted(query)}, not just a query"
    yield from _query_faults(query["query"], kind, vocabulary)


def _query_faults(query: Mapping[str, Any], kind: str, vocabulary: Vocabulary) -> Iterator[str]:
    """Yield the faults of a query in Elasticsearch's own language, of the few forms that rules use."""
    ((name, inner),) = query.items()
    if name == "bool":
        for clause, parts in inner.items():
            if clause not in {"filter", "must", "must_not", "should"}:
                yield f"bool has {clause!r}"
            for part in parts:
                yield from _query_faults(part, kind, vocabulary)
    elif name == "terms":
        ((field, values),) = inner.items()
        yield from _terms_faults(kind, field, values, vocabulary)
    elif name == "range":
        ((field, bounds),) = inner.items()
        yield from field_faults(kind, field, "range")
        yield from (f"range of {field!r} has {bound!r}" for bound in bounds if bound not in {"gt", "gte", "lt", "lte"})
    elif name == "exists":
        yield from field_faults(kind, inner["field"], "ask")
    elif name != "match_all":
        yield f"query {name!r} is not checked here"


def _terms_faults(kind: str, field: str, values: Sequence[object], vocabulary: Vocabulary) -> Iterator[str]:
    faults = list(field_faults(kind, field, "group"))
    yield from faults
    if not faults:
        for value in values:
            yield from value_faults(kind, field, value, vocabulary)
