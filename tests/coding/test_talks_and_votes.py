"""Talks, votes, promises and help: who can do them, and what only sounds like them."""

import pytest

BEFORE = "Iraqi forces seized Daquq near Kirkuk. "
"""Makes an article of a sentence that would belong to no crisis by itself."""


def of_type(code, kind, text):
    return [event for event in code(BEFORE + text) if event.type == kind]


@pytest.mark.parametrize(
    "text",
    [
        "A delegation from Baghdad travelled to Erbil.",
        "Erbil and Baghdad have been in contact over the crossing.",
        "Abadi called Barzani on Sunday evening.",
        "Kurdish leaders, an official said, gathered in Dukan.",
        "The Iranian general appeared at the party's headquarters in Sulaymaniyah.",
        "Barzani welcomed the ambassador at his residence in Erbil.",
        "A trilateral meeting in Baghdad dealt with the border.",
        "The talks between Baghdad and Erbil dragged on until midnight.",
    ],
)
def test_envoys_and_leaders_confer_and_pay_visits(code, text):
    """Motion and presence are a visit where those who move are envoys or leaders."""
    assert of_type(code, "CONSULT", text)


@pytest.mark.parametrize(
    "text",
    [
        "Families travelled to Erbil with what they could carry.",
        "The order was met with a shrug in Erbil.",
        "The attack on Kirkuk would be met with force, the peshmerga said.",
        "Tankers travel to Erbil by road.",
        "The minister spoke to reporters in Erbil.",
        "A captain of the peshmerga, as he wants to be called, guards Daquq.",
    ],
)
def test_crowds_goods_and_replies_confer_with_nobody(code, text):
    """People on the move visit nobody, and what is met with force meets nobody."""
    assert not of_type(code, "CONSULT", text)


def test_a_mediator_shuttles_between_those_whom_he_sees(code):
    """The two sides receive the mediator; they are not mediators themselves."""
    (event,) = of_type(code, "CONSULT", "McGurk shuttled between Baghdad and Erbil.")
    assert {party.id for party in event.actors} == {"mcgurk"}
    assert {party.id for party in event.recipients} == {"iraq-gov", "krg"}


def test_a_turnout_has_no_doer(code):
    """Who gives the figure doesn't vote."""
    (event,) = of_type(code, "VOTE", "The commission in Erbil spoke of a turnout of 72 percent.")
    assert event.actors == ()


@pytest.mark.parametrize(
    "kind,text",
    [
        ("VOTE", "The company in Kirkuk announced its results."),
        ("VOTE", "The peshmerga said no."),
        ("SUPPORT", "Tanks stood nose to nose with the peshmerga in Daquq."),
        ("AGREE", "The peshmerga commander gave the word in Daquq."),
        ("COOPERATE", "The door of a bakery in Daquq opened again, the peshmerga said."),
        ("AID", "A source in the peshmerga gave eleven."),
    ],
)
def test_words_of_talks_and_help_have_plain_senses(code, kind, text):
    """Results, words given, things that stand and doors that open are none of them by themselves."""
    assert not of_type(code, kind, text)


def test_what_somebody_says_he_will_do_for_another_is_a_promise(code):
    """To say that one would open is to agree to what was asked; to say that one would not isn't."""
    assert of_type(code, "AGREE", "Iran said that it would reopen the crossing to the Kurds.")
    assert not of_type(code, "AGREE", "Iran said that it would not reopen the crossing to the Kurds.")
