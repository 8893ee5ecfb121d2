"""What `kirkuk schema check` tells of a lexicon that is valid and yet not what its author meant."""

import io

import msgspec
import pytest

from desk.schema_commands import check_schema
from schemas.lexicon import load_languages
from schemas.lexicon_review import review


def notes(coder, *groups, **changes):
    """Review the shipped lexicon with other groups."""
    lexicon = coder.vocabulary.lexicon
    events = {**lexicon["en.events"], "groups": list(groups), **changes}
    files = {name: content for name, content in lexicon.items() if not name.startswith("en.events.")}
    languages, _ = load_languages({**files, "en.events": events}, coder.vocabulary.types, coder.vocabulary.actors)
    return [(note.kind, note.text) for note in review(languages["en"]) if note.kind != "unused"]


def test_the_shipped_lexicon_leaves_nothing_to_look_at(coder):
    """No wording has two types, none is there twice, every class and frame is used."""
    assert review(coder.language) == []


@pytest.mark.parametrize(
    "block,line", [("verbs", "take obj:@place over"), ("idioms", "on strike"), ("phrases", "air ban")]
)
def test_one_wording_of_two_types_is_a_conflict(coder, block, line):
    """Only the first can ever be taken."""
    found = notes(
        coder, {"type": "SEIZE", "mode": "capture", block: line}, {"type": "AID", "mode": "military", block: line}
    )
    assert found == [("conflict", f"{line!r}: SEIZE/capture and AID/military")]


def test_a_wording_that_is_there_twice_is_shadowed(coder):
    """Conditions in another order ask for the same."""
    group = {
        "type": "SEIZE",
        "mode": "capture",
        "verbs": "take|grab obj:@place subj:@force\ntake subj:@force obj:@place",
    }
    assert notes(coder, group) == [("shadowed", "'take subj:@force obj:@place': twice in SEIZE/capture")]


def test_more_conditions_are_no_conflict(coder):
    """The more specific pattern wins, which is what authors mean."""
    groups = {"type": "SEIZE", "verbs": "take obj:@place"}, {"type": "AID", "verbs": "take obj:@place to:@any"}
    assert notes(coder, *groups) == []


def test_a_noun_of_two_types_is_a_conflict(coder):
    found = notes(coder, {"type": "SEIZE", "nouns": "blockade"}, {"type": "AID", "nouns": "blockade aid"})
    assert found == [("conflict", "noun 'blockade': SEIZE is taken, AID never")]


def test_classes_and_frames_that_nobody_names_are_unused(coder):
    events = coder.vocabulary.lexicon["en.events"]
    events = {**events, "classes": {**events["classes"], "fruit": "fig"}, "frames": {**events["frames"], "idle": {}}}
    lexicon = {**coder.vocabulary.lexicon, "en.events": events}
    languages, _ = load_languages(lexicon, coder.vocabulary.types, coder.vocabulary.actors)
    assert review(languages["en"]) == [("unused", "class @fruit"), ("unused", "frame idle")]


def test_the_command_tells_the_notes_and_calls_the_schema_right(schema_dir):
    """Notes are no faults: the exit status stays 0."""
    out = io.StringIO()
    assert check_schema(schema_dir, as_json=True, out=out) == 0
    assert msgspec.json.decode(out.getvalue())["notes"] == []
