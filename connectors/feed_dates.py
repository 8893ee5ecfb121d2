"""Dates as feeds write them: the standards by feedparser, the rest by dateutil and by names of months.

A date must name its year: none is filled in from today. One without zone is taken as UTC. Names of months are known in
Arabic (both calendars of the Arab world), Sorani, Persian and Turkish, with any digits.
"""

import calendar
import re
import time
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from dateutil import parser as date_parser

_LONGEST: Final = 100
_NO_YEAR: Final = datetime(1, 1, 1)  # noqa: DTZ001 (only tells which fields a date has)
_MONTHS: Final = {
    name.replace("ı", "i"): number
    for number, names in enumerate(
        (
            "يناير|كانون الثاني|کانوونی دووەم|ژانویه|ocak|oca",
            "فبراير|شباط|شوبات|فوریه|şubat|şub",
            "مارس|آذار|ئازار|mart|mar",
            "أبريل|ابريل|إبريل|نيسان|نیسان|آوریل|nisan|nis",
            "مايو|أيار|ئایار|مه|mayıs|may",
            "يونيو|حزيران|حوزەیران|ژوئن|haziran|haz",
            "يوليو|تموز|تەمموز|تەممووز|ژوئیه|temmuz|tem",
            "أغسطس|اغسطس|آب|ئاب|اوت|ağustos|ağu",
            "سبتمبر|أيلول|ئەیلوول|سپتامبر|eylül|eyl",
            "أكتوبر|اكتوبر|تشرين الأول|تشرین الاول|تشرینی یەکەم|اکتبر|ekim|eki",
            "نوفمبر|تشرين الثاني|تشرینی دووەم|نوامبر|kasım|kas",
            "ديسمبر|كانون الأول|کانوونی یەکەم|دسامبر|aralık|ara",
        ),
        1,
    )
    for name in names.split("|")
}
_NAMED: Final = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})[\s.,/-]*(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")[\s.,،/-]*"
    r"(?P<year>\d{4})(?:\D{1,12}?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    r"(?:\s*(?P<half>am|pm|ص|م|öö|ös))?(?:\s*(?:gmt|utc)?\s*(?P<zone>[+-]\d{2}:?\d{2}))?",
)
_AFTERNOON: Final = frozenset({"pm", "م", "ös"})
_STANDARD: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]|$)|(?:[a-z]{3,9},?\s+)?\d{1,2}\s+[a-z]{3,9}\s+\d{2,4}\b|[a-z]{3}\s+[a-z]{3}\s+\d",
    re.IGNORECASE,
)
"""ISO 8601, RFC 822 and asctime. Of other shapes feedparser makes today, or the first of November."""
_EPOCH_S: Final = re.compile(r"[1-9]\d{8,9}")
_HALF: Final = re.compile(r"\d\s*[ap]\.?m", re.IGNORECASE)


def moment(raw: str, parsed: time.struct_time | None = None) -> datetime | None:
    """Return a date as aware UTC, None where it can't be read; `parsed` is feedparser's reading of it, in UTC."""
    text = _western_digits(raw.strip())
    if len(text) > _LONGEST or not any(letter.isdigit() for letter in text):
        return None
    try:
        if parsed is not None and _STANDARD.match(text):
            return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        if _EPOCH_S.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        return _iso(text) or _named(text) or _any(text)
    except (ValueError, OverflowError, TypeError, OSError):
        return None


def _western_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in text)


def _iso(text: str) -> datetime | None:
    """Read ISO 8601, by far the commonest and a tenth of the cost."""
    if text[4:5] != "-":
        return None
    try:
        return _utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def _utc(found: datetime) -> datetime:
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _named(text: str) -> datetime | None:
    """Read day, name of month, year, and what follows of time and zone."""
    # Turkish has two letters i, and capitals of both: here all are one.
    found = _NAMED.search(text.replace("İ", "i").lower().replace("ı", "i"))
    if found is None:
        return None
    hour = int(found["hour"] or 0)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] in _AFTERNOON else 0)
    day = int(found["year"]), _MONTHS[found["month"]], int(found["day"])
    local = datetime(*day, hour, int(found["minute"] or 0), int(found["second"] or 0), tzinfo=_zone(found["zone"]))
    return local.astimezone(UTC)


def _zone(offset: str | None) -> timezone:
    if offset is None:
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _any(text: str) -> datetime | None:
    """Read what dateutil reads. The day is first in 5/10/2017, as in all countries but those that write am and pm."""
    found = date_parser.parse(text, default=_NO_YEAR, dayfirst=not _HALF.search(text) and not text[:4].isdecimal())
    if found.year == _NO_YEAR.year:
        return None
    return _utc(found)
