"""What Kibana would ask Elasticsearch for each saved object and rule, and a few documents to ask it about."""

import json
from typing import Any

from schemas.documents import NEWEST, Document
from schemas.kibana_checks import kql

Request = dict[str, Any]
_STEP_OF_AUTO = {"fixed_interval": "1h"}
"""Kibana works out the width of an "auto" bar before it asks."""


def ever(time_field: str) -> Request:
    """The time picker at its widest."""
    return {"range": {time_field: {"gte": "2010-01-01T00:00:00.000Z", "lte": "2030-01-01T00:00:00.000Z"}}}


def dsl(tree: kql.Tree) -> Request:
    """Turn KQL into what Kibana sends for it."""
    match tree:
        case kql.Term(field, ":", ("*",)):
            return {"exists": {"field": field}}
        case kql.Term(field, ":", values):
            return _any([{"match": {field: value}} for value in values])
        case kql.Term(field, operator, (value,)):
            bound = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}[operator]
            return {"range": {field: {bound: value}}}
        case kql.Not(part):
            return {"bool": {"must_not": dsl(part)}}
        case kql.All(parts):
            return {"bool": {"filter": [dsl(part) for part in parts]}}
        case kql.Any(parts):
            return _any([dsl(part) for part in parts])
    raise AssertionError(tree)


def _any(parts: list[Request]) -> Request:
    return {"bool": {"should": parts, "minimum_should_match": 1}}


def chart_request(attributes: dict[str, Any], query: Request) -> Request:
    """The aggregations of a Lens chart: bucket within bucket, and numbers wherever an order may need them."""
    ((_, layer),) = attributes["state"]["datasourceStates"]["formBased"]["layers"].items()
    columns = layer["columns"]
    numbers = {
        name: {column["operationType"]: {"field": column["sourceField"]}}
        for name, column in columns.items()
        if not column["isBucketed"] and column["operationType"] != "count"
    }
    aggregations = numbers
    for name in reversed([name for name in layer["columnOrder"] if columns[name]["isBucketed"]]):
        aggregations = {name: {**_bucket(columns[name], columns), "aggs": {**numbers, **aggregations}}}
    return {"size": 0, "track_total_hits": True, "query": query, "aggs": aggregations}


def _bucket(column: dict[str, Any], columns: dict[str, Any]) -> Request:
    field, params = column["sourceField"], column["params"]
    if column["operationType"] == "date_histogram":
        step = _STEP_OF_AUTO if params["interval"] == "auto" else {"calendar_interval": params["interval"]}
        return {"date_histogram": {"field": field, "min_doc_count": 1, **step}}
    order = params["orderBy"]
    if order["type"] == "alphabetical":
        by = "_key"
    else:
        counts = columns[order["columnId"]]["operationType"] == "count"
        by = "_count" if counts else order["columnId"]
    return {"terms": {"field": field, "size": params["size"], "order": {by: params["orderDirection"]}}}


def search_request(attributes: dict[str, Any], query: Request) -> Request:
    """What Discover asks for a saved search."""
    return {
        "size": 100,
        "_source": False,
        "query": query,
        "fields": attributes["columns"],
        "sort": [{field: {"order": order, "unmapped_type": "boolean"}} for field, order in attributes["sort"]],
    }


def layer_request(layer: dict[str, Any], query: Request) -> Request:
    """What Maps asks for a layer that is drawn from the index."""
    source = layer["sourceDescriptor"]
    box = {"top_left": {"lat": 40, "lon": 40}, "bottom_right": {"lat": 30, "lon": 50}}
    seen = {"bool": {"filter": [query, {"geo_bounding_box": {source["geoField"]: box}}]}}
    if source["type"] == "ES_GEO_GRID":
        cells = {"geotile_grid": {"field": source["geoField"], "precision": 8}}
        centre = {"centre": {"geo_centroid": {"field": source["geoField"]}}}
        return {"size": 0, "query": seen, "aggs": {"cells": {**cells, "aggs": centre}}}
    fields = [source["geoField"], *source["tooltipProperties"]]
    return {"size": 100, "_source": False, "query": seen, "fields": fields}


