"""The lexicon as data: what is wrong in a file is told by file and key."""

import pytest

from pipelines.matching.inflect import conjugate, plural
from schemas.errors import SchemaError
from schemas.lexicon import load_languages
from schemas.lexicon_patterns import parse_pattern


def load(coder, **changes):
    vocabulary = coder.vocabulary
    return load_languages({**vocabulary.lexicon, **changes}, vocabulary.types, vocabulary.actors)


def with_group(coder, **group):
    events = coder.vocabulary.lexicon["en.events"]
    return {"en.events": {**events, "groups": [group]}}


def test_the_shipped_lexicon_covers_every_type_and_mode(coder):
    """Each event type and each of its modes has patterns in English."""
    covered = {(group.type, group.mode) for group in coder.language.events.groups}
    wanted = {(kind.id, mode) for kind in coder.vocabulary.types.values() for mode in kind.modes or (None,)}
    assert wanted - covered == set()


@pytest.mark.parametrize(
    "group,told",
    [
        ({"type": "DANCE", "verbs": "dance"}, "unknown event type 'DANCE'"),
        ({"type": "SEIZE", "mode": "borrow", "verbs": "take"}, "SEIZE has no mode 'borrow'"),
        ({"type": "SEIZE", "frame": "window"}, "no frame 'window'"),
        ({"type": "SEIZE", "verbs": "take over up"}, "two particles"),
        ({"type": "SEIZE", "verbs": "take obj:"}, "is not slot:word,word"),
        ({"type": "SEIZE", "verbs": "take obj:@nothing"}, "unknown class @nothing"),
        ({"type": "SEIZE", "verbs": "take => door"}, "no frame 'door'"),
        ({"type": "SEIZE", "content": "loose"}, "neither free nor folded"),
        ({"type": "SEIZE", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_group_is_named(coder, group, told):
    """The message holds the file and what is wrong."""
    with pytest.raises(SchemaError) as error:
        load(coder, **with_group(coder, **group))
    assert "en.events.yaml" in str(error.value)
    assert told in str(error.value)


def test_all_faults_are_listed_at_once(coder):
    """One run tells them all."""
    with pytest.raises(SchemaError) as error:
        load(coder, **{"en.verbs": {}, "fr.words": {}}, **with_group(coder, type="DANCE"))
    assert len(str(error.value).splitlines()) >= 3


def test_an_unknown_actor_in_a_party_table_is_told(coder):
    """Party tables may only name actors of the schema."""
    parties = {**coder.vocabulary.lexicon["en.parties"], "nouns": {"martians": "mars"}}
    with pytest.raises(SchemaError, match=r"nouns\.martians: unknown actor 'mars'"):
        load(coder, **{"en.parties": parties})


def test_a_pattern_is_taken_apart():
    """Lemmas, particles, constraints, flags and the frame of one line."""
    pattern = parse_pattern("drive|push out|back obj:@force,rebel !from:office passive => frame")
    assert pattern.lemmas == ("drive", "push")
    assert pattern.particles == {"out", "back"}
    assert [(c.slot, sorted(c.allowed), c.absent) for c in pattern.constraints] == [
        ("obj", ["@force", "rebel"], False),
        ("from", ["office"], True),
    ]
    assert (pattern.flags, pattern.frame) == ({"passive"}, "frame")


@pytest.mark.parametrize(
    "verb,forms",
    [
        ("withdraw", "withdraw withdraws withdrew withdrawn withdrawing"),
        ("seize", "seize seizes seized seized seizing"),
        ("deny", "deny denies denied denied denying"),
        ("stop", "stop stops stopped stopped stopping"),
        ("admit", "admit admits admitted admitted admitting"),
        ("visit", "visit visits visited visited visiting"),
        ("flee", "flee flees fled fled fleeing"),
        ("attack", "attack attacks attacked attacked attacking"),
        ("clash", "clash clashes clashed clashed clashing"),
        ("die", "die dies died died dying"),
    ],
)
def test_inflection(coder, verb, forms):
    """Regular spelling rules and the irregular table."""
    source = coder.language.words
    assert " ".join(conjugate(verb, source.irregular, frozenset(source.doubling.split()))) == forms


def test_plurals():
    """Hissing sounds and y after a consonant."""
    assert [plural(noun) for noun in ("clash", "party", "day", "force", "hero")] == [
        "clashes", "parties", "days", "forces", "heroes",
    ]  # fmt: skip
