"""Deeds done with words that have no verb of their own: demands, threats, charges, denials, by what is said."""

import pytest


def ids(parties):
    return {party.id for party in parties}


def types(events):
    return {event.type for event in events}


def the(events, kind):
    (found,) = [event for event in events if event.type == kind]
    return found


def test_what_somebody_else_must_do_is_demanded_by_who_says_so(code):
    """Must and should are a demand of the speaker's, made of the subject, whatever the verb; it has been made."""
    event = the(code("The peshmerga must leave Kirkuk, said Haider al-Abadi."), "REQUEST")
    assert (ids(event.actors), ids(event.recipients), event.realis) == ({"abadi"}, {"peshmerga"}, "actual")
    event = the(code("Tillerson said in Erbil that Iranian-backed militias should go home."), "REQUEST")
    assert (ids(event.actors), ids(event.recipients)) == ({"tillerson"}, {"shia-militia"})


@pytest.mark.parametrize(
    "text",
    [
        "The peshmerga must have left Kirkuk by noon, said Haider al-Abadi.",
        "We must protect Kirkuk, said Haider al-Abadi.",
        "The peshmerga must leave Kirkuk.",
    ],
)
def test_what_must_have_been_what_we_must_and_what_nobody_says_is_no_demand(code, text):
    assert "REQUEST" not in types(code(text, everything=True))


def test_what_should_not_be_is_demanded_and_not_denied(code):
    event = the(code("The airport of Kirkuk must not be closed, said Masoud Barzani."), "REQUEST")
    assert (ids(event.actors), event.negated) == ({"m-barzani"}, False)


def test_a_second_thing_said_is_said_by_the_same(code):
    """In "said that A, and that B", B hangs on who says it, not on A."""
    text = "Abadi told deputies that there would be no talks with Erbil, and that the vote must be cancelled."
    assert {"REJECT", "REQUEST"} <= types(code(text))


@pytest.mark.parametrize(
    "text",
    [
        "Iran's government called the referendum in Kirkuk divisive.",
        "Iran's government described the referendum in Kirkuk as a breach of international law.",
        "Iran's government considers the referendum in Kirkuk an act of aggression.",
        "The referendum in Kirkuk amounts to treason, Iran's government said.",
    ],
)
def test_to_call_a_thing_wrong_is_to_accuse(code, text):
    assert ids(the(code(text), "ACCUSE").actors) == {"iran-gov"}


@pytest.mark.parametrize(
    "text",
    [
        "Iran's government described the vote in Kirkuk as calm.",
        "The referendum in Kirkuk amounts to treason.",
        "The referendum in Kirkuk was no betrayal, Iran's government said.",
    ],
)
def test_praise_the_outlets_own_words_and_what_was_none_accuse_nobody(code, text):
    assert "ACCUSE" not in types(code(text, everything=True))


def test_to_call_a_report_untrue_is_to_deny_it(code):
    events = code("The Iranian government called the account of the meeting in Kirkuk a fairy tale.")
    assert ids(the(events, "STATEMENT").actors) == {"iran-gov"}
    assert "ACCUSE" not in types(events)


def test_who_says_that_his_side_did_nothing_of_the_kind_denies_it(code):
    """The deed stays, negated; the denial comes beside it and is the speaker's own act."""
    events = code("The peshmerga said that they had not withdrawn from Kirkuk.")
    assert the(events, "RETREAT").negated
    event = the(events, "STATEMENT")
    assert (event.mode, event.negated, event.claim.sources) == ("deny", False, ())


def test_who_says_that_the_others_did_not_do_it_denies_nothing(code):
    assert "STATEMENT" not in types(code("The peshmerga said that the army had not withdrawn from Kirkuk."))


def test_not_to_know_is_no_denial(code):
    assert "STATEMENT" not in types(code("The peshmerga said that they did not know who had shelled Kirkuk."))


def test_a_measure_on_a_condition_is_a_threat(code):
    event = the(code("Iran will seal the border at Bashmaq if the peshmerga attack Kirkuk, Rouhani said."), "THREATEN")
    assert event.realis == "actual"


def test_a_measure_without_a_condition_is_none(code):
    assert "THREATEN" not in types(code("Iran will seal the border at Bashmaq on Friday, Rouhani said."))


def test_an_alternative_is_a_threat_to_who_has_it(code):
    events = code("American soldiers had better start packing, Qais al-Khazali said in Kirkuk.")
    event = the(events, "THREATEN")
    assert ids(event.actors) == {"khazali"}


def test_a_refusal_in_a_quotation_holds_its_own_negation(code):
    event = the(code('"I am not going anywhere," said Najmaldin Karim, the governor of Kirkuk.'), "REJECT")
    assert not event.negated


def test_neither_of_two_is_negated(code):
    """Behind "neither A nor B" the verb is denied."""
    events = code("Neither Baghdad nor Erbil accepted the deal on Kirkuk.")
    assert all(event.negated or event.type == "REJECT" for event in events)
    assert events


def test_what_one_wants_done_is_demanded(code):
    assert ids(the(code("Baghdad wants the bridge at Kirkuk reopened.", everything=True), "REQUEST").actors) == {
        "iraq-gov"
    }


def test_themselves_may_stand_between_modal_and_verb(code):
    """The verb behind "must themselves" is the clause's, so that the pattern of "answer for" sees it."""
    text = "Those who armed the militias in Kirkuk must themselves answer for the crimes, said Masoud Barzani."
    found = types(code(text))
    assert "ACCUSE" in found
    assert "REQUEST" not in found


def test_an_official_in_a_headline_says_something(code):
    """Official and general are nouns before a verb, though they are adjectives too."""
    assert "STATEMENT" in types(code("", title="Kurdish official denies deal over Kirkuk"))


def test_a_ministry_denies_for_its_army_and_a_party_not_for_its_rival(code):
    """Where a side has one voice its parties deny for one another."""
    assert "STATEMENT" in types(code("The army did not enter Kirkuk, the Iraqi government said."))
    assert "STATEMENT" not in types(code("The PUK did not defend Kirkuk, the KDP said."))


def test_a_short_not_is_a_not(code):
    """Contractions are read as verb and negation, with either apostrophe."""
    assert "REJECT" in types(code('"We won\'t hand over Kirkuk," said Masoud Barzani.'))
    assert "STATEMENT" in types(code('"We didn’t withdraw from Kirkuk," said the peshmerga.'))


def test_a_demand_is_made_of_who_shall_act_and_a_threat_to_whom_it_is_done(code):
    """The subject of an active clause is asked; who is spared in a passive one is not; a threat is the other way."""
    event = the(code("Baghdad demanded that the peshmerga leave Kirkuk."), "REQUEST")
    assert ids(event.recipients) == {"peshmerga"}
    event = the(code("Baghdad demanded that the peshmerga in Kirkuk be disarmed."), "REQUEST")
    assert event.recipients == ()
    event = the(code("The Iraqi army swore that it would drive the peshmerga from Kirkuk."), "THREATEN")
    assert ids(event.recipients) == {"peshmerga"}


def test_that_x_be_done_is_the_content_of_a_demand(code):
    """A subjunctive passive is the verb of its that-clause, so that the demand holds it and no deed is told."""
    for text in (
        "Baghdad asked that the flight ban be lifted.",
        "A Kurdish deputy suggested that the vote be postponed.",
    ):
        assert types(code(text, everything=True)) == {"REQUEST"}
