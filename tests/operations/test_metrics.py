"""Which numbers there are, and what is counted as what."""

import pickle
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from connectors import registry
from connectors.ports import Advance, Append
from desk.health import StageView
from desk.metrics_page import measured, page_names, render
from desk.probe import Sight
from pipelines import telemetry
from pipelines.alert_report import Arrivals
from pipelines.alerting import HISTORY
from pipelines.generations import alert_consumer, match_consumer
from pipelines.lag import lags
from schemas.envelope import ARTICLES, MATCHES, derived, pack
from schemas.errors import LogError
from schemas.records import FeedFailed
from tests.operations.scrape import samples

NOON = datetime(2017, 10, 16, 12, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs"
OF_A_PROCESS = {"up", "process_resident_memory_bytes", "process_start_time_seconds", "process_cpu_seconds_total"}


def value(name, **labels):
    """Return a sample of the metrics in this process, 0 where it is not there yet."""
    page = render([StageView(stage, True, 0.0, measured(stage)) for stage in ("ingest", "match", "alert")], Sight(NOON))
    return samples(page).get((name, tuple(sorted(labels.items()))), 0.0)


def test_the_page_can_be_read_and_names_each_family_once():
    """Prometheus refuses a page with a family in two places; three stages share families."""
    telemetry.beat("ingest")
    telemetry.beat("match")
    views = [StageView(stage, True, 0.0, measured(stage)) for stage in ("watch", "ingest", "match", "alert")]
    page = render(views, Sight(NOON)).decode()
    names = [family.name for family in text_string_to_metric_families(page)]
    assert len(names) == len(set(names)) > 25
    keys = [line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")]
    assert len(keys) == len(set(keys))


def test_names_follow_the_conventions():
    """Every name is ours, in base units, counters end in _total, and each is explained."""
    for name in telemetry.all_names() | page_names():
        assert name.startswith("kirkuk_")
        assert not name.endswith(("_ms", "_milliseconds", "_minutes", "_kb"))
    for stage in ("ingest", "match", "alert"):
        assert all(len(family.documentation) > 10 for family in telemetry.families(stage))


def test_what_a_stage_measured_can_be_sent_to_another_process():
    """The watch shows the numbers of its children."""
    telemetry.ITEMS.labels("new").inc(0)
    copy = pickle.loads(pickle.dumps(measured("ingest")))
    assert b'kirkuk_items_total{fate="new"}' in render([StageView("ingest", True, 0.0, copy)], Sight(NOON))
    found = [sample for family in copy for sample in family.samples]
    names = {sample.name for sample in found}
    assert "kirkuk_items_total" in names
    assert "kirkuk_articles_coded_total" not in names
    assert {sample.labels["stage"] for sample in found if "stage" in sample.labels} == {"ingest"}


@pytest.mark.parametrize("age_s,live", [(-5, 1), (0.02, 1), (6 * 3600, 1), (6 * 3600 + 1, 0), (9 * 365 * 86400, 0)])
def test_only_live_articles_have_latencies(age_s, live):
    """What came longer ago than six hours is told again: it is counted as left out. Clocks may differ a little."""
    labels = {"span": "published_to_fetched", "stage": "ingest"}
    counted, skipped = value("kirkuk_latency_seconds_count", **labels), value("kirkuk_latency_skipped_total", **labels)
    telemetry.took("ingest", "published_to_fetched", NOON - timedelta(seconds=age_s), NOON)
    assert value("kirkuk_latency_seconds_count", **labels) - counted == live
    assert value("kirkuk_latency_skipped_total", **labels) - skipped == 1 - live
    assert value("kirkuk_latency_seconds_sum", **labels) >= 0


def test_a_refused_write_is_counted_and_raised():
    """A failure shows in the metrics, and is no less an error."""
    before = value("kirkuk_write_failures_total", stage="match", target="log")
    with pytest.raises(LogError), telemetry.appending("match"):
        raise LogError("full")
    assert value("kirkuk_write_failures_total", stage="match", target="log") == before + 1


def test_counting_in_many_threads_loses_nothing():
    """Feeds, senders and Beam's workers count at once."""
    before = value("kirkuk_items_total", fate="dead")
    threads = [
        threading.Thread(target=lambda: [telemetry.ITEMS.labels("dead").inc() for _ in range(2000)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value("kirkuk_items_total", fate="dead") == before + 16_000


@pytest.mark.parametrize(
    "reason,label",
    [
        (HISTORY, "history"),
        ("stale: it came at 2017-10-16 10:00 UTC, and the limit is 60 s", "stale"),
        ("muted until 2017-10-16 10:00 UTC", "muted"),
        ("quiet hours 23:00-06:00 Asia/Baghdad", "quiet"),
        ("throttled: the rule alerted at 10:00:00 UTC, one in 60 s", "throttled"),
        ("said with opened", "said"),
        ("said with the news itself", "said"),
        ("because of 8c1f", "other"),
        ("", "other"),
    ],
)
def test_reasons_are_counted_by_their_kind(reason, label):
    """A reason's text holds times and names; its label doesn't."""
    assert telemetry.reason_of(reason) == label


def test_arrivals_are_as_late_as_the_looks():
    """A position came by the first look that saw the stream reach it."""
    arrivals = Arrivals()
    for second, end in enumerate((2, 2, 5)):
        arrivals.see(end, NOON + timedelta(seconds=second))
    assert [arrivals.of(at) for at in (1, 2, 3, 5)] == [NOON, NOON, *[NOON + timedelta(seconds=2)] * 2]
    assert arrivals.of(6) is None


def test_lag_is_what_a_consumer_has_not_done():
    """Records and the age of the oldest one, by stage; without a generation everything is undone."""
    log = registry.open_log("memory://operations-lag")
    matches = derived(MATCHES, "g")

    def event(number):
        record = FeedFailed(feed_id="f", at=NOON, kind="dns", message="")
        return pack(record, event_id=str(number), subject="f", time=NOON + timedelta(seconds=number))

    assert [tuple(lag) for lag in lags(log, None)] == [("match", 0, 0, None)]
    log.append([Append(ARTICLES, event(number)) for number in range(10)])
    log.append([Append(matches, event(number)) for number in range(4)])
    assert lags(log, None)[0].records == 10
    log.append([], [Advance(match_consumer("g"), ARTICLES, 0, 4), Advance(alert_consumer("g"), matches, 0, 4)])
    match, alert = lags(log, "g")
    assert (match.records, match.seconds(NOON + timedelta(seconds=60))) == (6, 56)
    assert (alert.records, alert.seconds(NOON)) == (0, 0)
    assert match.seconds(NOON - timedelta(hours=1)) == 0


def expressions():
    groups = yaml.safe_load((DOCS / "prometheus-rules.yaml").read_text("utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


@pytest.mark.parametrize("alert", sorted(expressions()))
def test_the_shipped_alerting_rules_ask_for_what_there_is(alert):
    """Every metric and every label value in the rules exists, and each rule tells a severity and a remedy."""
    rule = expressions()[alert]
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]", "", rule["expr"])
    words = set(re.findall(r"\b[a-z_]{2,}\b(?!\s*\()", bare))
    names = words - {"by", "le", "or", "and", "sum", "time"}
    assert names
    assert names <= telemetry.all_names() | page_names() | OF_A_PROCESS
    assert bare.count("(") == bare.count(")")
    known = {*telemetry.SPANS, *telemetry.FATES, "failed", "given_up", "kirkuk"}
    assert set(re.findall(r'="([^"]*)"', rule["expr"])) <= known
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["remedy"]


def test_the_runbook_lists_every_metric_and_no_other():
    """The table is the list of metrics: nothing is missing from it, and nothing in it is gone."""
    text = (DOCS / "runbook.md").read_text("utf-8").partition("## Metrics, health and logs\n")[2].partition("\n## ")[0]
    told = set(re.findall(r"`(kirkuk_[a-z_]+)[`{]", text))
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in telemetry.all_names()} | page_names()
    assert told == families
