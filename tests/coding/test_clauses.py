"""Who does what to whom where: one sentence a fact of grammar."""

import pytest


def ids(parties):
    return {party.id for party in parties}


CASES = [
    (
        "active",
        "Peshmerga withdrew from Kirkuk.",
        "RETREAT", {"peshmerga"}, set(), {"kirkuk-city"},
    ),
    (
        "passive",
        "Kirkuk was seized by Iraqi forces.",
        "SEIZE", {"iraqi-forces"}, set(), {"kirkuk-city"},
    ),
    (
        "passive without agent",
        "The K1 base was captured overnight.",
        "SEIZE", set(), set(), {"k1-base"},
    ),
    (
        "metonym",
        "Baghdad rejected the offer of the KRG.",
        "REJECT", {"iraq-gov"}, {"krg"}, set(),
    ),
    (
        "reduced relative",
        "Peshmerga linked to the PUK left Kirkuk.",
        "RETREAT", {"peshmerga-puk"}, set(), {"kirkuk-city"},
    ),
    (
        "relative",
        "Soleimani, who had met the KDP, visited Sulaymaniyah.",
        "CONSULT", {"soleimani"}, set(), {"sulaymaniyah"},
    ),
    (
        "two subjects",
        "Iraqi forces and the Hashd al-Shaabi entered Kirkuk.",
        "SEIZE", {"iraqi-forces", "pmu"}, set(), {"kirkuk-city"},
    ),
    (
        "shared subject",
        "Iraqi forces advanced and seized Daquq.",
        "SEIZE", {"iraqi-forces"}, set(), {"daquq"},
    ),
    (
        "new subject after and",
        "Peshmerga left Kirkuk and Iraqi forces took control of Daquq.",
        "SEIZE", {"iraqi-forces"}, set(), {"daquq"},
    ),
    (
        "both sides of a clash",
        "Peshmerga clashed with Iraqi forces near Altun Kupri.",
        "ASSAULT", {"iraqi-forces", "peshmerga"}, set(), {"altun-kupri"},
    ),
    (
        "nominal clash",
        "Clashes broke out between peshmerga and Iraqi forces in Daquq.",
        "ASSAULT", {"iraqi-forces", "peshmerga"}, set(), {"daquq"},
    ),
    (
        "possessor",
        "The peshmerga's withdrawal from Sinjar surprised many.",
        "RETREAT", {"peshmerga"}, set(), {"sinjar"},
    ),
    (
        "nominal with of",
        "The withdrawal of the peshmerga from Sinjar surprised many.",
        "RETREAT", {"peshmerga"}, set(), {"sinjar"},
    ),
    (
        "accused",
        "The PUK accused the KDP of treason.",
        "ACCUSE", {"puk"}, {"kdp"}, set(),
    ),
    (
        "object control",
        "Abadi ordered Iraqi forces to advance on Kirkuk.",
        "MOBILIZE", {"abadi"}, set(), set(),
    ),
    (
        "subject after said",
        "Kirkuk has fallen to Iraqi forces, said a PUK lawmaker.",
        "SEIZE", {"iraqi-forces"}, set(), {"kirkuk-city"},
    ),
    (
        "displaced civilians",
        "Thousands of families fled Kirkuk.",
        "DISPLACE", None, set(), {"kirkuk-city"},
    ),
    (
        "opening place",
        "In Daquq, peshmerga attacked Iraqi forces.",
        "ASSAULT", {"peshmerga"}, {"iraqi-forces"}, {"daquq"},
    ),
    (
        "apposition",
        "Haider al-Abadi, the Iraqi prime minister, threatened the KRG.",
        "THREATEN", {"abadi"}, {"krg"}, set(),
    ),
    (
        "parenthesis",
        "The Patriotic Union of Kurdistan (PUK) denounced the KDP.",
        "ACCUSE", {"puk"}, {"kdp"}, set(),
    ),
    (
        "called on",
        "Abadi called on the peshmerga to leave Kirkuk.",
        "REQUEST", {"abadi"}, {"peshmerga"}, set(),
    ),
    (
        "phrasal verb with a gap",
        "The KRG turned the offer of Baghdad down.",
        "REJECT", {"krg"}, {"iraq-gov"}, set(),
    ),
]  # fmt: skip


@pytest.mark.parametrize("name,text,kind,actors,recipients,places", CASES, ids=[case[0] for case in CASES])
def test_roles(code, name, text, kind, actors, recipients, places):
    """Actors, recipients and places come out of this construction."""
    events = [event for event in code(text, everything=True) if event.type == kind]
    assert events, [(e.type, e.trigger.text) for e in code(text, everything=True)]
    if actors is not None:
        assert any(ids(event.actors) == actors for event in events), [event.actors for event in events]
    assert any(recipients <= ids(event.recipients) for event in events), [event.recipients for event in events]
    assert any(places <= ids(event.places) for event in events), [event.places for event in events]


def test_the_accused_place_is_not_where_it_happens(code):
    """Where a speaker is from is no place of the event."""
    (event,) = code("Officials in Baghdad accused the KDP of treason.", everything=True)
    assert "baghdad" not in ids(event.places)


def test_a_demanded_withdrawal_is_no_withdrawal(code):
    """The content of a demand or threat is folded into it."""
    events = code("Soleimani warned the PUK to withdraw from Kirkuk or face an onslaught.")
    assert [event.type for event in events] == ["THREATEN"]


def test_a_description_names_the_actor(code):
    """An adjective and a noun of a class stand for the force."""
    (event,) = code("Kurdish fighters withdrew from Kirkuk.")
    assert ids(event.actors) == {"peshmerga"}


def test_he_is_the_last_subject_and_the_general_a_soldier(code):
    """Pronouns and definite nouns go back to who was named before."""
    events = code("Qassem Soleimani arrived in Sulaymaniyah. He met Bafel Talabani. The general threatened the KDP.")
    assert all("soleimani" in ids(event.actors) for event in events)
    assert [event.type for event in events] == ["CONSULT", "CONSULT", "THREATEN"]


def test_the_city_is_the_city_named_before(code):
    """A definite place noun goes back to a place of its kind."""
    events = code("Kirkuk was quiet at dawn. Iraqi forces entered the city.")
    assert [ids(event.places) for event in events] == [{"kirkuk-city"}]


def test_unknown_parties_keep_their_words(code):
    """A party without an id is kept as text when every sentence is coded."""
    (event,) = code("Norway condemned the attack.", everything=True)
    assert event.actors[0].id is None
    assert event.actors[0].text == "Norway"


def test_a_headline_in_the_present_is_an_event(code):
    """Titles have no articles and use the present tense."""
    events = code("", title="Iraqi forces seize Kirkuk as peshmerga withdraw from Sinjar")
    assert {(e.type, e.field, e.realis) for e in events} == {
        ("SEIZE", "title", "actual"),
        ("RETREAT", "title", "actual"),
    }


def test_ids_and_rules_explain_an_event(code):
    """Every event names its rule and has a score between 0 and 1."""
    for event in code("Iraqi forces seized Kirkuk. Peshmerga denied that they had withdrawn from the city."):
        assert event.rules
        assert 0 < event.score < 1
