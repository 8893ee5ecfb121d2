"""The way of an article, from the log alone."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from connectors.registry import open_index, open_log
from desk.cli import cli
from desk.trace import trace
from pipelines.alert_step import AlertStep, LedgerReader
from pipelines.generations import promotion_append
from pipelines.jobs.alert import _wrap
from pipelines.match_step import MatchSink, Origin, code_event
from pipelines.matching import load_coder
from pipelines.streams import replay
from schemas.envelope import ARTICLES
from schemas.errors import KirkukError
from schemas.records import AlertDelivered, GenerationPromoted
from schemas.rules import load_rules
from tests.beam import beam_play as play


@pytest.fixture(scope="module")
def coder(tmp_path_factory):
    from desk.settings import load_settings

    return load_coder(load_settings(environ={}).schema_dir)


@pytest.fixture
def told(tmp_path, coder):
    """A log in which three articles tell of one thing, one is edited, one is beside the point, and one is poison."""
    from desk.settings import load_settings

    settings = load_settings(data=tmp_path, environ={})
    log, index = open_log(settings.log_url), open_index(settings.index_url)
    items = [play.article(0), play.article(8), play.article(7), play.article(0, revision=2, text="Nothing happened.")]
    items.append(play.article(16))
    log.append([*map(play.stored_form, items), play.poison(1)])
    log.append(
        [promotion_append(GenerationPromoted(generation="g", previous=None, schema=coder.ref, at=play.SUNDAY), 1)]
    )
    stored = list(replay(log, ARTICLES))
    outcomes = [code_event(coder, Origin(0, one), generation="g", now=play.SUNDAY) for one in stored]
    MatchSink(log, index, "g").write(outcomes, now=play.SUNDAY)
    reader = LedgerReader(log)
    step = AlertStep(log, index, "g", coder.vocabulary, load_rules(settings.rules_file), reader)
    while step.run(100, play.SUNDAY + timedelta(minutes=5)):
        pass
    raised = next(alert for alert in reader.ledger.alerts.values() if alert.suppressed is None)
    at = play.SUNDAY + timedelta(minutes=6)
    log.append([_wrap(AlertDelivered(alert_id=raised.alert_id, channel="desk", at=at, attempt=1))])
    yield log, items
    index.close()
    log.close()


def test_the_way_of_an_article_is_told_from_feed_to_channel(told):
    """Published, fetched, appended, coded, development, alert, delivery; with times where the log has them."""
    log, items = told
    stations = trace(log, items[0].article_id)
    events = [station.event for station in stations]
    first = ["published", "fetched", "appended"]
    assert events[:6] == first * 2
    assert events[6:8] == ["coded", "coded"]
    assert "development opened" in events
    assert events.index("alert raised") < events.index("alert delivered")
    by_event = {station.event: station for station in stations[:3]}
    assert (by_event["published"].at, by_event["fetched"].at) == (items[0].published, items[0].fetched)
    assert next(station.at for station in stations if station.event == "alert delivered").minute == 6
    assert [station.details["revision"] for station in stations if station.event == "coded"] == [1, 2]


def test_what_others_did_to_the_same_development_is_not_its_doing(told):
    """The second report changes the developments that the first one opened, each once; what the third one changes in
    them is told of the third.
    """
    log, items = told
    stations = trace(log, items[1].article_id)
    changed = [station.details["development_id"] for station in stations if station.event == "development changed"]
    assert changed
    assert len(changed) == len(set(changed))
    assert "development opened" not in [station.event for station in stations]


def test_an_irrelevant_article_ends_with_being_coded(told):
    """Nothing comes of it, and that is told."""
    log, items = told
    stations = trace(log, items[2].article_id[:10])
    assert [station.event for station in stations] == ["published", "fetched", "appended", "coded"]
    assert stations[-1].details["relevant"] is False


def test_a_dead_one_is_told_with_its_error(told):
    """What can't even be read is found by its key."""
    log, _ = told
    unreadable, letter = trace(log, "poison-1")
    assert (unreadable.event, letter.event) == ("unreadable", "dead")
    assert "RecordError" in letter.details["error"]


def test_an_id_that_is_none_or_several_is_told(told):
    """The message says what to do."""
    log, _ = told
    with pytest.raises(KirkukError, match="kirkuk search"):
        trace(log, "0000000000")
    with pytest.raises(KirkukError, match="articles begin so"):
        trace(log, "")


def test_the_command_prints_a_line_a_station(told, tmp_path):
    """A line each, or a JSON document each."""
    _, items = told
    arguments = ["trace", items[2].article_id, "--data", str(tmp_path)]
    done = CliRunner().invoke(cli, arguments)
    assert [line.split()[2] for line in done.stdout.splitlines()[:3]] == ["published", "fetched", "appended"]
    done = CliRunner().invoke(cli, [*arguments, "--json"])
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()][-1] == "coded"
