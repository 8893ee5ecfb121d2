"""What Kibana would ask for every object and rule, asked of a real Elasticsearch: it is accepted, and finds the right.

That shows that fields and types fit a mapping. It does not show that Kibana draws them: no Kibana is to be had here.
"""

import json
from typing import Any

import pytest

from connectors.elastic_templates import index_body
from schemas.documents import FIELDS
from schemas.kibana_checks.frame import documents_of, index_objects, read_texts
from schemas.kibana_checks.kql import read_kql
from schemas.kibana_objects.files import load_objects, load_rules
from schemas.kibana_objects.parts import SEARCH_SOURCE
from tests.kibana_objects import elastic_play as play

PREFIX = "kibana-play"
OBJECTS = index_objects(load_objects())
RULES = {rule["key"]: rule["body"] for rule in load_rules()}


@pytest.fixture(scope="module")
def elastic(elastic_server):
    """Our documents in a real server, one index a kind with the settings and the mapping of the product."""
    for kind in FIELDS:
        answer = elastic_server.api("PUT", f"/{PREFIX}-{kind}", index_body(kind))
        assert answer.status == 200, answer.body
    stored = elastic_server.api("POST", "/_bulk?refresh=true", play.bulk(play.documents(), PREFIX))
    assert stored.status == 200
    assert not stored.body["errors"], stored.body
    yield elastic_server
    for kind in FIELDS:
        elastic_server.api("DELETE", f"/{PREFIX}-{kind}")


def of_type(kind: str) -> list[str]:
    return [name for type_, name in OBJECTS if type_ == kind]


def asked(elastic, view: Any, make) -> dict[str, Any]:
    """Send a request about the documents of a data view, over all time; return the answer."""
    request = make(play.ever(view["attributes"]["timeFieldName"]))
    answer = elastic.api("POST", f"/{PREFIX}-{documents_of(view)}/_search", request)
    assert answer.status == 200, json.dumps(answer.body)[:2000]
    assert answer.body["_shards"]["failed"] == 0, answer.body["_shards"]
    return answer.body


def view_of(one: Any, name: str) -> Any:
    (target,) = [reference["id"] for reference in one["references"] if reference["name"] == name]
    return OBJECTS["index-pattern", target]


def within(query: Any, window: Any) -> dict[str, Any]:
    return {"bool": {"filter": [play.dsl(read_kql(query["query"])), window]}}


FOUND = {
    "kirkuk-search-territory": {"d0", "d1"},
    "kirkuk-search-disputed": {"d1", "d4"},
    "kirkuk-search-casualties": {"d3", "d4"},
    "kirkuk-search-independent": {"d0", "d1", "d2", "d3", "d4"},
    "kirkuk-search-denials": {"e1", "e4"},
    "kirkuk-search-ultimatums": {"e2"},
    "kirkuk-search-sources": {"e0", "e1", "e2", "e3", "e4"},
    "kirkuk-search-unacknowledged": {"l0", "l2"},
    "kirkuk-search-undated": {"a2"},
}


@pytest.mark.parametrize("name", of_type("search"))
def test_a_saved_search_finds_its_documents(elastic, name):
    """The query, the columns and the order of each saved search are accepted; it finds just these documents."""
    one = OBJECTS["search", name]
    attributes = read_texts(one["attributes"])
    query = attributes["kibanaSavedObjectMeta"]["searchSourceJSON"]["query"]
    answer = asked(
        elastic,
        view_of(one, SEARCH_SOURCE),
        lambda window: play.search_request(attributes, within(query, window)),
    )
    assert {hit["_id"] for hit in answer["hits"]["hits"]} == FOUND[name]


# Documents a chart counts, and the values of its outermost bucket, where it has one.
DRAWN: dict[str, tuple[int, list[Any] | None]] = {
    "kirkuk-lens-developments": (5, None),
    "kirkuk-lens-contested": (2, None),
    "kirkuk-lens-open-alerts": (2, None),
    "kirkuk-lens-most-killed": (5, None),
    "kirkuk-lens-events-over-time": (5, ["2017-10-16T05:00:00.000Z", "2017-10-16T09:00:00.000Z"]),
    "kirkuk-lens-timeline": (5, ["2017-10-16T00:00:00.000Z"]),
    "kirkuk-lens-casualties": (4, ["2017-10-16T00:00:00.000Z"]),
    "kirkuk-lens-alerts-over-time": (4, ["2017-10-16T05:00:00.000Z"]),
    "kirkuk-lens-claims-by-side": (5, ["federal", "kurdish"]),
    "kirkuk-lens-support": (5, [1, 2, 3]),
    "kirkuk-lens-who-denies": (2, ["puk"]),
    "kirkuk-lens-actors": (5, ["iraq-army", "peshmerga"]),
    "kirkuk-lens-places": (5, ["k1-base", "kirkuk-city"]),
    "kirkuk-lens-outlets": (5, ["first", "second"]),
}


