"""Who goes where: force leaves, takes and advances, people flee, come home and are driven out."""

import pytest


def kinds(code, text="", **more):
    return {event.type for event in code(text, everything=True, **more)}


@pytest.mark.parametrize(
    "text, kind",
    [
        ("The peshmerga trudged out of the base.", "RETREAT"),
        ("Kurdish soldiers scurried back behind the canal.", "RETREAT"),
        ("Kurdish front lines buckled within hours.", "RETREAT"),
        ("The commandos surged into the compound.", "SEIZE"),
        ("The Iraqi army strolled through the bazaar.", "SEIZE"),
        ("The tanks trundled toward Kirkuk.", "MOBILIZE"),
        ("An armoured column crawled along the highway.", "MOBILIZE"),
        ("Kurdish families limped into the camp.", "DISPLACE"),
        ("Families drifted home.", "DISPLACE"),
        ("Villagers were hounded out of their homes.", "DISPLACE"),
    ],
)
def test_the_verb_of_motion_does_not_matter_but_who_goes_where(code, text, kind):
    """One list of verbs serves all: whether force or people go, and out, in, up or back, makes the type."""
    assert kind in kinds(code, text)


@pytest.mark.parametrize(
    "text",
    [
        "Tourists strolled through the bazaar of Kirkuk.",
        "The delegation drove out of Kirkuk at noon.",
        "A lorry rolled into the ditch near Kirkuk.",
        "The bank strengthened its presence in Kirkuk.",
        "The cake was taken from the oven in Kirkuk.",
        "The team took control of the match in Kirkuk.",
    ],
)
def test_what_is_neither_force_nor_people_in_flight_goes_nowhere(code, text):
    """Tourists, delegations, lorries, banks and teams move, grow and win without taking or fleeing anything."""
    assert not kinds(code, text) & {"RETREAT", "SEIZE", "MOBILIZE", "DISPLACE"}


def test_only_what_an_army_holds_is_given_up(code):
    """A base that is handed over is a retreat, a letter is none."""
    assert "RETREAT" in kinds(code, "The peshmerga handed over the base to the Iraqi army.")
    assert "RETREAT" not in kinds(code, "He handed over a letter to the governor of Kirkuk.")


@pytest.mark.parametrize("title", ["Thousands flee Kirkuk", "100,000 flee Kirkuk, UN says", "Dozens return to Kirkuk"])
def test_a_number_can_do_something(code, title):
    """A crowd that is only counted is the subject of the verb behind it, not a part of its name."""
    assert "DISPLACE" in kinds(code, title=title)


def test_a_number_still_counts_the_noun_behind_it(code):
    """Three train stations" hold no verb."""
    assert not kinds(code, "Three return tickets to Kirkuk were sold.")


def test_a_day_ends_where_a_determiner_follows(code):
    """On Monday many families left" is not about a Monday of many families."""
    (event,) = [one for one in code("On Monday many families left Kirkuk.") if one.type == "DISPLACE"]
    assert [party.text for party in event.actors] == ["many families"]


@pytest.mark.parametrize(
    "text, kind",
    [
        ("A truce came into force along the front near Kirkuk.", "RETREAT"),
        ("Kirkuk is in Baghdad's hands.", "SEIZE"),
        ("Iraqi troops dug in near Kirkuk.", "MOBILIZE"),
        ("The Kurdish quarter of Tuz Khurmatu is a ghost town.", "DISPLACE"),
    ],
)
def test_set_phrases_tell_as_much_as_verbs(code, text, kind):
    """Wordings that need no verb of their own."""
    assert kind in kinds(code, text)


@pytest.mark.parametrize(
    "text",
    [
        "About 200 families went back to Tuz Khurmatu.",
        "Around 35,000 Kurds fled Tuz Khurmatu.",
        "About half of the families have left Tuz Khurmatu.",
        "Some 70 per cent of the residents have left Tuz Khurmatu.",
    ],
)
def test_a_rough_number_hides_no_subject(code, text):
    """What stands before a number says how sure it is, and "per cent" counts what "of" names."""
    (event,) = [one for one in code(text) if one.type == "DISPLACE"]
    assert event.actors


def test_a_rough_hour_is_still_an_hour(code):
    """Who acts at about three does so then, and is not a part of the hour."""
    (event,) = [one for one in code("Around 3 a.m. peshmerga left Kirkuk.") if one.type == "RETREAT"]
    assert [party.id for party in event.actors] == ["peshmerga"]
