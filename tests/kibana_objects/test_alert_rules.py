"""The alerting rules of schemas/kibana: they fit index, schema and Kibana's API, and each fault is found."""

import json
from typing import get_args, get_type_hints

import pytest

from schemas.documents import AlertState, alert_status
from schemas.kibana_checks import rule_faults
from schemas.kibana_checks.values import STATUSES
from schemas.kibana_objects.files import RULES_FILE, load_rules, rules_text, rules_with_prefix
from schemas.records import Alert


def test_the_file_is_what_the_code_makes():
    """schemas/kibana/rules.json is just what `python -m schemas.kibana_objects` writes."""
    assert RULES_FILE.read_text("utf-8") == rules_text()


def test_the_file_has_no_fault(vocabulary):
    """Every check passes for the shipped rules, over the default prefix and another one."""
    assert rule_faults(load_rules(), vocabulary) == []
    assert rule_faults(rules_with_prefix(load_rules(), "mosul"), vocabulary) == []


def test_ids_are_stable():
    """A rule's id depends on its key and the prefix alone, so that the next release finds and updates it."""
    ids = {rule["key"]: rule["id"] for rule in load_rules()}
    assert ids["territory"] == "d13b026a-987b-4c13-b4c7-d26e5e85b22f"
    assert {rule["key"]: rule["id"] for rule in rules_with_prefix(load_rules(), "kirkuk")} == ids


def test_statuses_are_those_that_alerts_have():
    """The statuses that queries may ask for are just those that an alert can have in the index."""
    hints = get_type_hints(Alert)
    assert set(get_args(hints["severity"])) == {"info", "warning", "critical"}
    told = {
        alert_status(Bare(suppressed, channels), state)
        for suppressed in (None, "muted")
        for channels in ((), ("desk",))
        for state in STATES
    }
    assert told == STATUSES


class Bare:
    """What `alert_status` looks at of an alert."""

    def __init__(self, suppressed, channels):
        self.suppressed, self.channels = suppressed, channels


STATES = (AlertState(), AlertState(failed=("desk",)), AlertState(acknowledged="yes"))


def params(**changes):
    return lambda rule: rule["body"]["params"].update(changes)


def body(**changes):
    return lambda rule: rule["body"].update(changes)


def query(**inner):
    return lambda rule: rule["body"]["params"].update(esQuery=json.dumps({"query": inner}))


CHANGES = {
    "id": (lambda rule: rule.update(id="territory"), "not built as Kibana expects"),
    "id of another version": (
        lambda rule: rule.update(id="6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        "no UUID of version 4",
    ),
    "key missing": (lambda rule: rule["body"].pop("tags"), "the body's keys are"),
    "key unknown": (body(notify_when="onActionGroupChange"), "the body's keys are"),
    "licence": (body(rule_type_id="xpack.ml.anomaly_detection_alert"), "is none of .es-query"),
    "consumer": (body(consumer="logs"), "not stackAlerts"),
    "actions": (body(actions=[{"id": "x"}]), "connector of one Kibana"),
    "interval": (body(schedule={"interval": "1 minute"}), "runs every '1 minute'"),
    "interval beyond window": (body(schedule={"interval": "1d"}), "looks back less far"),
    "window unit": (params(timeWindowUnit="w"), "15 'w'"),
    "window size": (params(timeWindowSize=0), "over 0"),
    "param missing": (lambda rule: rule["body"]["params"].pop("groupBy"), "KeyError 'groupBy'"),
    "param unknown": (params(esqlQuery={}), "params are"),
    "search type": (params(searchType="esqlQuery"), "searchType is 'esqlQuery'"),
    "grouping": (params(groupBy="top"), "groupBy is 'top'"),
    "aggregation": (params(aggType="avg"), "aggType is 'avg'"),
    "comparator": (params(thresholdComparator="=="), "threshold '=='"),
    "between needs two": (params(thresholdComparator="between"), "threshold 'between'"),
    "size": (params(size=10_001), "size 10001"),
    "index": (params(index=["logs-*"]), "not one of our aliases"),
    "two indices": (params(index=["kirkuk-alerts", "kirkuk-events"]), "not one of our aliases"),
    "time field": (params(timeField="published"), "no field 'published'"),
    "time is no date": (params(timeField="type"), "not to over time"),
    "query is no JSON": (params(esQuery="{"), "JSONDecodeError"),
    "query and more": (params(esQuery='{"query": {"match_all": {}}, "size": 1}'), "not just a query"),
    "query kind": (query(script={"source": "1"}), "'script' is not checked here"),
    "query clause": (query(bool={"boost": []}), "bool has 'boost'"),
    "field": (query(terms={"kind": ["SEIZE"]}), "no field 'kind'"),
    "inner field": (query(bool={"must_not": [{"bool": {"filter": [{"terms": {"kind": ["x"]}}]}}]}), "no field 'kind'"),
    "value": (query(terms={"type": ["CAPTURE"]}), "never 'CAPTURE'"),
    "terms of words": (query(terms={"title": ["a"]}), "not to group"),
    "range of words": (query(range={"type": {"gte": 1}}), "not to range"),
    "range bound": (query(range={"killed": {"from": 1}}), "has 'from'"),
    "exists": (query(exists={"field": "gone"}), "no field 'gone'"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_fault_is_found(vocabulary, name):
    """Each of these changes to a shipped rule is found and told with the rule's key."""
    change, message = CHANGES[name]
    rules = load_rules()
    (rule,) = [rule for rule in rules if rule["key"] == "territory"]
    change(rule)
    faults = rule_faults(rules, vocabulary)
    assert any(fault.startswith("rule territory: ") and message in fault for fault in faults), faults


def test_a_rule_that_is_there_twice_is_found(vocabulary):
    """Two rules of one id would overwrite each other with every import."""
    rules = load_rules()
    assert any("two rules have this id" in fault for fault in rule_faults([*rules, rules[0]], vocabulary))
