"""Letters, dates and words: the small readers that all formats share."""

import time
from datetime import UTC, datetime

import pytest

from connectors.feed_dates import moment
from connectors.feed_encoding import to_utf8
from connectors.feed_text import one_line, plain, tidy

ARABIC = "انسحبت القوات من كركوك ليلا"
TURKISH = "Kerkük’te sokağa çıkma yasağı"


def xml(text, encoding="utf-8"):
    return f"<?xml version='1.0' encoding='{encoding}'?><a>{text}</a>"


@pytest.mark.parametrize(
    "body,header,text",
    [
        (xml(ARABIC).encode(), "", ARABIC),
        (xml(ARABIC).encode(), "text/xml; charset=iso-8859-1", ARABIC),
        (xml(ARABIC, "iso-8859-1").encode(), "", ARABIC),
        (xml(ARABIC, "windows-1256").encode("cp1256"), "", ARABIC),
        (xml(ARABIC, "iso-8859-6").encode("iso-8859-6"), "text/xml; charset=utf-8", ARABIC),
        (f"<a>{ARABIC}</a>".encode("cp1256"), "text/xml; charset=Windows-1256", ARABIC),
        (xml(TURKISH, "iso-8859-9").encode("cp1254"), "", TURKISH),
        (xml("café", "iso-8859-1").encode("latin-1"), "", "café"),
        (xml("日本", "utf-16").encode("utf-16"), "", "日本"),
        (xml("日本", "utf-16").encode("utf-16-be"), "", "日本"),
        (xml("日本", "utf-32").encode("utf-32"), "", "日本"),
        (xml("日本", "shift_jis").encode("shift_jis"), "", "日本"),
    ],
)
def test_what_bytes_show_counts_for_more_than_what_is_said(body, header, text):
    """Rightly or wrongly declared, in the document or in the header: read without a warning."""
    assert to_utf8(body, header) == (f"<a>{text}</a>".encode(), ())


@pytest.mark.parametrize(
    "body,text",
    [
        (xml(ARABIC).encode("cp1256"), ARABIC),
        (xml(f"<language>tr-TR</language>{TURKISH}").encode("cp1254"), f"<language>tr-TR</language>{TURKISH}"),
        (xml("café").encode("latin-1"), "café"),
        (xml(ARABIC, "punycode").encode("cp1256"), ARABIC),
        (xml(ARABIC).encode().replace(b"\xd9\x83", b"\x83", 1), ARABIC.replace("ك", "\ufffd", 1)),
    ],
)
def test_guesses_are_told(body, text):
    """What fits no declaration is read by its letters; one broken letter does not change how all others are read."""
    found, warnings = to_utf8(body, "")
    assert found == f"<a>{text}</a>".encode()
    assert len(warnings) == 1


@pytest.mark.parametrize(
    "raw,expected",
    [
        ("Mon, 16 Oct 2017 12:00:00 +0300", "2017-10-16T09:00Z"),
        ("16 Oct 17 12:00 EST", "2017-10-16T17:00Z"),
        ("2017-10-16T12:00:00+03:00", "2017-10-16T09:00Z"),
        ("2017-10-16 12:00", "2017-10-16T12:00Z"),
        ("Mon Oct 16 12:00:00 2017", "2017-10-16T12:00Z"),
        ("05/10/2017 10:00", "2017-10-05T10:00Z"),
        ("10/5/2017 1:00 PM", "2017-10-05T13:00Z"),
        ("2017/10/05", "2017-10-05T00:00Z"),
        ("1508144400", "2017-10-16T09:00Z"),
        ("الاثنين، 16 أكتوبر 2017 - 03:05 م", "2017-10-16T15:05Z"),
        ("١٦ تشرين الأول ٢٠١٧ 15:30", "2017-10-16T15:30Z"),
        ("16ی تشرینی یەکەم 2017", None),
        ("16 تشرینی یەکەم 2017", "2017-10-16T00:00Z"),
        ("۱۶ اکتبر ۲۰۱۷، ۱۲:۳۰ +۰۳:۳۰", "2017-10-16T09:00Z"),
        ("16 Ekim 2017 Pazartesi, 22:40 +0300", "2017-10-16T19:40Z"),
        ("16 KASIM 2017", "2017-11-16T00:00Z"),
        ("12:30", None),
        ("16 October", None),
        ("31 Eylül 2017", None),
        ("yesterday", None),
        ("9" * 50, None),
        ("", None),
    ],
)
def test_dates_name_their_year_or_are_none(raw, expected):
    """Standards, other shapes and names of months; nothing is filled in from today."""
    from feedparser.datetimes import _parse_date

    found = moment(raw, _parse_date(raw))
    assert found == (datetime.fromisoformat(expected).astimezone(UTC) if expected else None)


