"""Whole polls over a real log: fates, validators, failures."""

import threading
import time
from datetime import timedelta
from itertools import pairwise

import pytest

from connectors import registry
from pipelines.ingestion.options import IngestOptions
from pipelines.jobs.ingest import run_ingest
from schemas.envelope import encode
from schemas.errors import LogError, RecordTooLargeError
from schemas.feeds import DeadItem, FetchRequest
from schemas.records import DeadLetter, FeedFailed, FeedMoved, FeedPolled
from tests.ingestion.newsroom import NOW, SetClock, failed, item, source

FATES = ("new", "revised", "unchanged", "duplicate", "dead")
ONE, TWO = source("one"), source("two")


def fates(counts):
    return {name: counts[name] for name in FATES if counts[name]}


class TestFates:
    def test_every_item_of_a_first_poll_is_new_and_stored_oldest_first(self, newsroom):
        newsroom.web.publish(ONE, item("b", published_raw=None, published=None), item("a"))
        assert fates(newsroom.poll(ONE)) == {"new": 2}
        assert [article.title for article in newsroom.articles()] == ["Report a", "Report b"]

    def test_an_article_keeps_what_the_feed_said_and_the_operator_knows(self, newsroom):
        newsroom.web.publish(ONE, item(authors=("A. Reporter",), published_raw="never", published=None))
        newsroom.poll(ONE)
        (article,) = newsroom.articles()
        assert (article.outlet, article.publisher, article.language, article.country) == (
            "Herald",
            "herald",
            "en",
            "IQ",
        )
        assert (article.url, article.guid) == ("https://herald.example/news/a1", "guid-a1")
        assert (article.published, article.published_raw, article.published_flag) == (None, "never", "unparsable")
        assert (article.revision, article.fetched, article.ingested) == (1, NOW, NOW)

    def test_white_space_alone_is_no_edit(self, newsroom):
        newsroom.web.publish(ONE, item(text="One  two."))
        newsroom.poll(ONE)
        newsroom.web.publish(ONE, item(text=" One\ntwo. "))
        assert fates(newsroom.poll(ONE)) == {"unchanged": 1}

    def test_an_edit_that_is_taken_back_is_a_third_revision(self, newsroom):
        for text in ("A.", "B.", "A.", "B."):
            newsroom.web.publish(ONE, item(text=text))
            newsroom.poll(ONE)
        records = newsroom.read("articles")
        assert [(record.article.revision, record.article.text) for record in records] == [
            (1, "A."),
            (2, "B."),
            (3, "A."),
            (4, "B."),
        ]
        assert records[0].article.revision_id == records[2].article.revision_id == records[1].previous_revision_id
        assert len({article.article_id for article in newsroom.articles()}) == 1
        assert len(set(newsroom.ids("articles"))) == 4

    def test_another_feed_with_another_text_of_an_article_is_a_duplicate_for_ever(self, newsroom):
        newsroom.web.publish(ONE, item(text="The full text."))
        newsroom.web.publish(TWO, item(guid="other", text="A summary."))
        newsroom.poll(ONE)
        assert fates(newsroom.poll(TWO)) == {"duplicate": 1}
        newsroom.web.publish(TWO, item(guid="other", text="Another summary."))
        assert fates(newsroom.poll(TWO)) == {"duplicate": 1}
        newsroom.web.publish(ONE, item(text="The full text, edited."))
        assert fates(newsroom.poll(ONE)) == {"revised": 1}
        assert [article.feed_id for article in newsroom.articles()] == ["one", "one"]

    def test_a_feed_takes_articles_over_from_one_that_was_silent_for_a_week(self, newsroom):
        newsroom.web.publish(ONE, item())
        newsroom.poll(ONE)
        newsroom.clock.time += timedelta(days=8)
        newsroom.web.publish(TWO, item(text="Edited."))
        assert fates(newsroom.poll(TWO)) == {"revised": 1}
        newsroom.web.publish(ONE, item(), item("b"))
        assert fates(newsroom.poll(ONE)) == {"duplicate": 1, "new": 1}

    def test_dead_items_are_letters_once_and_counted_at_every_poll(self, newsroom):
        dead = DeadItem(key="x", error="no date", record="<item/>")
        for number in range(2):
            newsroom.web.publish(ONE, item(), item("b", title=" ", text=""), dead=(dead,), n=str(number))
            newsroom.web.pages[ONE.url] = (newsroom.web.pages[ONE.url][0] + b" " * number, {})
            assert newsroom.poll(ONE)["dead"] == 2
        letters = newsroom.read("dead_letters")
        assert [letter.error for letter in letters] == ["neither title nor text", "no date"]
        assert all(isinstance(letter, DeadLetter) and letter.step == "ingest" for letter in letters)

    def test_a_huge_feed_is_stored_in_one_poll(self, newsroom):
        newsroom.web.publish(ONE, *(item(f"n{n}") for n in range(3000)))
        assert fates(newsroom.poll(ONE)) == {"new": 3000}
        assert newsroom.read("feeds")[0].items.new == 3000

    def test_an_item_names_its_own_language_but_the_feed_does_not(self, newsroom):
        newsroom.web.publish(ONE, item("a", language="en"), item("b", language="ar-IQ"), item("c", language="ku"))
        newsroom.poll(source("one", language="ckb"))
        languages = {article.title[-1]: article.language for article in newsroom.articles()}
        assert languages == {"a": "ckb", "b": "ar", "c": "ckb"}


