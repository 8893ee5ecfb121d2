"""Time expressions of news English, resolved against the day of publication in Baghdad."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, NamedTuple

from schemas.records import EventTime

BAGHDAD: Final = timezone(timedelta(hours=3))
"""Iraq's time all year since 2008: the day of an event is the day there."""

MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS: Final = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTH_OF: Final = (
    {name: number for number, name in enumerate(MONTHS, start=1)}
    | {name[:3]: number for number, name in enumerate(MONTHS, start=1)}
    | {"sept": 9}
)
_MONTH: Final = rf"(?P<month>{'|'.join(MONTHS)}|(?:jan|feb|mar|apr|aug|sept?|oct|nov|dec)\.?)"
_COUNT: Final = r"\d+|one|two|three|four|five|six|seven|eight|nine|ten|a few|several|a"
_PATTERN: Final = re.compile(
    rf"\b(?:{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?(?!\d)"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH.replace('<month>', '<month2>')}(?:,? (?P<year2>\d{{4}}))?"
    rf"|(?:(?:last|this|early|late|mid|next|previous)[ -])?{_MONTH.replace('<month>', '<month3>')}"
    r"(?: (?:of )?(?P<year3>\d{4}))?(?! \d)"
    rf"|(?:(?P<side>last|next|this) )?(?P<weekday>{'|'.join(_DAYS)})"
    r"|(?P<near>today|tonight|yesterday|tomorrow|overnight)"
    r"|(?P<part>(?:this|during the) (?:morning|afternoon|evening|night)|after midnight)(?! (?:on|of|to)\b)"
    r"|(?P<unit_side>last|this|next|earlier this|later this|past|previous|the following)"
    r" (?P<unit>weekend|week|month|year|night)"
    rf"|(?P<count>{_COUNT}) (?P<span>day|week|month|year|hour)s? (?P<way>ago|earlier|later|before|after)"
    r"|(?:in |since |of |from |until |by |during )?(?P<bare>(?:19|20)\d{2}))\b",
    re.IGNORECASE,
)
"""Alternatives begin with fixed words and hold no nested repetition: linear."""
_LOW_PATTERN: Final = re.compile(_PATTERN.pattern)
"""The same for texts in lower case: it takes a third of the time."""
_HINTS: Final = (
    "day", "night", "week", "month", "year", "hour", "tomorrow", "morning", "afternoon", "evening", "19", "20",
    *(name[:3] for name in MONTHS),
)  # fmt: skip
"""What every expression holds one of."""
_DEADLINE: Final = re.compile(
    r"\b(?:until|till|by) "
    r"(?:(?:\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?|midnight|noon|dawn|(?:the )?end of) ?(?:on )?)?$",
    re.IGNORECASE,
)
"""Before a weekday or month these look ahead: "until Sunday" is the Sunday to come, and so is the one in "until 2 a.m.
on Sunday".
"""
_DEADLINE_REACH: Final = 24
"""Characters before a weekday in which its deadline can begin."""
_COUNTS: Final = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
                  "nine": 9, "ten": 10, "a few": 3, "several": 3}  # fmt: skip
_PARTS: Final = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}
"""Thirds of a month, as journalists use them."""
_SPAN_DAYS: Final = {"hour": 0, "day": 1, "week": 7, "month": 30, "year": 365}


class When(NamedTuple):
    """A time expression at [start, end) of the field, with inclusive days."""

    start: int
    end: int
    text: str
    first: date
    last: date
    precision: str

    def time(self) -> EventTime:
        """Return it as the record's field."""
        return EventTime(
            text=self.text, start=self.first.isoformat(), end=self.last.isoformat(), precision=self.precision
        )


def local_day(published: datetime) -> date:
    """Return the day in Baghdad of an aware time."""
    return published.astimezone(BAGHDAD).date()


def published_time(published: datetime | None) -> EventTime | None:
    """Return the day of publication as an event time without words, None when it is not known."""
    if published is None:
        return None
    day = local_day(published.replace(tzinfo=UTC) if published.tzinfo is None else published).isoformat()
    return EventTime(text=None, start=day, end=day, precision="day")


def find_times(text: str, span: tuple[int, int], today: date, anchor: date | None = None) -> list[When]:
    """Return the time expressions of a sentence in order. `anchor` is the day that "later" counts from."""
    found = []
    for start, end, part in _expressions(text, span):
        if _DEADLINE.search(text, max(span[0], start - _DEADLINE_REACH), start):
            part["side"] = "next"
        resolved = _resolve(part, text[start:end], today, anchor or today)
        if resolved is not None:
            found.append(When(start, end, text[start:end], *resolved))
    return found


def _expressions(text: str, span: tuple[int, int]) -> Iterator[tuple[int, int, dict[str, str | None]]]:
    """Yield where time expressions stand, with their parts, in lower case but for a lone month."""
    begin = max(0, span[0] - 1)  # what stands before tells whether a word begins
    low = text[begin : span[1]].lower()
    if len(low) != span[1] - begin or "\u017f" in low:
        # Letters whose case is none of one letter for one.
        yield from ((match.start(), match.end(), match.groupdict()) for match in _PATTERN.finditer(text, *span))
        return
    if not any(hint in low for hint in _HINTS):
        return
    for match in _LOW_PATTERN.finditer(low, span[0] - begin):
        part = match.groupdict()
        if part["month3"]:
            part["month3"] = text[begin + match.start("month3") : begin + match.end("month3")]
        yield begin + match.start(), begin + match.end(), part


