"""Broker and search server die under the running system."""

import re
import time
from collections import Counter

import pytest
import tomli_w

from connectors.registry import open_index, open_log
from desk.demo.run import has_come_through
from desk.settings import load_settings
from pipelines.generations import live_generation
from pipelines.streams import replay
from schemas.envelope import ALERTS, ARTICLES, DEAD_LETTERS, MATCHES, derived, unpack
from schemas.records import AlertDelivered, AlertRaised
from tests.full_size import writer

ARTICLE_COUNT = 10_000
KILLS = 3
WRITING_S = 60.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]


def test_ten_thousand_articles_while_both_servers_are_killed_three_times(start_kafka, start_elastic, start, tmp_path):
    """None lost, none twice, in log, index and ledger; every alert is raised once, sent once and shown once.

    Which alerts there are depends on the order in which three partitions are read, so they are compared with no other
    run here; tests/whole does that on one partition.
    """
    kafka, elastic = start_kafka(), start_elastic()
    urls = f"kafka://{kafka.bootstrap}/killed?partitions=3", f"{elastic.url}/killed"
    settings = configured(tmp_path, *urls)
    stages = {
        name: start(name, "-m", "desk.cli", name, "--json", "--config", settings.file) for name in ("match", "alert")
    }
    wait_for_generation(urls[0])
    writing = start("writer", writer.__file__, urls[0], ARTICLE_COUNT, WRITING_S)
    for _ in range(KILLS):
        for server in (kafka, elastic):
            time.sleep(WRITING_S / KILLS / 4)
            server.kill()
            time.sleep(1)
            server.start()
    assert writing.wait(200) == 0, (tmp_path / "writer.err").read_text()[-3000:]
    log = open_log(urls[0])
    try:
        wait_until_calm(log, stages)
        for stage in stages.values():
            stage.terminate()
            assert stage.wait(60) == 0
        check_documents(log, urls[1])
        check_alerts(log, tmp_path)
    finally:
        log.close()


def configured(folder, log_url, index_url):
    changes = {"data": str(folder / "data"), "log": {"url": log_url}, "index": {"url": index_url}}
    (folder / "kirkuk.toml").write_text(tomli_w.dumps(changes))
    return load_settings(folder / "kirkuk.toml", environ={})


def wait_for_generation(log_url):
    """What is there before the stages run would be history, which is not alerted."""
    log = open_log(log_url)
    deadline = time.monotonic() + 60
    while live_generation(log) is None and time.monotonic() < deadline:
        time.sleep(0.2)
    assert live_generation(log) is not None
    log.close()
    time.sleep(3)


def wait_until_calm(log, stages):
    deadline = time.monotonic() + 240
    while not has_come_through(log):
        assert time.monotonic() < deadline, "the stages did not come to rest"
        assert all(stage.poll() is None for stage in stages.values()), "a stage gave up"
        time.sleep(1)


def streamed(log, stream):
    return [stored.event for part in log.partitions(stream) for stored in replay(log, stream, partition=part)]


def check_documents(log, index_url):
    wanted = {writer.article_id(number) for number in range(ARTICLE_COUNT)}
    assert Counter(event.id for event in streamed(log, ARTICLES)) == dict.fromkeys(wanted, 1)
    coded = streamed(log, derived(MATCHES, live_generation(log)))
    assert Counter(event.subject for event in coded) == dict.fromkeys(wanted, 1)
    assert streamed(log, DEAD_LETTERS) == []
    index = open_index(index_url)
    try:
        assert {found[0] for found in index.scan("articles")} == wanted
        events = {event_id for event in coded for event_id in unpack(event).event_ids}
        assert len(events) > 500
        assert {found[0] for found in index.scan("events")} == events
    finally:
        index.close()


def check_alerts(log, folder):
    records = [unpack(event) for event in streamed(log, ALERTS)]
    raised = [record.alert for record in records if isinstance(record, AlertRaised)]
    assert len(raised) > 20
    assert max(Counter((alert.rule, alert.development_id, alert.change) for alert in raised).values()) == 1
    sent = [alert.alert_id for alert in raised if alert.suppressed is None]
    assert sent
    assert Counter(record.alert_id for record in records if isinstance(record, AlertDelivered)) == dict.fromkeys(
        sent, 1
    )
    shown = re.findall(r"^  kirkuk why (\w+)$", (folder / "alert.err").read_text(), re.MULTILINE)
    assert Counter(shown) == {alert_id[:12]: 1 for alert_id in sent}
