"""How many ways of telling the core events each language knows, and whom it credits."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WHEN = datetime(2017, 10, 18, 9, tzinfo=UTC)


def rows(name):
    """Yield the fields of each line of a file."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [[part.strip() for part in line.split(" | ")] for line in lines if not line.startswith("#")]


def events(coder, language, text):
    return coder.code(title="", text=text, published=WHEN, language=language, all_sentences=True).events


@pytest.mark.parametrize("language", ["ar", "tr", "fa", "ckb"])
def test_wordings_are_known_with_their_doers_and_places(coder, language):
    """Each sentence tells an event of its type, by those who do it, where it happens. All wrong ones are told."""
    wrong = []
    for kind, actors, places, text in rows(f"core_wordings.{language}.txt"):
        found = next((event for event in events(coder, language, text) if event.type == kind), None)
        if found is None or not (
            set(actors.split()) <= {party.id for party in found.actors}
            and set(places.split()) <= {party.id for party in found.places}
        ):
            wrong.append((kind, text))
    assert wrong == []


def test_sources_are_found_where_the_language_puts_them(coder):
    """Before or behind the verb, with "according to", in a statement, or nobody. All wrong ones are told."""
    wrong = []
    for language, trigger, source, text in rows("core_sources.txt"):
        event = next(one for one in events(coder, language, text) if trigger in one.trigger.text)
        given = [one.text for one in event.claim.sources]
        if given if source == "-" else not any(source in one for one in given):
            wrong.append((text, source, given))
    assert wrong == []
