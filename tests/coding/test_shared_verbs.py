"""Verbs that share a subject, an object or a helping verb with another one further back, and infinitives that ask."""

import pytest


def doers(code, text, kind):
    """Return who does each event of a type in a text."""
    return [
        tuple(party.id or party.text for party in event.actors)
        for event in code(text, everything=True)
        if event.type == kind
    ]


def test_the_first_of_two_participles_is_no_noun(code):
    """Behind a comma "killing and abducting" are two deeds of the subject, although "killing" may be a noun."""
    found = doers(code, "Islamic State overran Hawija, killing and abducting dozens of residents.", "ASSAULT")
    assert found == [("isis",), ("isis",)]


def test_a_participle_with_an_object_goes_on_with_has(code):
    """A participle behind "and" that has an object belongs to "has" and not to the noun that another one describes."""
    text = "Iran has closed its border to trucks bound for Kirkuk and moved tanks to Parviz Khan."
    assert doers(code, text, "MOBILIZE") == [("iran-gov",)]


def test_then_goes_on_with_who_spoke(code):
    """Behind what somebody said, ", then" and a verb of the same tense tell what the speaker did."""
    text = "Abadi answered that no base would be left, then visited Kirkuk."
    assert doers(code, text, "CONSULT") == [("abadi",)]


def test_an_insertion_keeps_its_own_clause_of_time(code):
    """Before its closing comma an insertion's "after" opens a clause: the army entered the town, and not the ban."""
    text = "The ban, first imposed four days after the army entered Kirkuk in October, was lifted by Baghdad."
    assert doers(code, text, "SEIZE") == [("iraq-army",)]


def test_who_is_asked_may_be_described_first(code):
    """An infinitive behind ", with whom they fought," is what the friends are asked for."""
    text = "Barzani asked the coalition, with whom the peshmerga fought, to protect Kirkuk."
    assert doers(code, text, "REQUEST") == [("m-barzani",)]


def test_in_order_to_asks_nothing(code):
    """Who tells somebody something "in order to" reach a goal demands nothing of him."""
    assert doers(code, "An official told Talabani about the road in order to end the talk in Kirkuk.", "REQUEST") == []
    assert doers(code, "An official told Talabani to leave Kirkuk.", "REQUEST") != []


def test_should_before_its_subject_is_if(code):
    """In "should they not let them in" the verb is a condition, also without a comma before it, and demands nothing."""
    assert doers(code, "They would come to Kirkuk should the Kurds not open the border.", "REQUEST") == []
    assert doers(code, "The Kurds should open the border at Kirkuk, Abadi said.", "REQUEST") != []


def test_what_describes_a_town_is_not_said_of_a_deed(code):
    """A relative clause is part of what one talks about: it denies and refuses nothing by itself."""
    text = "The PUK spoke of the one city that the KDP does not bombard, officials in Kirkuk said."
    assert doers(code, text, "STATEMENT") == []


@pytest.mark.parametrize(
    "text, kind, actor",
    [
        ("The food has come, and the United Nations calls on all sides to stop.", "REQUEST", "un"),
        ("Gorran and a smaller party want Barzani to leave Kirkuk.", "REQUEST", "gorran"),
        (
            "Baghdad has gone back on a draft which the KRG wrote, and on a plan accepted last week in Kirkuk.",
            "AGREE",
            "",
        ),
        ("The army has on Monday entered Kirkuk.", "SEIZE", "iraq-army"),
        ("The governor of Kirkuk was this morning arrested by Asayish.", "COERCE", "asayish"),
        ("Iran closed the crossing at Bashmaq to please Baghdad, visited Kirkuk and has left.", "CONSULT", "iran-gov"),
    ],
)
def test_a_verb_is_found_behind_what_parts_it_from_its_subject(code, text, kind, actor):
    """Plural subjects of two, dates behind helping verbs, infinitives before the next predicate hide no verb."""
    found = doers(code, text, kind)
    assert found
    assert all((actor in one) or not actor for one in found)


def test_who_speaks_may_be_named_by_three_nouns(code):
    """In "a KRG transport official said" the last noun speaks, and "transport" is no verb."""
    (event,) = [one for one in code("A KRG transport official said the army attacked Kirkuk.") if one.type == "ASSAULT"]
    assert [source.id for source in event.claim.sources] == ["krg"]


def test_until_a_month_looks_ahead(code):
    """A measure that lasts until February is not eight months old in October."""
    (event,) = code("Baghdad keeps Kurdish airspace closed until the end of February.")
    assert event.realis == "actual"
    assert event.time is None or event.time.start is None or event.time.start >= "2017-10"


def test_that_behind_a_thing_is_which(code):
    """In "the town that X had left" X has left it; what follows the comma is done by who entered the town."""
    text = "The army entered the town that the peshmerga had abandoned, and seized the base."
    assert doers(code, text, "RETREAT") == [("peshmerga",)]
    assert doers(code, text, "SEIZE") == [("iraq-army",), ("iraq-army",)]


def test_who_keeps_a_border_closed_closes_it(code):
    """In "kept the border closed" the subject of "kept" does it."""
    assert doers(code, "Baghdad kept the border closed on Monday.", "SANCTION") == [("iraq-gov",)]


def test_what_a_verb_has_told_its_weapon_does_not_repeat(code):
    """To throw a grenade and to kill by mortar rounds is one attack each."""
    assert len(doers(code, "Gunmen threw a hand grenade at the headquarters in Kirkuk.", "ASSAULT")) == 1
    assert len(doers(code, "Mortar rounds killed a girl in Kirkuk on Friday.", "ASSAULT")) == 1


def test_a_claim_that_nobody_makes_is_no_attack(code):
    """That no one claims responsibility tells of nothing done."""
    assert doers(code, "No group has claimed responsibility in Kirkuk so far.", "ASSAULT") == []


def test_what_is_confirmed_has_happened_by_another_hand(code):
    """A confirmed withdrawal is a statement and a withdrawal; who confirms it need not be who withdraws."""
    text = "The mayor of Sinjar, Khalil, confirmed the withdrawal."
    assert doers(code, text, "RETREAT") == [()]
    assert doers(code, text, "STATEMENT") != []


@pytest.mark.parametrize(
    "text, kind",
    [
        ("Men with sticks broke through the fence of parliament in Erbil.", "PROTEST"),
        ("Iran paraded artillery at Parviz Khan.", "MOBILIZE"),
        ("Buses have carried back 900 families to Tuz Khurmatu.", "DISPLACE"),
        ("Iraqi forces blasted their way into Altun Kupri.", "SEIZE"),
        ("The imposition of federal authority over Kirkuk angered the Kurds.", "SEIZE"),
        ("The burning of homes in Tuz Khurmatu went on.", "COERCE"),
        ("We heard mortars in Taza at two, residents of Kirkuk said.", "ASSAULT"),
    ],
)
def test_deeds_told_in_other_words(code, text, kind):
    """Fences broken through, guns paraded, families carried back and mortars heard are what they are."""
    assert doers(code, text, kind)


@pytest.mark.parametrize(
    "text", ["The band paraded through Kirkuk.", "The restoration of prices to normal pleased Kirkuk.",
             "They carried the boy home in Kirkuk.", "I heard artillery officers of Kirkuk speak about history."]
)  # fmt: skip
def test_everyday_words_tell_no_deed(code, text):
    """Bands, prices, tired boys and talks tell none of these."""
    assert code(text, everything=True) == []
