"""A watch on a play over HTTP, seen from outside: the numbers are those of the log, the lines tell every article's way,
and a stage that dies shows.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from connectors.registry import open_log
from desk.demo.run import demo_settings, has_come_through
from pipelines.generations import live_generation
from pipelines.streams import replay
from schemas.envelope import ALERTS, ARTICLES, DEVELOPMENTS, FEEDS, MATCHES, derived, unpack
from schemas.feeds import FeedSource
from schemas.records import (
    AlertDelivered,
    AlertRaised,
    ArticleCoded,
    FeedFailed,
    FeedMoved,
    FeedPolled,
)
from tests.operations.scrape import Numbers, get_json

ROOT = Path(__file__).parents[2]
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT)}
SETTINGS = {
    "KIRKUK_METRICS_LISTEN": "127.0.0.1:0",
    "KIRKUK_METRICS_LIVE_WITHIN_S": "20",
    "KIRKUK_LOGS_LEVEL": "debug",
}
FATES = ("new", "revised", "unchanged", "duplicate", "dead")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Watch:
    """A `kirkuk watch` in a process of its own, on a play of the crisis."""

    def __init__(self, folder):
        self.folder = folder
        self.play = subprocess.Popen(
            [sys.executable, "-m", "desk.demo.server", "--seconds", "12"], stdout=subprocess.PIPE, cwd=ROOT, env=ENVIRON
        )
        feeds = [msgspec.convert(feed, FeedSource) for feed in json.loads(self.play.stdout.readline())["feeds"]]
        self.settings = demo_settings(folder, feeds)
        self.lines = folder / "lines.jsonl"
        with self.lines.open("wb") as lines, (folder / "out").open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "desk.cli", "watch", "--config", self.settings.file, "--data", folder],
                stdout=out,
                stderr=lines,
                cwd=folder,
                env={**ENVIRON, **SETTINGS},
            )

    def told(self):
        """Return the log lines so far; every one of them is an object."""
        return [json.loads(line) for line in self.lines.read_text("utf-8").split("\n")[:-1]]

    def address(self):
        serving = until(lambda: next((line for line in self.told() if line["event"] == "metrics.serving"), None))
        host, port = serving["address"].split(":")
        return host, int(port)

    def end(self):
        for process in (self.process, self.play):
            process.send_signal(signal.SIGTERM)
            process.wait(40)
        self.play.stdout.close()


def until(ask, timeout_s=90):
    deadline = time.monotonic() + timeout_s
    while not (found := ask()):
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def watch(tmp_path_factory):
    watch = Watch(tmp_path_factory.mktemp("watch"))
    yield watch
    watch.end()


@pytest.fixture(scope="module")
def seen(watch):
    """The last numbers of a watch that has done all there is, with the log's records."""
    address = watch.address()
    log = open_log(f"sqlite:///{watch.folder}/log.db")
    try:
        time.sleep(14)
        until(lambda: has_come_through(log))
        # The log is looked at every five seconds, and the stages are asked every second.
        time.sleep(2.5)
        until(lambda: Numbers(address).total("kirkuk_lag_records") == 0)
        numbers = Numbers(address)
        live = live_generation(log)
        streams = (ARTICLES, FEEDS, ALERTS, derived(MATCHES, live), derived(DEVELOPMENTS, live))
        records = {name.partition(".")[0]: [unpack(stored.event) for stored in replay(log, name)] for name in streams}
        yield numbers, records
    finally:
        log.close()