@pytest.mark.parametrize("name", of_type("lens"))
def test_a_chart_draws_its_documents(elastic, name):
    """The aggregations of each Lens chart are accepted, cover these documents and give these bars."""
    one = OBJECTS["lens", name]
    attributes = one["attributes"]
    answer = asked(
        elastic,
        view_of(one, "indexpattern-datasource-layer-main"),
        lambda window: play.chart_request(attributes, within(attributes["state"]["query"], window)),
    )
    total, bars = DRAWN[name]
    assert answer["hits"]["total"]["value"] == total
    outer = [part["buckets"] for part in answer.get("aggregations", {}).values() if "buckets" in part]
    assert [[one.get("key_as_string", one["key"]) for one in buckets] for buckets in outer] == ([bars] if bars else [])


def test_numbers_in_charts_are_those_of_the_documents(elastic):
    """The highest number killed, and sums without what is denied: figures of charts are read from the right fields."""
    most = OBJECTS["lens", "kirkuk-lens-most-killed"]["attributes"]
    by_day = OBJECTS["lens", "kirkuk-lens-casualties"]["attributes"]
    view = OBJECTS["index-pattern", "kirkuk-developments"]
    highest = asked(elastic, view, lambda window: play.chart_request(most, window))
    assert highest["aggregations"]["value"]["value"] == 40
    summed = asked(elastic, view, lambda window: play.chart_request(by_day, within(by_day["state"]["query"], window)))
    (day,) = summed["aggregations"]["x"]["buckets"]
    assert (day["killed"]["value"], day["wounded"]["value"]) == (12, 5)


def test_the_map_finds_developments_and_cells(elastic):
    """Each layer of the map that is drawn from the index is accepted and finds what lies near Kirkuk."""
    one = OBJECTS["map", "kirkuk-map"]
    layers = {layer["id"]: layer for layer in read_texts(one["attributes"])["layerListJSON"]}

    def answer(name):
        layer = layers[name]
        view = view_of(one, layer["sourceDescriptor"]["indexPatternRefName"])
        return asked(elastic, view, lambda window: play.layer_request(layer, window))

    points = answer("developments")["hits"]["hits"]
    assert {hit["_id"] for hit in points} == {"d0", "d1", "d2", "d3", "d4"}
    assert points[0]["fields"]["location"][0]["coordinates"] == [44.392, 35.468]
    (cell,) = answer("density")["aggregations"]["cells"]["buckets"]
    assert cell["doc_count"] == 5


def test_each_filter_of_the_dashboard_offers_values_of_every_panel(elastic):
    """The dashboard's filters list values on events, developments and alerts alike."""
    board = read_texts(OBJECTS["dashboard", "kirkuk-dashboard"]["attributes"])
    fields = [one["explicitInput"]["fieldName"] for one in board["controlGroupInput"]["panelsJSON"].values()]
    request = {"size": 0, "aggs": {field: {"terms": {"field": field, "size": 10}} for field in fields}}
    for kind in ("events", "alerts"):
        answer = elastic.api("POST", f"/{PREFIX}-{kind}/_search", request).body
        assert all(answer["aggregations"][field]["buckets"] for field in fields), (kind, answer)


FIRING = {
    "critical-unread": {"l0"},
    "undelivered": {"l2"},
    "territory": {"d0", "d1", "d2"},
    "disputed": {"d1", "d4"},
    "many-killed": {"d3"},
    "silence": {"a1", "a2", "a3"},
}


@pytest.mark.parametrize("key", RULES)
def test_a_rule_finds_its_documents(elastic, key):
    """The query of each alerting rule is accepted within its window and finds these documents and no others."""
    params = RULES[key]["params"]
    (alias,) = params["index"]
    answer = elastic.api("POST", f"/{alias.replace('kirkuk', PREFIX)}/_search", play.rule_request(params))
    assert answer.status == 200, answer.body
    assert {hit["_id"] for hit in answer.body["hits"]["hits"]} == FIRING[key]
