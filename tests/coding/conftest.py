"""The shipped schema, compiled once, and a short way to code one text."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import schemas
from pipelines.matching import Coder, load_coder
from schemas.records import CodedEvent

SCHEMA_DIR = str(Path(schemas.__file__).parent / "kirkuk")


@pytest.fixture(scope="session")
def schema_dir():
    return SCHEMA_DIR


@pytest.fixture(scope="session")
def coder() -> Coder:
    return load_coder(SCHEMA_DIR)


@pytest.fixture
def code(coder) -> Callable[..., list[CodedEvent]]:
    def run(text, *, title="", published=datetime(2017, 10, 20, 9, tzinfo=UTC), everything=False):
        coded = coder.code(title=title, text=text, published=published, all_sentences=everything)
        for event in coded.events:
            field = title if event.field == "title" else text
            for part in (event.trigger, *event.actors, *event.recipients, *event.places, *(event.magnitude or ())):
                assert field[slice(*part.span)] == part.text
            for source in event.claim.sources:
                assert source.span is None or source.text in field
            assert field[slice(*event.sentence)].strip() == field[slice(*event.sentence)]
        return list(coded.events)

    return run


def ids(parties):
    """Return the ids of parties as a set."""
    return {party.id for party in parties}
