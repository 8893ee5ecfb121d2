"""Dates and numbers as people write them in queries."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import inf, isfinite, nextafter
from typing import Final, NamedTuple

from dateutil.relativedelta import relativedelta

from schemas.errors import QueryError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_NUMBER: Final = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)
_DATE: Final = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d)(:(?P<minute>\d\d)(:(?P<second>\d\d)(\.(?P<fraction>\d{1,6}))?)?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)
_MATHS: Final = re.compile(
    r"(?P<anchor>now|[^|]+\|\|)(?P<steps>([+-]\d{1,6}[yMwdhHms])*)(/(?P<unit>[yMwdhHms]))?", re.ASCII
)
_STEP: Final = re.compile(r"([+-]\d{1,6})([yMwdhHms])", re.ASCII)
_PARTS: Final = ("year", "month", "day", "hour", "minute", "second")
_UNITS: Final = {
    "y": relativedelta(years=1),
    "M": relativedelta(months=1),
    "w": relativedelta(weeks=1),
    "d": relativedelta(days=1),
    "h": relativedelta(hours=1),
    "H": relativedelta(hours=1),
    "m": relativedelta(minutes=1),
    "s": relativedelta(seconds=1),
}


class Interval(NamedTuple):
    """What a bound stands for: a day is its 86,400,000 milliseconds. Both ends belong to it."""

    first: float
    last: float


def number_interval(text: str, position: int) -> Interval:
    """Read a number. Raises QueryError."""
    value = float(text) if _NUMBER.fullmatch(text) else inf
    if not isfinite(value):
        raise QueryError(f"{text!r:.40} is no number", position)
    return Interval(value, value)


def date_interval(text: str, now: datetime | None, position: int) -> Interval:
    """Read a date, a month, a year, a time or date maths as milliseconds since 1970. Raises QueryError."""
    try:
        first, past = _maths(text, now, position) or _written(text)
    except (ValueError, OverflowError, TypeError) as error:
        raise QueryError(
            f"{text!r:.40} is no date; write 2017-10-16, 2017-10, 2017, 2017-10-16T05:00Z or now-1d", position
        ) from error
    return Interval((first - _EPOCH) // _MS, max((first - _EPOCH) // _MS, (past - _EPOCH) // _MS - 1))


def before(value: float, *, whole: bool) -> float:
    """Return the largest value below: of milliseconds (`whole`) or of numbers."""
    return value - 1 if whole else nextafter(value, -inf)


def after(value: float, *, whole: bool) -> float:
    """Return the smallest value above."""
    return value + 1 if whole else nextafter(value, inf)


def _written(text: str) -> tuple[datetime, datetime]:
    """Return the first moment of what is written, and the first moment after it."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("not a date")
    given = [int(found[part]) for part in _PARTS if found[part] is not None]
    zone = datetime.strptime(found["zone"], "%z").tzinfo if found["zone"] else UTC
    fraction = found["fraction"]
    moment = _moment(given).replace(tzinfo=zone).astimezone(UTC)
    if fraction is not None:
        moment += timedelta(microseconds=int(fraction.ljust(6, "0")))
        return moment, moment + _MS
    return moment, _after_unit(moment, ("y", "M", "d", "h", "m", "s")[len(given) - 1])


def _after_unit(moment: datetime, unit: str) -> datetime:
    try:
        return moment + _UNITS[unit]
    except (ValueError, OverflowError):
        return datetime.max.replace(tzinfo=UTC)


def _maths(text: str, now: datetime | None, position: int) -> tuple[datetime, datetime] | None:
    """Read `now-1d/d` or `2017-10-16||+1M`; None for what is neither."""
    found = _MATHS.fullmatch(text)
    if found is None:
        return None
    if found["anchor"] != "now":
        moment = _written(found["anchor"][:-2])[0]
    elif now is None:
        raise QueryError("now has no meaning here: write a date", position)
    else:
        moment = now.astimezone(UTC)
    for amount, unit in _STEP.findall(found["steps"]):
        moment += _UNITS[unit] * int(amount)
    if found["unit"] is None:
        return moment, moment + _MS
    start = _floor(moment, found["unit"])
    return start, _after_unit(start, found["unit"])


def _floor(moment: datetime, unit: str) -> datetime:
    if unit == "w":
        return _floor(moment - timedelta(days=moment.weekday()), "d")
    kept = {"y": 1, "M": 2, "d": 3, "h": 4, "H": 4, "m": 5, "s": 6}[unit]
    return _moment(moment.timetuple()[:kept])


def _moment(parts: Sequence[int]) -> datetime:
    """Return the first moment of a year, a month ... or a second, in UTC."""
    year, month, day, hour, minute, second = (*parts, *(0, 1, 1, 0, 0, 0)[len(parts) :])
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
