"""Whatever dies and whoever else polls: no article is lost and none is doubled."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from connectors import registry
from pipelines.ingestion.items import judge_items
from schemas.records import FeedPolled
from tests.ingestion.ingest_play import ONE, ROUNDS, TWO, Dying, show
from tests.ingestion.newsroom import Newsroom, item, source

PLAY = Path(__file__).with_name("ingest_play.py")
open_real_log = registry.open_log


class Died(BaseException):
    """Stands for a process that is gone."""


def story(room):
    """What a log says of the articles, without the times."""
    return sorted(
        (event_id, article.article_id, article.revision, article.title, article.text, article.feed_id)
        for event_id, article in zip(room.ids("articles"), room.articles(), strict=True)
    )


def polled(room):
    return [record for record in room.read("feeds") if isinstance(record, FeedPolled)]


def play(room, number):
    show(room, number)
    room.poll(ONE, TWO)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    room = Newsroom(f"sqlite:///{tmp_path_factory.mktemp('undisturbed')}/log.db")
    for number in range(len(ROUNDS)):
        play(room, number)
    yield room
    room.log.close()


def die():
    raise Died


def dies(room, monkeypatch, number, when, at):
    """Play a round with a log that dies; return whether it did."""
    monkeypatch.setattr(registry, "open_log", lambda url: Dying(open_real_log(url), when, at, die))
    try:
        play(room, number)
    except Died:
        return True
    finally:
        monkeypatch.setattr(registry, "open_log", open_real_log)
    return False


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(len(ROUNDS)))
def test_a_process_that_dies_at_any_call_leaves_the_same_articles(undisturbed, monkeypatch, number, when):
    for at in count(1):
        room = Newsroom(f"memory://crash-{number}-{when}-{at}")
        for earlier in range(number):
            play(room, earlier)
        died = dies(room, monkeypatch, number, when, at)
        for rest in range(number, len(ROUNDS)):
            play(room, rest)
        assert story(room) == story(undisturbed)
        letters = {letter.dead_letter_id for letter in room.read("dead_letters")}
        assert letters == {letter.dead_letter_id for letter in undisturbed.read("dead_letters")}
        assert sum(poll.items.new + poll.items.revised for poll in polled(room)) == len(room.articles())
        if not died:
            assert at > 5
            break


def start(url, number, moment):
    arguments = [sys.executable, str(PLAY), url, str(number), moment]
    environment = {**os.environ, "PYTHONPATH": str(PLAY.parents[2])}
    done = subprocess.run(arguments, capture_output=True, timeout=60, env=environment)
    assert done.returncode in {0, -9}, done.stderr.decode()[-2000:]
    return done.returncode


def test_a_killed_process_leaves_the_same_articles(undisturbed, tmp_path):
    room = Newsroom(f"sqlite:///{tmp_path}/log.db")
    codes = [start(room.url, 0, moment) for moment in ("before:12", "after:17", "after:14")]
    for number in range(len(ROUNDS)):
        play(room, number)
    assert -9 in codes
    assert story(room) == story(undisturbed)
    room.log.close()


def test_two_processes_at_once_leave_each_article_once(undisturbed, tmp_path):
    room = Newsroom(f"sqlite:///{tmp_path}/log.db")
    for number in range(len(ROUNDS)):
        with ThreadPoolExecutor(2) as both:
            assert list(both.map(lambda _, number=number: start(room.url, number, "before:0"), range(2))) == [0, 0]
    assert len(room.articles()) == len(undisturbed.articles())
    assert {row[:4] for row in story(room)} == {row[:4] for row in story(undisturbed)}
    room.log.close()


class Meddling:
    """A log in which `meddle` does something right before an append, as another process may."""

    def __init__(self, log, meddle):
        self._log, self._meddle = log, meddle

    def append(self, appends, advances=()):
        meddle, self._meddle = self._meddle, None
        if meddle:
            meddle()
        return self._log.append(appends, advances)

    def __getattr__(self, name):
        return getattr(self._log, name)


def meddled(room, monkeypatch, meddle):
    """Poll with somebody who meddles right before the append."""
    monkeypatch.setattr(registry, "open_log", lambda url: Meddling(open_real_log(url), meddle))
    try:
        return room.poll(ONE, TWO) if room.web.pages.keys() == {ONE.url, TWO.url} else room.poll(ONE)
    finally:
        monkeypatch.setattr(registry, "open_log", open_real_log)


def other(room):
    """Another process at the same log."""
    return Newsroom(room.url)


def test_a_text_that_lost_a_race_is_stored_as_a_revision(newsroom, monkeypatch):
    rival = other(newsroom)
    rival.web.publish(ONE, item(text="A."))
    newsroom.web.publish(ONE, item(text="B."), etag='"b"')

    def meddle():
        monkeypatch.setattr(registry, "open_log", open_real_log)
        rival.poll(ONE)

    meddled(newsroom, monkeypatch, meddle)
    assert [(article.revision, article.text) for article in newsroom.articles()] == [(1, "A."), (2, "B.")]
    assert polled(newsroom)[-1].etag == '"b"'
    rival.log.close()


def test_validators_are_not_stored_without_the_items_that_came_with_them(newsroom, monkeypatch):
    """The rival wins the poll; a crash right after the lost append must not leave our ETag behind."""
    rival = other(newsroom)
    rival.web.publish(ONE, item("a"), etag='"a"')
    newsroom.web.publish(ONE, item("a"), item("b"), etag='"b"')

    class Crashing(Meddling):
        def append(self, appends, advances=()):
            super().append(appends[-1:], advances)
            raise Died

    def meddle():
        monkeypatch.setattr(registry, "open_log", open_real_log)
        rival.poll(ONE)

    monkeypatch.setattr(registry, "open_log", lambda url: Crashing(open_real_log(url), meddle))
    with pytest.raises(Died):
        newsroom.poll(ONE)
    assert polled(newsroom)[-1].etag == '"a"'
    monkeypatch.setattr(registry, "open_log", open_real_log)
    assert newsroom.poll(ONE)["new"] == 1
    rival.log.close()


def test_a_bug_in_judging_one_feed_is_that_feeds_failure(newsroom, monkeypatch):
    from pipelines.ingestion import decide

    def judge(feed, *args, **kwargs):
        if feed.id == "one":
            raise ZeroDivisionError
        return judge_items(feed, *args, **kwargs)

    monkeypatch.setattr(decide, "judge_items", judge)
    newsroom.web.publish(ONE, item())
    newsroom.web.publish(source("two", publisher="gazette"), item("b"))
    counts = newsroom.poll(ONE, TWO)
    assert (counts["failed"], counts["new"]) == (1, 1)
