"""What earlier sentences leave to later ones: where it went on, whose words and deeds; and strangers by name."""

import pytest


def only(events, kind):
    (event,) = [event for event in events if event.type == kind]
    return event


def burned_in(code, text):
    return [party.id for party in only(code(text), "ASSAULT").places]


def test_a_deed_without_a_place_goes_on_where_the_last_sentence_was(code):
    """A town of the theatre that the sentence before names alone is where the next one's deeds happen."""
    assert burned_in(code, "Daquq had woken to rain. Iraqi forces killed three peshmerga.") == ["daquq"]


def test_a_government_or_one_of_two_towns_is_no_setting(code):
    """A capital acts as a government and of two towns neither is sure, so nothing goes on there."""
    assert burned_in(code, "Baghdad was in a hurry. Iraqi forces killed three peshmerga.") == []
    assert burned_in(code, "Daquq and Hawija woke to rain. Iraqi forces killed three peshmerga.") == []


def test_an_entry_of_a_live_blog_goes_on_with_nothing(code):
    """A sentence that opens with a clock is news from elsewhere."""
    assert burned_in(code, "Daquq had woken to rain. 14:10 Iraqi forces killed three peshmerga.") == []


def test_somebody_unknown_is_written_down_by_name_where_one_stands_beside(code):
    """A noun alone tells nobody who "its founder, X" is."""
    events = code("Its founder, Hiwa Qadir, was arrested by Iraqi forces in Kirkuk.")
    assert [party.text for party in only(events, "COERCE").recipients] == ["Hiwa Qadir"]


def test_what_opens_a_sentence_is_nobody(code):
    """A capital letter makes no party of polls or rockets."""
    assert only(code("19:06 Polls have closed in Kirkuk."), "VOTE").actors == ()


def test_we_in_a_text_quoted_in_full_is_who_issued_it(code):
    """A statement of which no sentence says whose it is speaks for the party named last before it began."""
    text = 'The KRG put out this on Kirkuk.\n\n"Baghdad is not our master. We reject its ultimatum.\n\n"Enough."'
    assert [party.id for party in only(code(text), "REJECT").actors] == ["krg"]


def test_a_deed_that_is_judged_without_a_name_is_that_of_who_did_it_last(code):
    """A decision is mostly a sanction, so its author is who imposed one, whoever acted in between."""
    text = "Turkey closed the border to Kurdish oil. Barzani met Abadi in Erbil. Gorran condemned the decision."
    assert [party.id for party in only(code(text), "ACCUSE").recipients] == ["turkey-gov"]


def test_a_deed_of_which_nobody_told_is_nobodys(code):
    """Without an earlier deed of its kind "the decision" has no author."""
    assert only(code("Barzani met Abadi in Kirkuk. Gorran condemned the decision."), "ACCUSE").recipients == ()


@pytest.mark.parametrize(
    "text",
    [
        "The army, backed by the Hashd, captured Altun Kupri.",
        "Together with the Hashd, the army captured Altun Kupri.",
        "The army captured Altun Kupri alongside the Hashd.",
    ],
)
def test_who_does_it_beside_the_subject_does_it_too(code, text):
    """Participles and prepositions of company name actors as the subject does."""
    assert {party.id for party in only(code(text), "SEIZE").actors} == {"iraq-army", "pmu"}


def test_who_only_backs_a_demand_does_not_make_it(code):
    """Words are the speaker's alone, whoever supports him."""
    events = code("Barzani, backed by the PUK, rejected the ultimatum in Kirkuk.")
    assert [party.id for party in only(events, "REJECT").actors] == ["m-barzani"]