def rule_request(params: dict[str, Any]) -> Request:
    """What Elasticsearch is asked by a rule: its query within its window, the newest documents first."""
    window = {
        "range": {params["timeField"]: {"gte": "2010-01-01T00:00:00.000Z", "format": "strict_date_optional_time"}}
    }
    return {
        "size": params["size"],
        "track_total_hits": True,
        "query": {"bool": {"filter": [json.loads(params["esQuery"])["query"], window]}},
        "sort": [{params["timeField"]: {"order": "desc", "format": "strict_date_optional_time_nanos"}}],
    }


KIRKUK = {"lat": 35.468, "lon": 44.392}
AT = "2017-10-16T05:00:00.000Z"
LATER = "2017-10-16T09:30:00.000Z"


def documents() -> list[Document]:
    """A handful of documents of each kind, so that no query comes back empty."""
    return [*_articles(), *_events(), *_developments(), *_alerts()]


def _articles() -> list[Document]:
    told = {"outlet": "first", "publisher": "first", "ingested": AT, "relevant": True, "types": ["SEIZE"]}
    return [
        Document(
            "articles", "a1", 1, {**told, "title": "Troops take base", "published": AT, "url": "https://x.example/1"}
        ),
        Document("articles", "a2", 1, {**told, "title": "No date", "published_flag": "missing"}),
        Document("articles", "a3", 1, {**told, "title": "Football", "relevant": False, "published": AT}),
    ]


def _events() -> list[Document]:
    told = {
        "published": AT,
        "ingested": AT,
        "outlet": "first",
        "publisher": "first",
        "location": [KIRKUK],
        "score": 0.9,
    }
    many = [
        {"type": "SEIZE", "mode": "capture", "claim": "asserted", "actors": ["iraq-army"], "places": ["k1-base"]},
        {"type": "SEIZE", "mode": "capture", "claim": "denied", "actors": ["peshmerga"], "places": ["k1-base"]},
        {
            "type": "THREATEN",
            "mode": "ultimatum",
            "claim": "alleged",
            "actors": ["iraq-army"],
            "places": ["kirkuk-city"],
        },
        {"type": "THREATEN", "mode": "sanction", "claim": "asserted", "published": LATER, "outlet": "second"},
        {"type": "STATEMENT", "mode": "deny", "claim": "asserted", "published": LATER, "outlet": "second"},
    ]
    return [Document("events", f"e{at}", 1, {"event_id": f"e{at}", **told, **one}) for at, one in enumerate(many)]


def _developments() -> list[Document]:
    told = {"day": "2017-10-16T00:00:00.000Z", "first_seen": AT, "last_seen": LATER, "location": [KIRKUK], "copies": 0}
    many = [
        {"type": "SEIZE", "mode": "capture", "side": "federal", "place": "k1-base", "claim": "confirmed", "sources": 3},
        {
            "type": "RETREAT",
            "mode": "withdraw",
            "side": "kurdish",
            "claim": "disputed",
            "denied_by": ["puk"],
            "sources": 2,
        },
        {"type": "RETREAT", "mode": "resign", "side": "kurdish", "claim": "asserted", "sources": 1},
        {"type": "ASSAULT", "mode": "clash", "side": "federal", "claim": "alleged", "killed": 12.0, "wounded": 5.0},
        {
            "type": "ASSAULT",
            "mode": "clash",
            "side": "federal",
            "claim": "denied",
            "killed": 40.0,
            "denied_by": ["puk"],
        },
    ]
    return [Document("developments", f"d{at}", 1, {**told, "title": f"Nr {at}", **one}) for at, one in enumerate(many)]


def _alerts() -> list[Document]:
    told = {"raised": AT, "type": "SEIZE", "claim": "asserted", "places": ["k1-base"], "rule": "territory"}
    many = [
        {"severity": "critical", "status": "delivered"},
        {"severity": "critical", "status": "acknowledged"},
        {"severity": "warning", "status": "failed", "failed": ["desk"]},
        {"severity": "info", "status": "suppressed"},
    ]
    return [Document("alerts", f"l{at}", 1, {**told, "title": f"Nr {at}", **one}) for at, one in enumerate(many)]


def bulk(documents: list[Document], prefix: str) -> str:
    """Write documents as a bulk request into `<prefix>-<kind>`."""
    assert set(NEWEST) == {one.kind for one in documents}
    lines = []
    for one in documents:
        lines.append({"index": {"_index": f"{prefix}-{one.kind}", "_id": one.id}})
        lines.append(dict(one.fields))
    return "".join(json.dumps(line) + "\n" for line in lines)