class TestAsking:
    def test_validators_are_echoed_after_a_restart_and_304_counts_no_item(self, newsroom):
        newsroom.web.publish(ONE, item(), etag='"v1"', **{"last-modified": "Mon, 16 Oct 2017 05:00:00 GMT"})
        newsroom.poll(ONE)
        assert fates(newsroom.poll(ONE)) == {}
        newsroom.poll(ONE)
        assert newsroom.web.requests[1:] == [FetchRequest(ONE.url, '"v1"', "Mon, 16 Oct 2017 05:00:00 GMT")] * 2
        assert [polled.status for polled in newsroom.read("feeds")] == [200, 304, 304]
        assert newsroom.parser.bodies == 1

    def test_validators_of_one_address_are_not_used_for_another(self, newsroom):
        newsroom.web.publish(ONE, item(), etag='"v1"')
        newsroom.poll(ONE)
        changed = source("one", url="https://one.example/new-rss")
        newsroom.web.publish(changed, item("b"), etag='"v1"')
        assert fates(newsroom.poll(changed)) == {"new": 1}
        assert newsroom.web.requests[-1] == FetchRequest(changed.url)

    def test_the_same_body_again_is_not_parsed_and_all_unchanged(self, newsroom):
        newsroom.web.publish(ONE, item("a"), item("b"))
        newsroom.poll(ONE)
        assert fates(newsroom.poll(ONE)) == {"unchanged": 2}
        assert newsroom.parser.bodies == 1

    def test_304_to_an_unconditional_request_is_a_failure(self, newsroom):
        newsroom.web.publish(ONE, item(), etag=None)
        newsroom.poll(ONE)

        class Stubborn(type(newsroom.web)):
            async def fetch(self, request):
                fetched = await super().fetch(request)
                return type(fetched)(status=304, url=request.url, headers={}, body=b"", at=self.clock.now())

        newsroom.web.__class__ = Stubborn
        assert newsroom.poll(ONE)["failed"] == 1
        assert newsroom.read("feeds")[-1].kind == "protocol"

    def test_a_moved_feed_is_asked_at_its_new_address(self, newsroom):
        new_url = "https://moved.example/rss"
        newsroom.web.publish(ONE, item())

        class Redirecting(type(newsroom.web)):
            async def fetch(self, request):
                self.requests.append(request)
                fetched = await super().fetch(FetchRequest(ONE.url))
                moved = new_url if request.url == ONE.url else None
                return type(fetched)(
                    status=200, url=new_url, headers={}, body=fetched.body, at=fetched.at, moved_to=moved
                )

        newsroom.web.__class__ = Redirecting
        newsroom.poll(ONE)
        newsroom.poll(ONE)
        assert [request.url for request in newsroom.web.requests[::2]] == [ONE.url, new_url]
        moves = [record for record in newsroom.read("feeds") if isinstance(record, FeedMoved)]
        assert [(move.old_url, move.new_url) for move in moves] == [(ONE.url, new_url)]

    def test_a_poll_without_any_known_item_suspects_a_gap(self, newsroom):
        for names in ("ab", "bc", "de"):
            newsroom.web.publish(ONE, *map(item, names))
            newsroom.poll(ONE)
        assert [polled.gap_suspected for polled in newsroom.read("feeds")] == [False, False, True]
        assert newsroom.read("feeds")[-1].next_poll_at == NOW + timedelta(seconds=60)

    def test_a_disabled_feed_is_not_polled(self, newsroom):
        assert newsroom.poll(source("one", enabled=False))["polls"] == 0