def test_the_numbers_of_feeds_are_those_of_the_log(seen):
    """Each item has one fate: the fates, polls and failures counted are those of as many polls in the log."""
    numbers, records = seen
    polls = [record for record in records["feeds"] if not isinstance(record, FeedMoved)]
    counted = int(numbers.total("kirkuk_polls_total"))
    assert counted > 18
    polls = polls[:counted]
    failed = [record for record in polls if isinstance(record, FeedFailed)]
    answered = [record for record in polls if isinstance(record, FeedPolled)]
    for fate in FATES:
        assert numbers("kirkuk_items_total", fate=fate) == sum(getattr(record.items, fate) for record in answered)
    assert numbers.total("kirkuk_items_total") == sum(
        sum(msgspec.to_builtins(record.items).values()) for record in answered
    )
    assert numbers("kirkuk_polls_total", outcome="failed") == len(failed) > 0
    assert numbers("kirkuk_polls_total", outcome="not_modified") == sum(record.status == 304 for record in answered)
    for kind, count in Counter(record.kind for record in failed).items():
        assert numbers("kirkuk_poll_failures_total", kind=kind) == count
    new = numbers("kirkuk_items_total", fate="new") + numbers("kirkuk_items_total", fate="revised")
    assert new == len(records["articles"])


def test_the_numbers_of_matching_are_those_of_the_log(seen):
    """Every revision in the log was coded, once, as relevant or not, with as many events as the log has."""
    numbers, records = seen
    coded = [record for record in records["matches"] if isinstance(record, ArticleCoded)]
    assert numbers("kirkuk_articles_coded_total", outcome="relevant") == sum(record.relevant for record in coded) > 10
    assert numbers("kirkuk_articles_coded_total", outcome="dead") == 0
    assert numbers.total("kirkuk_articles_coded_total") == len(records["articles"]) == len(coded)
    assert numbers("kirkuk_events_coded_total") == sum(len(record.events) for record in coded)
    assert numbers("kirkuk_latency_seconds_count", span="fetched_to_coded", stage="match") == len(coded)
    assert numbers("kirkuk_latency_seconds_count", span="coded_to_indexed", stage="match") == len(coded)


def test_the_numbers_of_alerting_are_those_of_the_ledger(seen):
    """Developments, alerts by fate and deliveries; an alert's latencies are counted once each."""
    numbers, records = seen
    opened = Counter(type(record).__name__ for record in records["developments"])
    assert numbers("kirkuk_developments_total", change="opened") == opened["DevelopmentOpened"] > 10
    raised = [record.alert for record in records["alerts"] if isinstance(record, AlertRaised)]
    sent = [alert for alert in raised if alert.suppressed is None]
    assert numbers.total("kirkuk_alerts_raised_total") == len(sent) > 10
    assert numbers.total("kirkuk_alerts_suppressed_total") == len(raised) - len(sent)
    delivered = sum(isinstance(record, AlertDelivered) for record in records["alerts"])
    assert numbers("kirkuk_deliveries_total", channel="terminal", outcome="delivered") == delivered == len(sent)
    assert numbers("kirkuk_alerts_waiting") == 0
    for span in ("ingested_to_alerted", "raised_to_delivered"):
        assert numbers("kirkuk_latency_seconds_count", span=span, stage="alert") == len(sent)
        # No longer than the run, however busy the machine is.
        assert 0 < numbers("kirkuk_latency_seconds_sum", span=span, stage="alert") / len(sent) < 120


def test_history_told_again_is_no_latency(seen):
    """The play's articles were published in 2017: none is counted as nine years late."""
    numbers, records = seen
    assert numbers.total("kirkuk_latency_seconds_count", span="published_to_fetched") == 0
    assert 0 < numbers.total("kirkuk_latency_skipped_total") <= len(records["articles"])


def test_stages_times_and_places_are_told(seen):
    """What runs, with which schema, how far behind, how long writes take, and how each process fares."""
    numbers, _ = seen
    for stage in ("watch", "ingest", "match", "alert"):
        assert numbers("kirkuk_stage_up", stage=stage) == 1
        assert time.time() - 300 < numbers("process_start_time_seconds", stage=stage) < time.time()
        assert numbers("process_resident_memory_bytes", stage=stage) > 10_000_000
    for stage in ("match", "alert"):
        assert numbers("kirkuk_lag_records", stage=stage, partition="0") == 0
        assert numbers("kirkuk_lag_seconds", stage=stage, partition="0") == 0
        assert numbers("kirkuk_index_write_duration_seconds_count", stage=stage) > 0
    assert numbers("kirkuk_log_append_duration_seconds_count", stage="ingest") >= numbers.total("kirkuk_polls_total")
    assert numbers("kirkuk_epoch_duration_seconds_count") >= 1
    assert numbers.total("kirkuk_schema_info", name="kirkuk") == 1
    assert numbers.total("kirkuk_build_info", beam="2.77.0") == 1


