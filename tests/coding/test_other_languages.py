"""Core verbs in Arabic and Turkish."""

import pytest


def ids(parties):
    return {party.id for party in parties}


@pytest.mark.parametrize(
    "text,kind,actors,places,negated",
    [
        ("انسحبت قوات البيشمركة من كركوك يوم الاثنين", "RETREAT", {"peshmerga"}, {"kirkuk-city"}, False),
        ("القوات العراقية سيطرت على كركوك", "SEIZE", {"iraqi-forces"}, {"kirkuk-city"}, False),
        ("ودخلت القوات العراقية إلى كركوك", "SEIZE", {"iraqi-forces"}, {"kirkuk-city"}, False),
        ("لم تنسحب قوات البيشمركة من كركوك", "RETREAT", {"peshmerga"}, {"kirkuk-city"}, True),
        ("Peşmerge Kerkük'ten çekildi", "RETREAT", {"peshmerga"}, {"kirkuk-city"}, False),
        ("Irak ordusu Kerkük'e girdi", "SEIZE", None, {"kirkuk-city"}, False),
    ],
)
def test_core_verbs(coder, text, kind, actors, places, negated):
    """Who did it and where, with spans into the original letters."""
    language = "tr" if text.isascii() or text[0] in "PI" else "ar"
    events = coder.code(title="", text=text, published=None, language=language).events
    (event,) = [event for event in events if event.type == kind]
    if actors is not None:
        assert ids(event.actors) == actors
    assert ids(event.places) == places
    assert event.negated == negated
    for part in (event.trigger, *event.actors, *event.places):
        assert text[slice(*part.span)] == part.text


def test_arabic_is_known_by_its_letters(coder):
    """Without a declared language the script decides."""
    coded = coder.code(title="", text="انسحبت قوات البيشمركة من كركوك", published=None)
    assert [event.type for event in coded.events] == ["RETREAT"]
