"""Coded articles made by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

import schemas
from schemas.records import (
    ArticleCoded,
    ArticleRef,
    Claim,
    CodedEvent,
    EventTime,
    Magnitude,
    Party,
    SchemaRef,
    Trigger,
    stable_id,
)

REF = SchemaRef(name="kirkuk", version="1.0", digest="d")
SCHEMA_DIR = str(Path(schemas.__file__).parent / "kirkuk")
MONDAY = datetime(2017, 10, 16, 12, tzinfo=UTC)


def party(actor_id, start=0):
    return Party(id=actor_id, text=actor_id, span=(start, start + len(actor_id)))


def event(
    kind="RETREAT",
    mode="withdraw",
    *,
    actors=("peshmerga",),
    recipients=(),
    place="kirkuk-city",
    day=None,
    until=None,
    figures=None,
    status="asserted",
    sources=(),
    sentence=(0, 80),
    **fields,
):
    """Make an event of one sentence; `day` and `until` are ISO dates that its words name."""
    numbers = (figures or {}).items()
    return CodedEvent(
        type=kind,
        mode=mode,
        actors=tuple(map(party, actors)),
        recipients=tuple(map(party, recipients)),
        places=(party(place, 40),) if place else (),
        time=EventTime(text="then", start=day, end=until or day, precision="day") if day else None,
        trigger=Trigger(text="withdrew", span=(sentence[0] + 20, sentence[0] + 28)),
        sentence=sentence,
        score=0.5,
        magnitude=tuple(Magnitude(kind=name, value=value, text=str(value), span=(60, 62)) for name, value in numbers),
        claim=Claim(status=status, sources=tuple(sources)),
        **fields,
    )


def coded(article_id, *events, revision=1, published=MONDAY, ingested=None, outlet=None, shingles=(), relevant=True):
    """Make a coded article by hand; an article of its own outlet, unless told."""
    outlet = outlet or f"outlet of {article_id}"
    ingested = ingested or published + timedelta(hours=min(revision, 100))
    content = (str(published), str(shingles), outlet)
    revision_id = stable_id(article_id, *content, *(msgspec.json.encode(item).decode() for item in events))
    return ArticleCoded(
        article=ArticleRef(
            article_id=article_id,
            revision_id=revision_id,
            revision=revision,
            feed_id="feed",
            outlet=outlet,
            publisher=outlet,
            language="en",
            url=f"https://example.org/{article_id}",
            title="Title",
            published=published,
            fetched=ingested,
            ingested=ingested,
            shingles=shingles,
        ),
        schema=REF,
        relevant=relevant,
        events=events,
        event_ids=tuple(stable_id(revision_id, str(number)) for number in range(len(events))),
        quotes=tuple(f"quote {number} of {article_id}" for number in range(len(events))),
    )
