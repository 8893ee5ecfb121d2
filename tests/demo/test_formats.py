"""What each format's writer puts into a feed is what a reader gets out of it, whatever stands in the text."""

import html
import xml.sax
from datetime import UTC, datetime

import feedparser
import msgspec
import pytest

from desk.demo.formats import Item, arm, content_type, malform, render
from desk.demo.playbook import Version

AWKWARD = "Oil & gas: \"1 < 2\" – ]]> کەرکووک 'quoted'"
XML_FORMATS = ("rss2", "rss2-content", "rss091", "rdf", "atom")


def an_item(**changes):
    given = {
        "version": Version("a", 0),
        "url": "https://wire.example/a?x=1&y=2",
        "title": AWKWARD,
        "text": f"First {AWKWARD}.\nSecond paragraph.",
        "published": datetime(2017, 10, 16, 4, 30, tzinfo=UTC),
        "updated": datetime(2017, 10, 16, 5, 30, tzinfo=UTC),
        "author": "A & B",
        "category": "C < D",
        "scripted": False,
    }
    return Item(**(given | changes))


def entry_of(body, outlet):
    parsed = feedparser.parse(body, response_headers={"content-type": content_type(outlet)})
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed.entries[0]


def text_of(entry):
    return entry.content[0].value if "content" in entry else entry.summary


@pytest.mark.parametrize("format_", XML_FORMATS)
def test_title_text_and_address_survive(build, format_):
    """Well formed, and every character arrives."""
    outlet = build.outlet(format=format_)
    entry = entry_of(render(outlet, [an_item()]), outlet)
    assert html.unescape(entry.title) == AWKWARD
    assert entry.link == "https://wire.example/a?x=1&y=2"
    for word in ("کەرکووک", "Second paragraph.", "Oil &"):
        assert word in text_of(entry)


@pytest.mark.parametrize("format_", ["rss2", "rss2-content", "rdf", "atom"])
def test_dates_survive(build, format_):
    """The moment of publication arrives, whatever zone the format writes it in."""
    outlet = build.outlet(format=format_)
    entry = entry_of(render(outlet, [an_item()]), outlet)
    written = entry.get("published_parsed") or entry.updated_parsed
    assert written[:5] == (2017, 10, 16, 4, 30)


def test_rss091_has_neither_dates_nor_guids(build):
    """The oldest format says little, and the monitor has to live with it."""
    body = render(build.outlet(format="rss091"), [an_item()])
    assert b"pubDate" not in body
    assert b"guid" not in body


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1256"])
def test_encodings(build, encoding):
    """Letters that the encoding lacks are written as references."""
    outlet = build.outlet(encoding=encoding)
    assert entry_of(render(outlet, [an_item(title="دخلت القوات – Şengal ئاڵای")]), outlet).title == (
        "دخلت القوات – Şengal ئاڵای"
    )


def test_jsonfeed(build):
    """JSON Feed is JSON, with dates and tags."""
    feed = msgspec.json.decode(render(build.outlet(format="jsonfeed"), [an_item()]))
    (item,) = feed["items"]
    assert item["title"] == AWKWARD
    assert item["date_published"] == "2017-10-16T04:30:00Z"
    assert item["date_modified"] == "2017-10-16T05:30:00Z"


def test_malformed_is_malformed_and_still_readable(build):
    """A strict reader fails; a lenient one gets the items."""
    body = malform(render(build.outlet(), [an_item(title="Q & A")]), "utf-8")
    with pytest.raises(xml.sax.SAXParseException):
        xml.sax.parseString(body, xml.sax.ContentHandler())
    parsed = feedparser.parse(body)
    assert parsed.bozo
    assert parsed.entries[0].title == "Q & A"


def test_bomb(build):
    """The armed document unfolds ten billion-fold in nine steps, from its title."""
    body = arm(render(build.outlet(), [an_item()]), "utf-8").decode()
    assert body.count("<!ENTITY") == 10
    assert "<title>&j;" in body
    assert len(body) < 5000


def test_scripted(build):
    """Scripts stand around the text, and the words in them are not the article's."""
    body = render(build.outlet(format="rss2-content"), [an_item(scripted=True)]).decode()
    assert "<script>" in body
    assert "javascript:" in body
    assert "Second paragraph." in body