class TestFailures:
    def test_failures_are_counted_and_recovered_from(self, newsroom):
        newsroom.web.put(ONE, failed("dns"))
        newsroom.poll(ONE)
        newsroom.web.put(ONE, (b"<html>", {"etag": '"bad"'}))
        newsroom.poll(ONE)
        newsroom.web.publish(ONE, item())
        assert fates(newsroom.poll(ONE)) == {"new": 1}
        first, second, third = newsroom.read("feeds")
        assert [(record.kind, record.consecutive) for record in (first, second)] == [("dns", 1), ("malformed", 2)]
        assert isinstance(third, FeedPolled)
        assert newsroom.web.requests[-1].etag is None, "validators of what could not be read are not kept"

    def test_a_feed_that_is_gone_is_left_alone_until_its_address_changes(self, newsroom):
        newsroom.web.put(ONE, failed("http-status", status=410))
        newsroom.poll(ONE)
        assert newsroom.poll(ONE)["polls"] == 0
        changed = source("one", url="https://one.example/again")
        newsroom.web.publish(changed, item())
        assert fates(newsroom.poll(changed)) == {"new": 1}

    def test_a_bug_in_one_feed_does_not_disturb_the_others(self, newsroom):
        newsroom.web.put(ONE, RuntimeError("https://user:secret@one.example"))
        newsroom.web.publish(TWO, item())
        counts = newsroom.poll(ONE, TWO)
        assert (counts["failed"], counts["new"]) == (1, 1)
        (failure,) = [record for record in newsroom.read("feeds") if isinstance(record, FeedFailed)]
        assert (failure.kind, failure.message) == ("internal", "RuntimeError")

    def test_a_poll_that_never_ends_is_ended(self, newsroom):
        class Hanging(type(newsroom.web)):
            async def fetch(self, request):
                import asyncio

                await asyncio.Event().wait()

        newsroom.web.__class__ = Hanging
        newsroom.options = IngestOptions(poll_timeout_s=0.05)
        newsroom.poll(ONE)
        assert newsroom.read("feeds")[0].kind == "timeout"

    def test_a_log_that_fails_for_a_while_loses_nothing(self, newsroom, monkeypatch):
        newsroom.web.publish(ONE, item("a"), item("b"))
        log = Failing(registry.open_log(newsroom.url), failures=2)
        monkeypatch.setattr(registry, "open_log", lambda _: log)
        assert fates(newsroom.poll(ONE)) == {"new": 2}
        assert len(newsroom.web.requests) == 1
        assert len(newsroom.articles()) == 2

    def test_an_append_that_failed_and_yet_was_stored_counts_once(self, newsroom, monkeypatch):
        newsroom.web.publish(ONE, item("a"), item("b"))
        log = Failing(registry.open_log(newsroom.url), failures=1, after=True)
        monkeypatch.setattr(registry, "open_log", lambda _: log)
        assert fates(newsroom.poll(ONE)) == {"new": 2}
        assert len(newsroom.read("feeds")) == 1

    def test_once_gives_up_on_a_log_that_keeps_failing(self, newsroom, monkeypatch):
        newsroom.web.publish(ONE, item())
        newsroom.options = IngestOptions(max_log_failures=2)
        log = Failing(registry.open_log(newsroom.url), failures=99)
        monkeypatch.setattr(registry, "open_log", lambda _: log)
        with pytest.raises(LogError, match="the disk is full"):
            newsroom.poll(ONE)

    def test_an_article_over_the_logs_limit_is_a_dead_letter_and_the_rest_is_stored(self, newsroom, monkeypatch):
        newsroom.web.publish(ONE, item("a"), item("b", text="x" * 20_000), item("c"), item("d", text="x" * 30_000))
        log = Limited(registry.open_log(newsroom.url), 10_000)
        monkeypatch.setattr(registry, "open_log", lambda _: log)
        assert fates(newsroom.poll(ONE)) == {"new": 2, "dead": 2}
        assert {article.title for article in newsroom.articles()} == {"Report a", "Report c"}
        assert len(newsroom.read("dead_letters")) == 2
        assert newsroom.read("feeds")[0].items.dead == 2


