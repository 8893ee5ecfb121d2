"""Headlines leave out auxiliaries: who does it, and to whom it is done, must not be mixed up."""

import pytest


def told(code, title):
    """Return (type, actors, recipients) of the events of a title, parties by their ids or words."""
    return {
        (
            event.type,
            tuple(party.id or party.text for party in event.actors),
            tuple(party.id or party.text for party in event.recipients),
        )
        for event in code("", title=title)
    }


@pytest.mark.parametrize(
    "title, event",
    [
        ("Kurdish student held over Facebook post in Kirkuk", ("COERCE", (), ("Kurdish student",))),
        ("ISIS suspects captured in Hawija", ("COERCE", (), ("ISIS suspects",))),
        ("Iraqi forces repelled near Altun Kupri", ("ASSAULT", (), ("iraqi-forces",))),
        ("Kirkuk oil fields seized by Iraqi forces", ("SEIZE", ("iraqi-forces",), ())),
    ],
)
def test_a_bare_participle_is_a_passive(code, title, event):
    """Without an object, and without "was", it is done to the subject; "by" tells who does it."""
    assert event in told(code, title)


def test_a_headline_with_an_object_is_active(code):
    """The object tells that the subject is the doer."""
    assert ("COERCE", ("iraq-fedpol",), ("journalists",)) in told(code, "Federal police detained reporters in Kirkuk")


def test_a_verb_that_nobody_suffers_stays_active(code):
    """Who withdrew was not withdrawn."""
    assert ("RETREAT", ("peshmerga",), ()) in told(code, "Peshmerga withdrew from Kirkuk")


def test_by_with_a_time_names_no_doer(code):
    """When is not by whom."""
    assert ("RETREAT", ("peshmerga",), ()) in told(code, "Peshmerga pulled out of Kirkuk by Friday")


def test_the_text_keeps_its_tenses(code):
    """Only titles are read so: in a sentence the bare form is past tense."""
    events = code("On Monday in Kirkuk police closed the road and the governor dismissed.")
    assert not [event for event in events if event.type == "SANCTION"]