@pytest.mark.parametrize(
    "markup,text",
    [
        ("<p>One\ntwo</p><p>three</p>", "One two\n\nthree"),
        ("One\n\ntwo <b>three</b>", "One\n\ntwo three"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"),
        ("x<script>bad()</script>y<style>p{}</style>z", "xyz"),
        ("a <!-- hidden --> b", "a b"),
        ("5 < 6 &amp; 7 > 2", "5 < 6 & 7 > 2"),
        ("AT&T, R&D", "AT&T, R&D"),
        ("&lt;i&gt;&#8217;&hellip;", "<i>’…"),
        ("<img alt='a > b' src=x onerror=y>seen", "seen"),
        ("<a href='javascript:x'>link</a>", "link"),
        ("<scr<script>ipt>alert(1)</script>", "ipt>alert(1)"),
        ("cafe\u0301", "café"),
        ("a\u202eb\u2066c\ufeffd\u00ade", "abcde"),
        ("a\U000e0041b\ue000c\ue001", "abc"),
        ("ki\u200crkuk ki\u200drkuk \u200fx\u200e", "kirkuk kirkuk x"),
        ("می\u200cگویند ه\u200c", "می\u200cگویند ه\u200c"),
        ("a\u2028b\r\nc\rd", "a\nb\nc\nd"),
        ("  a \t\u00a0 b  ", "a b"),
    ],
)
def test_markup_becomes_plain_words(markup, text):
    """Lines where blocks end, no markup, no invisible letters but those that spelling needs."""
    assert plain(markup, 1000) == text


ENDLESS = {
    "blocks": "<div>" * 200_000,
    "strangers": "<x>" * 50_000 + "</y>" * 50_000,
    "bold": "<b class=a>" * 100_000,
    "less": "<" * 300_000,
    "links": "<a " * 200_000,
    "paragraphs": "<p" * 200_000,
    "and": "&" * 300_000,
    "scripts": "<script>" * 100_000,
    "comments": "<!--" * 100_000,
    "tables": "<table><tr><td>" * 60_000,
    "joiners": "\u200c" * 300_000,
    "blanks": " \n" * 300_000,
    "quotes": "<a b='" * 100_000,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_time_grows_no_faster_than_the_text(name):
    """No nesting, no unclosed tag and no run of blanks makes a megabyte take seconds."""
    began = time.process_time()
    plain(f"Begin {ENDLESS[name]} end", 1_000_000)
    assert time.process_time() - began < 2


def test_deep_markup_keeps_its_words_and_drops_its_scripts():
    """The plainer way that is taken for markup deeper than any article gives the same words."""
    deep = "<i>" * 2000
    assert plain(f"One {deep}two<script>no()</script> three</i> &amp; <b>four</b>", 1000) == "One two three & four"
    assert plain(f"One {deep}two<script>no()", 1000) == "One two"


def test_titles_are_one_line_and_cut():
    """Line ends in a title are blanks."""
    assert one_line(" a<br>b\n\nc ", 100) == "a b c"
    assert one_line("word " * 100, 9) == "word word"


def test_tidying_twice_changes_nothing():
    """What is stored stays as it is."""
    once = tidy("a\u200c b\r\n\r\n\r\nc \u202e\n d")
    assert tidy(once) == once