_Resolved = tuple[date, date, str]


def _resolve(part: Mapping[str, str | None], text: str, today: date, anchor: date) -> _Resolved | None:
    try:
        if month := part["month"] or part["month2"]:
            return _month_day(month, part["day"] or part["day2"] or "1", part["year"] or part["year2"], today)
        if part["month3"]:
            return _whole_month(
                part["month3"], part["year3"], f"next {text}" if part["side"] == "next" else text, today
            )
        if part["weekday"]:
            return _weekday(part["weekday"], part["side"], today)
        if part["near"]:
            return _near(part["near"], today)
        if part["part"]:
            return _part_of_day(today, anchor)
        if part["unit"]:
            return _unit(part["unit"].lower(), (part["unit_side"] or "").lower(), today)
        if part["span"]:
            return _counted(part, today, anchor)
        year = int(part["bare"] or 0)
        return date(year, 1, 1), date(year, 12, 31), "year"
    except (ValueError, OverflowError):
        return None


def _nearest_year(month: int, today: date) -> int:
    """Return the year in which the month lies nearest to today."""
    gap = month - today.month
    return today.year - 1 if gap > 6 else today.year + 1 if gap < -6 else today.year


def _month_day(month: str, day: str, year: str | None, today: date) -> _Resolved:
    number = _MONTH_OF[month.lower().rstrip(".")]
    exact = date(int(year) if year else _nearest_year(number, today), number, int(day))
    return exact, exact, "day"


def _whole_month(month: str, year: str | None, text: str, today: date) -> _Resolved | None:
    name = month.lower().rstrip(".")
    if len(name) < 4 and name != "may":
        return None
    if name in {"may", "march"} and (not month[0].isupper() or (not year and " " not in text)):
        return None
    number = _MONTH_OF[name]
    first = date(int(year) if year else _nearest_year(number, today), number, 1)
    if first > today and not year and not text.lower().startswith(("next", "this")):
        first = first.replace(year=first.year - 1)
    start, end = next(
        (days for part, days in _PARTS.items() if part in text.lower().partition(month.lower())[0]), (1, 31)
    )
    last = _month_end(first)
    return first.replace(day=start), min(last, first.replace(day=min(end, last.day))), "month"


def _month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _weekday(name: str, side: str | None, today: date) -> _Resolved:
    """Return the latest such day up to today; "next" looks ahead."""
    back = (today.weekday() - _DAYS.index(name.lower())) % 7
    day = today - timedelta(days=back)
    if side and side.lower() == "next":
        day = today + timedelta(days=7 - back)
    elif side and side.lower() == "last" and back == 0:
        day = today - timedelta(days=7)
    return day, day, "day"


def _near(word: str, today: date) -> _Resolved:
    shift = {"yesterday": -1, "tomorrow": 1}.get(word.lower(), 0)
    day = today + timedelta(days=shift)
    return day, day, "day"


def _part_of_day(today: date, anchor: date) -> _Resolved:
    """Return the day that the article speaks of where it is this one or the last, else the day of publication."""
    day = anchor if timedelta(0) <= today - anchor <= timedelta(days=1) else today
    return day, day, "day"


def _unit(unit: str, side: str, today: date) -> _Resolved:
    back = -1 if side in {"last", "past", "previous"} else 1 if side in {"next", "the following"} else 0
    if unit == "weekend":
        saturday = (
            today - timedelta(days=(today.weekday() + 2) % 7 or 7)
            if back < 0
            else today - timedelta(days=today.weekday() - 5)
        )
        return saturday, saturday + timedelta(days=1), "day"
    if unit == "night":
        return today - timedelta(days=1), today, "day"
    if unit == "week":
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * back)
        return monday, monday + timedelta(days=6), "week"
    if unit == "month":
        month = today.replace(day=1)
        month = (
            month
            if not back
            else (month - timedelta(days=1)).replace(day=1)
            if back < 0
            else _month_end(month) + timedelta(days=1)
        )
        return month, _month_end(month), "month"
    year = today.year + back
    return date(year, 1, 1), date(year, 12, 31), "year"


def _counted(part: Mapping[str, str | None], today: date, anchor: date) -> _Resolved:
    words = (part["count"] or "").lower()
    amount = int(words) if words.isdigit() else _COUNTS[words]
    days = amount * _SPAN_DAYS[(part["span"] or "").lower()]
    way = (part["way"] or "").lower()
    base = today if way == "ago" else anchor
    day = base + timedelta(days=days if way in {"later", "after"} else -days)
    vague = words in {"a few", "several"} or (part["span"] or "").lower() != "day"
    slack = timedelta(days=max(2, days // 3)) if vague and days else timedelta(0)
    return day - slack, day + slack, "day" if not slack else "week" if days < 60 else "month"
