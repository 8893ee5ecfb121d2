"""The shipped schema, compiled once, and short ways to make coded articles: from texts, or by hand."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

import schemas
from pipelines.developments import Board, Geography
from pipelines.matching import code_article, load_coder
from schemas.records import (
    Article,
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
from schemas.vocabulary import load_vocabulary

SCHEMA_DIR = str(Path(schemas.__file__).parent / "kirkuk")
REF = SchemaRef(name="kirkuk", version="1.0", digest="d")
MONDAY = datetime(2017, 10, 16, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def coder():
    return load_coder(SCHEMA_DIR)


@pytest.fixture(scope="session")
def geography():
    return Geography(load_vocabulary(SCHEMA_DIR))


@pytest.fixture
def board(geography):
    return Board(geography)


class Newsroom:
    """Codes texts as articles of outlets, each arriving a minute after the one before."""

    def __init__(self, coder):
        self._coder = coder
        self._numbers = count(1)

    def report(self, text, *, title="", outlet=None, published=MONDAY, article_id=None, revision=1):
        number = next(self._numbers)
        article_id = article_id or f"a{number}"
        outlet = outlet or f"Outlet {number}"
        return code_article(
            self._coder,
            Article(
                article_id=article_id,
                revision_id=stable_id(article_id, title, text),
                revision=revision,
                feed_id="feed",
                outlet=outlet,
                publisher=outlet,
                title=title,
                text=text,
                published=published,
                fetched=published,
                ingested=published + timedelta(minutes=number),
            ),
        )


@pytest.fixture
def newsroom(coder):
    return Newsroom(coder)


@pytest.fixture
def tell(board):
    """Fold articles in turn; return all developments by title."""

    def run(*articles):
        for article in articles:
            board.fold(article)
        return {found.title: found for found in board.developments()}

    return run


def party(actor_id, start=0):
    return Party(id=actor_id, text=actor_id, span=(start, start + len(actor_id)))


def event(kind="RETREAT", mode="withdraw", *, actors=("peshmerga",), place="kirkuk-city", day=None, **fields):
    """Make an event of one sentence; `day` is an ISO date that its words name."""
    return CodedEvent(
        type=kind,
        mode=mode,
        actors=tuple(map(party, actors)),
        recipients=tuple(map(party, fields.pop("recipients", ()))),
        places=(party(place, 40),) if place else (),
        time=EventTime(text="then", start=day, end=fields.pop("until", day), precision="day") if day else None,
        trigger=Trigger(text="withdrew", span=(20 + fields.get("sentence", (0, 80))[0], 28)),
        sentence=fields.pop("sentence", (0, 80)),
        score=0.5,
        magnitude=tuple(
            Magnitude(kind=name, value=value, text=str(value), span=(60, 62))
            for name, value in fields.pop("figures", {}).items()
        ),
        claim=Claim(status=fields.pop("status", "asserted"), sources=tuple(fields.pop("sources", ()))),
        **fields,
    )


def coded(article_id, *events, revision=1, published=MONDAY, ingested=None, outlet=None, shingles=(), relevant=True):
    """Make a coded article by hand; an article of its own outlet, unless told."""
    outlet = outlet or f"outlet of {article_id}"
    ingested = ingested or published + timedelta(hours=revision)
    return ArticleCoded(
        article=ArticleRef(
            article_id=article_id,
            revision_id=stable_id(article_id, str(revision), str(ingested)),
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
        event_ids=tuple(stable_id(article_id, str(revision), str(number)) for number in range(len(events))),
        quotes=tuple(f"quote {number} of {article_id}" for number in range(len(events))),
    )
