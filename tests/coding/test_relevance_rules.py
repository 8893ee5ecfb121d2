"""Relevance that no single event shows: the vote's consequences, quarrels in the Kurdish camp, demands about places."""

from datetime import UTC, datetime

import pytest

NOW = datetime(2017, 10, 16, 12, tzinfo=UTC)


def relevant(coder, text, title=""):
    return coder.code(title=title, text=text, published=NOW).relevant


@pytest.mark.parametrize(
    "text",
    [
        "The Turkish president threatened the Kurdish leadership with sanctions. The referendum was a mistake.",
        "Washington criticised the Kurdish leadership for its independence vote.",
        "Rouhani and Erdogan met in Ankara and condemned the Kurdish referendum.",
        "Turkey and Iran agreed on joint measures after the Kurdish vote.",
    ],
)
def test_what_powers_do_about_the_vote_is_relevant(coder, text):
    """Politics of other states towards the Kurds, or among themselves where the vote is what the article is about."""
    assert relevant(coder, text)


@pytest.mark.parametrize(
    "text",
    [
        "Rouhani and Erdogan met in Ankara. They talked about gas, pears and trains.",
        "Madrid condemned the Catalan referendum. Rouhani met Erdogan. A Kurd was among the crowd's many guests.",
        "Turkey and Iran agreed on joint measures after the earthquake.",
        "Iraqi forces killed three Islamic State fighters in Mosul.",
    ],
)
def test_other_politics_are_not(coder, text):
    """Without the vote, about another vote, or against Islamic State."""
    assert not relevant(coder, text)


def test_kurdish_parties_that_quarrel_over_the_theatre_are_relevant(coder):
    """The KDP and the PUK against each other, with a place of the dispute in the article."""
    quarrel = "The KDP accused the Patriotic Union of Kurdistan of treason."
    assert relevant(coder, f"{quarrel} The market of Kirkuk was full.")
    assert relevant(coder, "Masoud Barzani condemned Bafel Talabani. In Tuz Khurmatu the shops stayed shut.")
    assert not relevant(coder, "The KDP accused its critics of laziness. The market of Erbil was full.")


def test_a_demand_about_the_theatre_is_relevant(coder):
    """The place of a demand, promise or refusal may be in its content."""
    assert relevant(coder, "The oil ministry invited BP to return to Kirkuk.")
    assert relevant(coder, "The Iraqi prime minister refused to bring the Sinjar file before the chamber.")
    assert relevant(coder, "The cleric urged the Iraqi government to spare the Kurds.")
    assert not relevant(coder, "The cleric urged the Iraqi government to spare the poor.")
    assert not relevant(coder, "The oil ministry invited BP to return to Basra. Erbil was quiet.")
    assert not relevant(coder, "A chef asked a farmer to bring apples to Kirkuk.")


def ids(parties):
    return {party.id for party in parties}


def only(events, kind):
    (event,) = (event for event in events if event.type == kind)
    return event


def test_a_measure_is_done_to_those_who_are_told_of_it(code):
    """A halt that X is told of is a sanction on X, by those who told it."""
    event = only(code("Baghdad told the Kurdistan Regional Government that it would stop paying salaries."), "SANCTION")
    assert (ids(event.actors), ids(event.recipients), event.mode) == ({"iraq-gov"}, {"krg"}, "economic")


def test_who_issues_a_text_does_what_it_says(code):
    """A statement that accuses is the accusation of those who put it out."""
    event = only(code("The KDP answered in Kirkuk with a letter that accused the PUK of treason."), "ACCUSE")
    assert (ids(event.actors), ids(event.recipients)) == ({"kdp"}, {"puk"})


def test_preparing_an_attack_is_mobilisation(code):
    """Nobody has attacked yet: no assault, but forces made ready, in the active as in the passive."""
    (event,) = code("The Iraqi army is preparing an assault on Makhmour.")
    assert (event.type, ids(event.actors), ids(event.places)) == ("MOBILIZE", {"iraq-army"}, {"makhmour"})
    (event,) = code("An offensive against Sinjar is being prepared.")
    assert (event.type, ids(event.places)) == ("MOBILIZE", {"sinjar"})


def test_verbs_and_nouns_of_the_same_form_are_told_apart(code):
    """To close a gate, to make offers and to halt transfers: what stands before them decides."""
    event = only(code("Erbil asked Turkey again to close its gate at Fish Khabur."), "REQUEST")
    assert ids(event.recipients) == {"turkey-gov"}
    event = only(code("Baghdad has asked BP to make offers for Kirkuk as soon as possible, it said."), "REQUEST")
    assert (ids(event.actors), ids(event.recipients)) == ({"iraq-gov"}, {"bp"})
    event = only(code("Baghdad will halt all currency transfers to the Kurdistan Region."), "SANCTION")
    assert ids(event.places) == {"kurdistan-region"}


def test_deeds_in_an_article_on_the_dispute_are_relevant(coder):
    """The title names the theatre, or the text the theatre and both sides; then what a side does matters."""
    deed = "Haider al-Abadi rejected the remark."
    assert relevant(coder, deed, title="What comes after Hawija")
    assert relevant(coder, f"{deed} Nobody spoke of Kirkuk, which the Kurds had lost.")
    assert not relevant(coder, deed)
    assert not relevant(coder, "Demand from Iran was steady.", title="Kirkuk at a narrower discount")


def test_words_without_a_known_party_are_not(coder):
    """A warning in a town of the theatre matters by who gives or gets it."""
    assert not relevant(coder, "Motorists were warned of flooded tunnels in Kirkuk.")
    assert relevant(coder, "Residents were warned of an attack in Kirkuk.")


def test_a_body_is_known_by_who_leads_it(code):
    """A council chaired by the prime minister is his government's, and "it" in the next sentence is the council."""
    events = code("A crisis committee, chaired by Haider al-Abadi, met in Kirkuk. It asked Turkey to close the border.")
    assert ids(only(events, "CONSULT").actors) == {"iraq-gov"}
    request = only(events, "REQUEST")
    assert (ids(request.actors), ids(request.recipients)) == ({"iraq-gov"}, {"turkey-gov"})


def test_both_sides_are_those_of_the_dispute(code):
    """The last Kurdish group and the last one of the other side; nobody, unless both were named."""
    events = code("The peshmerga and the Iraqi army faced each other at Daquq. Washington urged both sides to stop.")
    assert ids(only(events, "REQUEST").recipients) == {"peshmerga", "iraq-army"}
    events = code("The peshmerga held Daquq. Washington urged both sides to stop.")
    assert only(events, "REQUEST").recipients[0].id is None