class Failing:
    """A log whose first appends fail, before or `after` they are stored."""

    def __init__(self, log, failures, *, after=False):
        self._log, self._failures, self._after = log, failures, after

    def append(self, appends, advances=()):
        if self._failures and appends:
            self._failures -= 1
            if self._after:
                self._log.append(appends, advances)
            raise LogError("the disk is full")
        return self._log.append(appends, advances)

    def __getattr__(self, name):
        return getattr(self._log, name)


class Limited:
    """A log that takes records of up to `limit` bytes."""

    def __init__(self, log, limit):
        self._log, self._limit = log, limit

    def append(self, appends, advances=()):
        if any(len(encode(append.event)) > self._limit for append in appends):
            raise RecordTooLargeError("an event is too large")
        return self._log.append(appends, advances)

    def __getattr__(self, name):
        return getattr(self._log, name)


class TestWatching:
    def run(self, newsroom, *feeds, until, options=None, clock=None):
        """Run the job as it runs for days, until `until(totals)` holds; return seconds that the stop took."""
        stop, ended = threading.Event(), []

        def look(totals):
            if "polls" in totals and until(totals) and not stop.is_set():
                ended.append(time.monotonic())
                stop.set()

        newsroom.clock = newsroom.web.clock = clock or SetClock(step=timedelta(seconds=20))
        newsroom.options = options or IngestOptions(poll_interval_s=60.0)
        newsroom.poll(*feeds, stop=stop, progress=look, once=False)
        return time.monotonic() - ended[0]

    def test_each_feed_is_polled_again_when_it_is_due(self, newsroom):
        for feed in (ONE, TWO):
            newsroom.web.publish(feed, item(feed.id))
        self.run(newsroom, ONE, TWO, until=lambda totals: totals["polls"] >= 8)
        polled = [request.url for request in newsroom.web.requests]
        assert min(polled.count(ONE.url), polled.count(TWO.url)) >= 3
        times = [record.at for record in newsroom.read("feeds") if record.feed_id == "one"]
        assert all(later - earlier >= timedelta(seconds=60) for earlier, later in pairwise(times))

    def test_a_failing_feed_waits_longer_than_the_others(self, newsroom):
        newsroom.web.publish(ONE, item())
        newsroom.web.put(TWO, failed("refused"))
        fast = IngestOptions(poll_interval_s=60.0, max_interval_s=60.0, backoff_first_s=600.0)
        self.run(newsroom, ONE, TWO, until=lambda totals: totals["polls"] >= 10, options=fast)
        polled = [request.url for request in newsroom.web.requests]
        assert polled.count(TWO.url) < polled.count(ONE.url) / 2

    def test_a_stop_does_not_wait_for_slow_servers(self, newsroom):
        newsroom.web.publish(ONE, item())
        calls = []

        class Slow(type(newsroom.web)):
            async def fetch(self, request):
                import asyncio

                calls.append(request)
                if request.url == TWO.url:
                    await asyncio.sleep(60)
                return await super().fetch(request)

        newsroom.web.__class__ = Slow
        both = lambda totals: totals["polls"] and any(call.url == TWO.url for call in calls)  # noqa: E731
        assert self.run(newsroom, ONE, TWO, until=both) < 1.0
        assert len(newsroom.articles()) == 1

    def test_ten_thousand_feeds_are_scheduled_without_looking_at_each(self, newsroom):
        feeds = [source(f"f{n}") for n in range(10_000)]
        for feed in feeds:
            newsroom.web.put(feed, failed("refused"))
        began = time.monotonic()
        self.run(newsroom, *feeds, until=lambda totals: totals["polls"] >= 200)
        assert time.monotonic() - began < 8

    def test_loading_a_long_log_shows_progress_and_can_be_stopped(self, newsroom):
        newsroom.web.publish(ONE, *(item(f"n{n}") for n in range(6000)))
        newsroom.poll(ONE)
        seen = []
        newsroom.poll(ONE, progress=seen.append)
        assert seen[0] == {"loading": 5000, "of": 6000}
        stop = threading.Event()
        stop.set()
        assert newsroom.poll(ONE, stop=stop)["polls"] == 0


def test_the_job_is_called_as_all_jobs_are():
    import inspect

    names = list(inspect.signature(run_ingest).parameters)
    assert names == ["log_url", "feeds", "fetcher", "parser", "options", "stop", "clock", "progress", "once"]
