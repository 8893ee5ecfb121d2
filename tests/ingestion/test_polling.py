"""When feeds are polled, and when dates are believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingestion.dates import judge_date, publication_date
from pipelines.ingestion.feed_state import FeedState, address_digest, request_for
from pipelines.ingestion.options import IngestOptions
from pipelines.ingestion.polling import (
    first_poll_at,
    first_poll_delay_s,
    max_age_s,
    next_after_answer,
    next_after_failure,
)
from schemas.feeds import FetchRequest
from schemas.strict_convert import convert
from tests.ingestion.newsroom import NOW, failed, item, source

OPTIONS = IngestOptions()
FEED = source()
AT_HOME = FeedState(address=address_digest(FEED.url), last_poll_id="p1")


def wait_s(state=AT_HOME, feed=FEED, *, headers=None, news=True, gap=False):
    due = next_after_answer(feed, state, headers or {}, OPTIONS, NOW, news=news, gap=gap)
    return (due - NOW).total_seconds()


def test_a_feed_with_news_is_polled_in_its_rhythm_and_a_quiet_one_less_and_less():
    assert 300 <= wait_s() <= 330
    waits = [wait_s(AT_HOME._replace(quiet=quiet), news=False) for quiet in (0, 3, 8, 10**6)]
    assert waits == sorted(waits)
    assert 1800 <= waits[-1] <= 1980


def test_a_server_may_slow_us_down_within_bounds_and_never_speed_us_up():
    assert wait_s(headers={"cache-control": "public, max-age=900"}) >= 900
    assert wait_s(headers={"cache-control": "max-age=99999999"}) == OPTIONS.max_interval_s
    assert wait_s(headers={"cache-control": "max-age=0"}) >= 300
    assert max_age_s({"cache-control": "s-maxage=5, no-cache"}) is None


def test_a_feed_with_a_rhythm_of_its_own_keeps_to_it():
    own = source(poll_interval_s=10.0)
    assert 10 <= wait_s(feed=own, news=False, headers={"cache-control": "max-age=900"}) <= 11


def test_a_suspected_gap_polls_soonest():
    assert wait_s(gap=True) == OPTIONS.min_interval_s
    assert wait_s(feed=source(poll_interval_s=10.0), gap=True) == 10
    assert wait_s(feed=source(poll_interval_s=900.0), gap=True) == OPTIONS.min_interval_s


def test_failures_back_off_doubling_to_a_limit():
    waits = [
        (next_after_failure(AT_HOME._replace(failures=n), failed(), OPTIONS, NOW) - NOW).total_seconds()
        for n in (0, 1, 2, 20, 5000)
    ]
    assert 60 <= waits[0] <= 66
    assert 120 <= waits[1] <= 132
    assert 240 <= waits[2] <= 264
    assert OPTIONS.backoff_max_s <= waits[3] == waits[4] <= OPTIONS.backoff_max_s * 1.1


def test_retry_after_is_honoured_up_to_a_day_and_gone_is_for_good():
    busy = failed("http-status", status=429, retry_after_s=7200.0)
    assert next_after_failure(AT_HOME, busy, OPTIONS, NOW) == NOW + timedelta(hours=2)
    mad = failed("http-status", status=503, retry_after_s=1e9)
    assert next_after_failure(AT_HOME, mad, OPTIONS, NOW) == NOW + timedelta(days=1)
    assert next_after_failure(AT_HOME, failed("http-status", status=410), OPTIONS, NOW) is None


def test_first_polls_are_spread_and_the_same_at_every_start():
    delays = [first_poll_delay_s(f"feed{n}", 1000, OPTIONS) for n in range(1000)]
    assert delays == [first_poll_delay_s(f"feed{n}", 1000, OPTIONS) for n in range(1000)]
    assert max(delays) < 100
    assert 40 < sum(delays) / 1000 < 60


def test_a_restart_waits_for_what_was_promised_but_not_for_ever():
    later = AT_HOME._replace(next_poll_at=NOW + timedelta(minutes=20))
    assert first_poll_at(FEED, later, 1, OPTIONS, NOW) == NOW + timedelta(minutes=20)
    absurd = AT_HOME._replace(next_poll_at=NOW + timedelta(days=4000))
    assert first_poll_at(FEED, absurd, 1, OPTIONS, NOW) == NOW + timedelta(days=1)
    assert first_poll_at(FEED, AT_HOME._replace(gone=True), 1, OPTIONS, NOW) is None


def test_a_moved_feed_that_keeps_failing_is_also_tried_at_its_first_address():
    moved = AT_HOME._replace(moved_to="https://new.example/rss", etag='"v1"')
    assert request_for(FEED, moved) == FetchRequest("https://new.example/rss", '"v1"')
    asked = [request_for(FEED, moved._replace(failures=failures)).url for failures in range(6)]
    assert asked.count(FEED.url) == 2
    assert request_for(FEED, moved._replace(failures=3)).etag is None


@pytest.mark.parametrize(
    "options, fault",
    [
        ({"concurrency": 0}, "ingest.concurrency: expected int >= 1"),
        ({"poll_interval_s": -1.0}, "ingest.poll_interval_s: expected float > 0"),
        ({"poll_intervall_s": 5.0}, "ingest.poll_intervall_s: unknown key; did you mean 'poll_interval_s'?"),
        ({"min_interval_s": 100.0, "max_interval_s": 10.0}, "ingest.min_interval_s: is greater than"),
    ],
)
def test_impossible_options_are_refused_by_name(options, fault):
    _, faults = convert(options, IngestOptions, "ingest")
    assert any(fault in found for found in faults), faults


@pytest.mark.parametrize(
    "raw, parsed, flag",
    [
        ("Mon, 16 Oct", datetime(2017, 10, 16, 5, tzinfo=UTC), "ok"),
        ("16/10/2017", datetime(2017, 10, 17, 5, 59, tzinfo=UTC), "ok"),
        ("2071", datetime(2071, 10, 16, tzinfo=UTC), "future"),
        ("1970-01-01", datetime(1970, 1, 1, tzinfo=UTC), "ancient"),
        ("yesterday-ish", None, "unparsable"),
        ("2017-10-16T05:00", datetime(2017, 10, 16, 5), "unparsable"),  # noqa: DTZ001 (naive on purpose)
        (None, None, "missing"),
    ],
)
def test_dates_are_used_or_flagged(raw, parsed, flag):
    date = judge_date(raw, parsed, NOW)
    assert date.flag == flag
    assert date.raw == raw
    assert (date.published is None) == (flag != "ok")


def test_the_date_of_update_stands_in_for_one_that_cannot_be_used():
    updated = {"updated_raw": "2017-10-15", "updated": datetime(2017, 10, 15, tzinfo=UTC)}
    dated = publication_date(item(published_raw="nonsense", published=None, **updated), NOW)
    assert (dated.published, dated.raw) == (updated["updated"], "2017-10-15")
    undated = publication_date(item(published_raw="nonsense", published=None), NOW)
    assert (undated.flag, undated.raw) == ("unparsable", "nonsense")


@given(st.none() | st.datetimes(timezones=st.timezones()))
def test_no_date_lies_outside_the_web_and_tomorrow(parsed):
    published = judge_date("x", parsed, NOW).published
    assert published is None or datetime(1990, 1, 1, tzinfo=UTC) <= published <= NOW + timedelta(days=1)
