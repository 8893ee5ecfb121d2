"""Documents hold what FIELDS lists, whatever the records hold, and every index takes them."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

import schemas
from pipelines.matching import code_article, load_coder
from schemas.document_checks import date_ms, date_text, encode_fields, newest_ms
from schemas.documents import (
    DEFAULT_FIELDS,
    FIELDS,
    MAGNITUDES,
    NEWEST,
    AlertState,
    Position,
    alert_document,
    article_document,
    day_text,
    development_document,
    event_documents,
)
from schemas.records import Alert, Article, Development, Evidence

AT = datetime(2017, 10, 16, 8, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=3)))
TEXT = (
    "Iraqi forces took control of the K1 base on Monday, the army said. Eleven soldiers were killed and 40 wounded. "
    "Peshmerga linked to the PUK withdrew from Kirkuk. The KDP accused the PUK of treason."
)


@pytest.fixture(scope="module")
def coder():
    return load_coder(str(Path(schemas.__file__).parent / "kirkuk"))


@pytest.fixture
def article():
    return Article(
        article_id="a1",
        revision_id="r1",
        revision=2,
        feed_id="rudaw-en",
        outlet="Rudaw",
        publisher="rudaw",
        title="Iraqi forces enter Kirkuk",
        text=TEXT,
        published=AT,
        fetched=AT,
        ingested=AT + timedelta(seconds=1),
    )


@pytest.fixture
def development():
    return Development(
        development_id="d1",
        topic="kirkuk",
        type="SEIZE",
        mode="capture",
        side="federal",
        place="kirkuk-city",
        day="2017-10-16",
        title="Iraqi forces seize Kirkuk",
        claim="asserted",
        actors=("iraqi-forces",),
        recipients=(),
        places=("k1-base", "kirkuk-city"),
        outlets=("Rudaw", "BBC"),
        asserted_by=("iraq-army",),
        denied_by=(),
        magnitudes={"killed": 11.0, "yes-share": 92.7, "unheard-of": 1.0},
        sources=2,
        copies=1,
        first_seen=AT,
        last_seen=AT,
        event_ids=("e1", "e2"),
        article_ids=("a1",),
        version=4,
    )


@pytest.fixture
def alert(development):
    evidence = Evidence(
        article_id="a1",
        revision=1,
        outlet="Rudaw",
        url=None,
        field="text",
        quote="They took it.",
        span=(0, 5),
        trigger="took",
    )
    return Alert(
        alert_id="al1",
        rule="seizures",
        development_id="d1",
        change="opened",
        title="Kirkuk seized",
        summary="Two outlets say so.",
        raised=AT,
        development=development,
        evidence=(evidence, evidence),
        channels=("desk", "phone"),
    )


def test_coded_articles_and_their_events_fit(coder, article):
    coded = code_article(coder, article)
    document = article_document(article, coded)
    events = event_documents(coded, {"k1-base": Position(35.5, 44.3)})
    for one in (document, *events):
        assert encode_fields(one)
        assert one.version == 2
        assert None not in one.fields.values()
    assert document.id == "a1"
    assert document.fields["event_ids"] == [one.id for one in events] == list(coded.event_ids)
    assert document.fields["published"] == "2017-10-16T05:00:00.123Z"
    assert {"SEIZE", "RETREAT"} <= set(document.fields["types"])
    found = [one.fields for one in events if one.fields["spans"]["field"] == "text"]
    seize = next(fields for fields in found if fields["type"] == "SEIZE")
    assert seize["quote"].startswith("Iraqi forces took control")
    assert seize["location"] == [{"lat": 35.5, "lon": 44.3}]
    assert seize["event_start"] == seize["event_end"] == "2017-10-16T00:00:00.000Z"
    start, end = seize["spans"]["trigger"]
    assert TEXT[start:end] == seize["trigger"]
    assert max(one.fields.get("killed", 0) for one in events) == 11


def test_the_same_records_give_the_same_bytes(coder, article):
    one, other = (event_documents(code_article(coder, article)) for _ in range(2))
    assert list(map(encode_fields, one)) == list(map(encode_fields, other))


def test_a_development_fits(development):
    document = development_document(development, {"kirkuk-city": Position(35.47, 44.39)})
    assert encode_fields(document)
    assert (document.kind, document.id, document.version) == ("developments", "d1", 4)
    assert document.fields["places"] == ["kirkuk-city", "k1-base"]
    assert document.fields["day"] == "2017-10-16T00:00:00.000Z"
    assert (document.fields["killed"], document.fields["yes_share"]) == (11.0, 92.7)
    assert document.fields["location"] == [{"lat": 35.47, "lon": 44.39}]
    undated = msgspec.structs.replace(development, day="unknown", place=None, mode=None)
    assert "day" not in development_document(undated).fields
    assert encode_fields(development_document(undated))


@pytest.mark.parametrize(
    "suppressed, state, status",
    [
        (None, AlertState(), "pending"),
        (None, AlertState(delivered=("desk",), changes=1), "pending"),
        (None, AlertState(delivered=("phone", "desk"), changes=2), "delivered"),
        (None, AlertState(delivered=("desk",), failed=("phone",), changes=9), "failed"),
        ("muted until tomorrow", AlertState(), "suppressed"),
        (None, AlertState(acknowledged=AT, acknowledged_by="x", note="seen", changes=3), "acknowledged"),
    ],
)
def test_an_alert_tells_what_became_of_it(alert, suppressed, state, status):
    document = alert_document(msgspec.structs.replace(alert, suppressed=suppressed), state)
    assert encode_fields(document)
    assert document.fields["status"] == status
    assert document.version == 1 + state.changes
    assert document.fields["quotes"] == "They took it."
    assert document.fields.get("suppressed") == suppressed


def test_lists_of_fields_agree():
    for kind, fields in FIELDS.items():
        assert all(fields[name] == "text" for name in DEFAULT_FIELDS[kind])
        assert all(fields[name] == "date" for name in NEWEST[kind])
        assert not any(name.startswith("_") for name in fields)
    assert all(FIELDS["events"][name] == "float" for name in MAGNITUDES.values())


def test_dates_are_of_one_width_and_sort_as_text():
    moments = [datetime(1, 1, 1, tzinfo=UTC), AT, AT + timedelta(milliseconds=1), datetime(9999, 12, 31, tzinfo=UTC)]
    texts = [date_text(int((one - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))) for one in moments]
    assert texts == sorted(texts)
    assert {len(text) for text in texts} == {24}
    assert [date_text(date_ms(text)) for text in texts] == texts
    assert date_text(10**18) == "9999-12-31T23:59:59.999Z"
    assert day_text("16.10.2017") is None


def test_the_newest_date_is_the_first_that_is_there():
    assert newest_ms("articles", {"ingested": "1970-01-01T00:00:01.000Z"}) == 1000
    assert (
        newest_ms("articles", {"published": "1970-01-01T00:00:02.000Z", "ingested": "1970-01-01T00:00:01.000Z"}) == 2000
    )
    assert newest_ms("alerts", {}) == 0