def test_no_label_holds_an_id(seen):
    """A label's values are few: no article, feed or alert makes a series of its own."""
    numbers, records = seen
    ids = {record.feed_id for record in records["feeds"]} | {
        record.article.article_id for record in records["articles"]
    }
    values = {value for _, labels in numbers.samples for _, value in labels}
    assert not values & ids
    assert len(numbers.samples) < 1000


def test_one_grep_tells_the_way_of_an_article(watch, seen):
    """The lines with an article's id tell that it was appended, coded, indexed, opened a development, raised an alert
    and was delivered; an irrelevant one ends with being coded.
    """
    _, records = seen
    alert = next(r.alert for r in records["alerts"] if isinstance(r, AlertRaised) and r.alert.change == "opened")
    article_id = alert.development.article_ids[0]
    lines = watch.lines.read_text("utf-8").splitlines()
    way = [json.loads(line) for line in lines if article_id in line]
    events = [line["event"] for line in way]
    for event in (
        "article.appended", "article.indexed", "article.coded", "development.opened", "alert.raised", "alert.delivered",
    ):  # fmt: skip
        assert event in events, events
    assert {line["stage"] for line in way} == {"ingest", "match", "alert"}
    assert all(line["timestamp"].endswith("Z") for line in way)
    by_time = [line["event"] for line in sorted(way, key=lambda line: line["timestamp"])]
    assert by_time.index("article.appended") < by_time.index("article.coded") < by_time.index("alert.delivered")
    idle = next(record.article.article_id for record in records["matches"] if not record.relevant)
    events = [json.loads(line)["event"] for line in lines if idle in line]
    assert sorted(events) == ["article.appended", "article.coded", "article.indexed"]


def test_at_info_an_irrelevant_article_makes_no_line(watch, seen):
    """What a line at DEBUG says of nineteen articles of twenty is not said at INFO."""
    _, records = seen
    idle = {record.article.article_id for record in records["matches"] if not record.relevant}
    told = [line for line in watch.told() if line["level"] != "debug"]
    assert idle
    assert len(told) > 20
    assert not [line for line in told if line.get("article_id") in idle]


def test_a_stage_that_dies_shows_and_comes_back(watch, seen):
    """Killed, the matcher is counted as started again; the watch is ready before and after, and alive all the time."""
    address = watch.address()
    assert get_json(address, "/health/ready")[0] == 200
    status, document = get_json(address, "/health/live")
    assert (status, len(document["checks"])) == (200, 4)
    os.kill(int((watch.folder / "match.lock").read_text()), signal.SIGKILL)

    def restarted():
        assert get_json(address, "/health/live")[0] == 200
        return Numbers(address)("kirkuk_stage_restarts_total", stage="match") == 1

    until(restarted)
    until(lambda: get_json(address, "/health/ready")[0] == 200)
    numbers = Numbers(address)
    assert numbers("kirkuk_stage_up", stage="match") == 1
    assert numbers.total("kirkuk_polls_total") > 0


def test_a_stage_that_hangs_is_not_alive(watch, seen):
    """A stopped process makes no step: /health/live names the stage, with a remedy and 503, until it goes on."""
    address = watch.address()
    pid = int((watch.folder / "alert.lock").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: get_json(address, "/health/live")[0] == 503)
        checks = {check["check"]: check for check in get_json(address, "/health/live")[1]["checks"]}
        assert [name for name, check in checks.items() if check["state"] == "failed"] == ["stage alert"]
        assert checks["stage alert"]["remedy"]
        before = Numbers(address)("kirkuk_stage_last_step_timestamp_seconds", stage="alert")
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: get_json(address, "/health/live")[0] == 200)
    assert Numbers(address)("kirkuk_stage_last_step_timestamp_seconds", stage="alert") > before
