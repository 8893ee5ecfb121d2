"""The doctor on a real Kafka: version, topics, lag; and on one that does not answer."""

import itertools
import os
import socket
import time
from datetime import UTC, datetime

import msgspec
import pytest

from connectors.kafka_log import KafkaLog
from connectors.kafka_options import parse_kafka_url
from connectors.kafka_topics import setup_topics
from connectors.ports import Append
from desk.doctor import examine
from desk.settings import load_settings
from schemas.envelope import ARTICLES, pack
from schemas.records import FeedFailed

_prefixes = itertools.count()


@pytest.fixture
def settings_for(tmp_path, monkeypatch):
    monkeypatch.setenv("KIRKUK_LOG_STATE", str(tmp_path / "state"))
    settings = load_settings(data=tmp_path, environ={})
    return lambda url: msgspec.structs.replace(settings, log_url=url)


def test_what_setup_would_do_is_told_until_it_is_done(kafka_server, settings_for):
    """Broker and version; missing topics as warnings with the remedy; then all well, with how far behind who is."""
    url = f"kafka://{kafka_server.bootstrap}/doctor{os.getpid()}x{next(_prefixes)}"
    before = [finding for finding in examine(settings_for(url)) if finding.check in {"kafka", "topics"}]
    assert (before[0].state, "1 broker, version 4." in before[0].message) == ("ok", True)
    assert len(before) > 5
    assert {(finding.state, finding.remedy) for finding in before[1:]} == {("warning", "kirkuk setup")}
    setup_topics(parse_kafka_url(url))
    log = KafkaLog(parse_kafka_url(url))
    now = datetime.now(UTC)
    event = pack(FeedFailed(feed_id="f", at=now, kind="dns", message=""), event_id="e", subject="f", time=now)
    log.append([Append(ARTICLES, event)])
    log.close()
    after = {finding.check: finding for finding in examine(settings_for(url))}
    assert (after["topics"].state, after["log"].state) == ("ok", "ok")
    assert "1 records behind" in after["match partition 0"].message
    assert not [finding for finding in after.values() if finding.state == "failed"]


def test_a_broker_that_does_not_answer_is_told_in_time(settings_for):
    """A port that takes connections and says nothing: the log fails by name, and the other checks are done."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        url = f"kafka://127.0.0.1:{silent.getsockname()[1]}/x"
        findings = {finding.check: finding for finding in examine(settings_for(url), patience_s=3)}
        assert time.monotonic() - began < 30
    assert findings["log"].state == "failed"
    assert findings["log"].remedy
    assert findings["feeds"].state != "failed"
