"""Whom pronouns and descriptions go back to, and parties that no slot of an event names."""

import pytest

from tests.coding.conftest import ids


def the(events, kind):
    (found,) = [event for event in events if event.type == kind]
    return found


FIGHT = " Kurdish fighters later fought Iraqi forces near Kirkuk."
"""What makes any of these texts one about the crisis."""


@pytest.mark.parametrize(
    "text, kind, actors",
    [
        ("Abadi and Nechirvan Barzani met in Baghdad. They agreed to reopen the airports.", "AGREE",
         {"abadi", "n-barzani"}),
        ("Erdogan telephoned Rouhani, and the two agreed to shut the border.", "AGREE", {"erdogan", "rouhani"}),
        ("Baghdad had lost patience after it won back Kirkuk. It called on Erbil to leave.", "REQUEST", {"iraq-gov"}),
        ("Before he left Erbil, Qubad Talabani accused the KDP of treason.", "ACCUSE", {"qubad-talabani"}),
        ("A spokesman for the Hashd al-Shaabi spoke of tears, and he threatened the peshmerga.", "THREATEN", {"pmu"}),
        ("The prime minister of the Kurdistan Region, Nechirvan Barzani, rejected the demand.", "REJECT",
         {"n-barzani"}),
        ("Iraqi and Kurdish officers met at a base in Mosul.", "CONSULT", {"iraqi-forces", "peshmerga"}),
        ("Talks between the two big Kurdish parties began in Dukan.", "CONSULT", {"puk", "kdp"}),
        ("Parliament voted to dismiss the governor of Kirkuk.", "SANCTION", {"iraq-parliament"}),
        ("Asayish men took the channel off the air in Kirkuk.", "COERCE", {"asayish"}),
        ("The residents were beaten and detained by Asayish officers.", "ASSAULT", {"asayish"}),
        ("A curfew imposed by Kirkuk police began at dusk.", "COERCE", {"kirkuk-police"}),
    ],
)  # fmt: skip
def test_who_does_it_is_found_where_the_words_lead(code, text, kind, actors):
    """Pairs, "it", cataphora, titles with a name, shared nouns, bare parliaments, and agents that stand later."""
    assert ids(the(code(text + FIGHT.replace("fought", "watched")), kind).actors) == actors


def test_a_stranger_is_nobody_that_the_article_has_named(code):
    """To "he" after an unknown driver is that driver answers, whoever was named before."""
    text = "Haider al-Abadi spoke in Baghdad. Ahmed Salih, a driver, waited. He accused the peshmerga of looting."
    (actor,) = the(code(text + FIGHT), "ACCUSE").actors
    assert (actor.id, actor.text) == (None, "Ahmed Salih")


def test_a_foreign_or_deputy_minister_is_not_the_one_the_schema_knows(code):
    """The "prime minister" is Iraq's only where nothing before it says another's."""
    text = "Turkish Deputy Prime Minister Hakan Demir condemned the referendum in Iraqi Kurdistan."
    assert ids(the(code(text), "ACCUSE").actors) == {"turkey-gov"}


def test_general_goes_back_to_a_soldier_and_minister_to_who_bears_the_title(code):
    """Titles choose among those named before; a minister nobody bears goes back to no one."""
    text = "Qassem Soleimani saw Bafel Talabani in Sulaymaniyah. The general warned the PUK."
    assert ids(the(code(text), "THREATEN").actors) == {"soleimani"}


@pytest.mark.parametrize(
    "text, kind, recipients",
    [
        ("Turkish jets bombed PKK hideouts near Sinjar.", "ASSAULT", {"pkk"}),
        ("Gunmen set fire to dozens of Kurdish houses in Tuz Khurmatu.", "COERCE", {"kurds"}),
        ("Massoud Barzani was begged by Washington, London and the UN to wait; he declined.", "REJECT",
         {"us-gov", "uk-gov", "un"}),
        ("Nechirvan Barzani offered to freeze the vote. The offer was turned down by Abadi.", "REJECT", {"n-barzani"}),
        ("Fuad Masum flew to Sulaymaniyah to see leaders of the PUK.", "CONSULT", {"puk"}),
        ("Iran closed its airspace at the Iraqi government's request.", "REQUEST", {"iran-gov"}),
        ("The PUK and the KDP blamed each other for the loss.", "ACCUSE", {"puk", "kdp"}),
        ("Sistani urged the leaders in Erbil to return to the constitution.", "REQUEST", {"krg"}),
    ],
)  # fmt: skip
def test_to_whom_it_is_done_is_found_where_the_words_lead(code, text, kind, recipients):
    """Owners of what is hit, who had asked what is refused, who is to be seen, who complies, whose capital it is."""
    found = [event for event in code(text + FIGHT) if event.type == kind]
    assert ids(found[0].recipients) == recipients


def test_what_is_held_of_somebody_is_no_clause_of_its_own(code):
    """Whoever is "suspected of" something after a verb stays that verb's object."""
    text = "Police in Kirkuk arrested nine men suspected of planning bombings."
    (suspects,) = the(code(text + FIGHT), "COERCE").recipients
    assert suspects.text == "nine men"


def test_forces_loyal_to_a_party_do_not_hand_over_to_it(code):
    """What describes the subject gives way to the verb's own "to"."""
    event = the(code("Forces loyal to the PUK handed Kirkuk airport over to the Counter Terrorism Service."), "RETREAT")
    assert ids(event.recipients) == {"iraq-ct-service"}


@pytest.mark.parametrize(
    "text, places",
    [
        ("Kurdish gunmen attacked a market in Tuz Khurmatu. They also seized Kirkuk's airbase.",
         [{"tuz-khurmatu"}, {"kirkuk-airport"}]),
        ("Iraqi forces entered Kirkuk and seized the airport.", [{"kirkuk-city"}, {"kirkuk-airport"}]),
    ],
)  # fmt: skip
def test_a_site_is_in_the_place_that_its_words_or_the_last_ones_name(code, text, places):
    """A market is where "in X" says; "the airport" is that of the city named before."""
    coded = [event for event in code(text) if event.places]
    assert [ids(event.places) for event in coded] == places


def test_short_titles_and_hours_end_no_clause(code):
    """Such as "Maj. Gen.", "Oct. 12" and "3 a.m." are words, not three sentences each."""
    text = "Maj. Gen. Ali Hassan met Gov. Najmaldin Karim on Oct. 12 at 3 a.m. in Kirkuk."
    event = the(code(text + FIGHT), "CONSULT")
    assert {actor.text for actor in event.actors} == {"Maj. Gen. Ali Hassan", "Gov. Najmaldin Karim"}
    assert ids(event.places) == {"kirkuk-city"}


def test_a_title_leaves_no_stranger_to_the_text(code):
    """A party has its words in its own field; the fixture checks every span."""
    assert code("They accused the peshmerga of looting in Kirkuk.", title="Kurdish drivers and shopkeepers flee Kirkuk")
