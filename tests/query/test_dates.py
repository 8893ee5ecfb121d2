"""What dates in queries stand for."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from schemas.errors import QueryError
from schemas.query import matches, parse_query
from schemas.query_dates import date_interval

NOW = datetime(2017, 10, 18, 14, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=3)))


@pytest.mark.parametrize(
    "text, first, last",
    [
        ("2017", "2017-01-01T00:00:00.000", "2017-12-31T23:59:59.999"),
        ("2017-02", "2017-02-01T00:00:00.000", "2017-02-28T23:59:59.999"),
        ("2016-02", "2016-02-01T00:00:00.000", "2016-02-29T23:59:59.999"),
        ("2017-12", "2017-12-01T00:00:00.000", "2017-12-31T23:59:59.999"),
        ("2017-10-16", "2017-10-16T00:00:00.000", "2017-10-16T23:59:59.999"),
        ("2017-10-16T05", "2017-10-16T05:00:00.000", "2017-10-16T05:59:59.999"),
        ("2017-10-16T05:07", "2017-10-16T05:07:00.000", "2017-10-16T05:07:59.999"),
        ("2017-10-16T05:07:09Z", "2017-10-16T05:07:09.000", "2017-10-16T05:07:09.999"),
        ("2017-10-16T05:07:09.5Z", "2017-10-16T05:07:09.500", "2017-10-16T05:07:09.500"),
        ("2017-10-16T01:00+03:00", "2017-10-15T22:00:00.000", "2017-10-15T22:00:59.999"),
        ("2017-10-16T23:30-0130", "2017-10-17T01:00:00.000", "2017-10-17T01:00:59.999"),
        ("9999", "9999-01-01T00:00:00.000", "9999-12-31T23:59:59.998"),
        ("0001-01-01", "0001-01-01T00:00:00.000", "0001-01-01T23:59:59.999"),
        ("now", "2017-10-18T11:30:15.250", "2017-10-18T11:30:15.250"),
        ("now/d", "2017-10-18T00:00:00.000", "2017-10-18T23:59:59.999"),
        ("now-1d", "2017-10-17T11:30:15.250", "2017-10-17T11:30:15.250"),
        ("now-1d/d", "2017-10-17T00:00:00.000", "2017-10-17T23:59:59.999"),
        ("now+2h-30m", "2017-10-18T13:00:15.250", "2017-10-18T13:00:15.250"),
        ("now-1M/M", "2017-09-01T00:00:00.000", "2017-09-30T23:59:59.999"),
        ("now-1y/y", "2016-01-01T00:00:00.000", "2016-12-31T23:59:59.999"),
        ("now/w", "2017-10-16T00:00:00.000", "2017-10-22T23:59:59.999"),
        ("now/h", "2017-10-18T11:00:00.000", "2017-10-18T11:59:59.999"),
        ("now/m", "2017-10-18T11:30:00.000", "2017-10-18T11:30:59.999"),
        ("now/s", "2017-10-18T11:30:15.000", "2017-10-18T11:30:15.999"),
        ("2017-03-31||-1M", "2017-02-28T00:00:00.000", "2017-02-28T00:00:00.000"),
        ("2017-10-16||+1w/d", "2017-10-23T00:00:00.000", "2017-10-23T23:59:59.999"),
    ],
)
def test_intervals(text, first, last):
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    expected = [(datetime.fromisoformat(f"{one}+00:00") - epoch) / timedelta(milliseconds=1) for one in (first, last)]
    assert list(date_interval(text, NOW, 0)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17",
        "2017-1",
        "2017-13",
        "2017-02-29",
        "2017-10-16T25",
        "2017-10-16T05:60",
        "2017-10-16 05:00",
        "2017-10-16T05:00+99:00",
        "16.10.2017",
        "٢٠١٧",
        "now-",
        "now-1",
        "now-1q",
        "now/x",
        "now-9999999d",
        "now-999999y",
        "9999-12-31||+999999d",
        "||+1d",
        "NOW",
    ],
)
def test_what_is_no_date(text):
    with pytest.raises(QueryError, match="no date") as caught:
        date_interval(text, NOW, 7)
    assert caught.value.position == 7


def test_now_must_be_told():
    with pytest.raises(QueryError, match="now has no meaning"):
        parse_query("articles", "published:>now-1d")


@pytest.mark.parametrize(
    "query, inside",
    [
        ("published:[2017-10-16 TO 2017-10-16]", (True, True, False)),
        ("published:{2017-10-15 TO 2017-10-17}", (True, True, False)),
        ("published:>2017-10-15", (True, True, True)),
        ("published:>=2017-10-17", (False, False, True)),
        ("published:<=2017-10-16", (True, True, False)),
        ("published:<2017-10-16", (False, False, False)),
        ("published:2017-10", (True, True, True)),
    ],
)
def test_a_day_is_the_whole_utc_day_in_every_bound(query, inside):
    moments = ("2017-10-16T00:00:00.000Z", "2017-10-16T23:59:59.999Z", "2017-10-17T00:00:00.000Z")
    parsed = parse_query("articles", query)
    assert tuple(matches(parsed, {"published": moment}) for moment in moments) == inside
