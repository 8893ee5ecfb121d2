"""What is told when every feed fails: a machine without a network must not look like a quiet day."""

import json
import socket
import threading

import pytest
from click.testing import CliRunner

from desk.cli import cli
from desk.doctor import examine
from desk.settings import load_settings
from pipelines.ingestion.silence import Silence
from tests.ingestion.newsroom import failed, item, source

ONE, TWO = source("one"), source("two")


def test_all_failing_is_told_once_until_a_feed_answers():
    """The first round in which all fail is told, the next ones are not; after an answer it may be told again."""
    silence = Silence(2)
    assert silence.note(0, "dns") == ""
    told = silence.note(1, "timeout")
    assert told.startswith("all 2 feeds fail: dns 1, timeout 1; ")
    assert "kirkuk feeds list" in told
    assert silence.note(0, "dns") == silence.note(1, "dns") == ""
    assert silence.note(1, None) == "feeds answer again"
    assert silence.note(1, None) == ""
    assert silence.note(1, "dns").startswith("all 2 feeds fail: dns 2; ")


@pytest.mark.parametrize("answers", [False, True])
def test_the_running_job_warns_when_every_polled_feed_failed(newsroom, caplog, answers):
    """A job that goes on warns once the last feed has failed too, and not while one answers."""
    newsroom.web.put(ONE, failed("dns"))
    newsroom.web.publish(TWO, item()) if answers else newsroom.web.put(TWO, failed("dns"))
    stop = threading.Event()

    def end(counts):
        if counts.get("polls") == 2:
            stop.set()

    newsroom.clock.step = newsroom.clock.step.resolution * 100_000
    newsroom.poll(ONE, TWO, stop=stop, progress=end, once=False)
    assert ("all 2 feeds fail: dns 2" in caplog.text) is not answers


@pytest.fixture
def dead_feed(tmp_path):
    """A list with one feed at a port of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    (tmp_path / "kirkuk.toml").write_text('data = "data"\n[fetch]\nallow_loopback = true\n[metrics]\nlisten = ""\n')
    (tmp_path / "alerts.toml").write_text("")
    (tmp_path / "feeds.toml").write_text(
        f'[[feeds]]\nid = "one"\nurl = "http://127.0.0.1:{port}/rss"\noutlet = "Herald"\npublisher = "herald"\n'
        'language = "en"\ncountry = "IQ"\n'
    )
    return tmp_path / "kirkuk.toml"


def test_once_with_all_feeds_failed_says_why_and_fails(dead_feed):
    """Status 1 with the kinds of failure; list and doctor then know it from the log."""
    done = CliRunner().invoke(cli, ["ingest", "--once", "--json", "--config", str(dead_feed)], standalone_mode=False)
    assert done.return_value == 1
    assert json.loads(done.stdout)["ingest"]["failed"] == 1
    assert "all feeds failed: refused 1" in done.stderr
    findings = [each for each in examine(load_settings(dead_feed, environ={})) if each.check == "feeds polled"]
    assert [finding.state for finding in findings] == ["failed"]
    assert "0 of 1 answered last time, 0 not polled yet; all failing: refused 1" in findings[0].message
    assert findings[0].remedy
