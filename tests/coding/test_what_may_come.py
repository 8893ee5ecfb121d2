"""What is awaited, what anybody may do, and what came before what is told: none of it is today's news."""

import pytest


@pytest.mark.parametrize(
    "text,kind,realis",
    [
        ("When we turn off the valve, it is over.", "OIL", "hypothetical"),
        ("Once the peshmerga withdraw from Kirkuk, talks will begin.", "RETREAT", "hypothetical"),
        ("The peshmerga fled when the army entered Kirkuk.", "SEIZE", "actual"),
        ("Those who attack Kirkuk will be punished, he said.", "ASSAULT", "hypothetical"),
        ("Those who attacked Kirkuk were punished, he said.", "ASSAULT", "actual"),
        ("The gunmen who attacked Kirkuk will be punished, he said.", "ASSAULT", "actual"),
    ],
)
def test_realis_of_what_is_awaited_and_of_whoever_does_it(code, text, kind, realis):
    """A present after when and before "is" or "will" looks ahead; "those who" before "will" names nobody."""
    assert realis in {event.realis for event in code(text, everything=True) if event.type == kind}


def test_an_after_clause_is_not_dated_by_who_tells_it(code):
    """The day on which somebody said it is no day of what came before."""
    text = "Houses burned in the days after Iraqi forces entered Tuz Khurmatu, a rights group said on Friday."
    (entered,) = [event for event in code(text) if event.type == "SEIZE"]
    assert entered.time is None or entered.time.text is None


def test_a_loss_is_not_what_the_one_did_who_deplores_it(code):
    """Who blames somebody for the loss of a place did not take it."""
    events = code("Bafel Talabani blamed the KDP for the loss of Kirkuk.")
    assert [[actor.id for actor in event.actors] for event in events if event.type == "SEIZE"] == [[]]


def test_bodies_are_received_elsewhere_than_where_they_fell(code):
    """A hospital is no place of the fighting, and what follows did not happen there."""
    events = code(
        "The peshmerga fought Iraqi forces at Altun Kupri. A hospital in Erbil received the bodies of four peshmerga. "
        "Kurdish units have withdrawn behind the river."
    )
    (left,) = [event for event in events if event.type == "RETREAT"]
    assert "erbil" not in {place.id for place in left.places}
