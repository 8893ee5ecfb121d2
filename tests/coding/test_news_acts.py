"""Acts between parties anywhere in the world: which type a wording has, and when the same words are no event."""

import pytest


@pytest.mark.parametrize(
    "text,kind,mode",
    [
        ("The senator launched a scathing attack on the minister.", "ACCUSE", "condemn"),
        ("The ombudsman found the police responsible for the deaths.", "ACCUSE", "blame"),
        ("The government accepted the demands of the miners.", "CONCEDE", "offer"),
        ("The court acquitted the surgeon.", "RETREAT", "release"),
        ("The museum returned a painting to the heirs.", "RETREAT", "surrender"),
        ("The authorities have freed a former candidate.", "RETREAT", "release"),
        ("The World Bank approved a loan for Ghana.", "AID", "economic"),
        ("Norway provided around $20 million to Haiti.", "AID", "economic"),
        ("Jets forced a cargo plane to land in Jaipur.", "COERCE", "seize-property"),
        ("Police seized two tonnes of cocaine.", "COERCE", "seize-property"),
        ("The mediators ended mediation efforts.", "SANCTION", "relations"),
        ("Hungary blocked the statement of the ministers.", "REJECT", None),
        ("Several Cubans applied for asylum in Spain.", "REQUEST", "assist"),
        ("The prisoner died after torture.", "ASSAULT", "kill"),
        ("The parties initialled the treaty.", "SUPPORT", "sign"),
    ],
)
def test_what_a_wording_tells(code, text, kind, mode):
    """Each of these verbs with such an object is an act of this type and mode, whoever does it."""
    assert (kind, mode) in {(event.type, event.mode) for event in code(text, everything=True)}


@pytest.mark.parametrize(
    "text,kind",
    [
        ("The company met demand for winter coats.", "CONCEDE"),
        ("The app was designed to comply with privacy rules.", "CONCEDE"),
        ("The senator launched a scathing attack on the minister.", "ASSAULT"),
        ("The king had given the guests permission to leave.", "REJECT"),
        ("The sheikh, in a meeting last March in Geneva, agreed to the plan.", "PROTEST"),
        ("Sudan expelled aid workers.", "DISPLACE"),
        ("He will not send flowers this year.", "REJECT"),
    ],
)
def test_what_it_does_not_tell(code, text, kind):
    """The same words in another sense: attacks in words, demand for goods, the month, permission that was given."""
    assert kind not in {event.type for event in code(text, everything=True)}


def test_what_an_act_answers_to_weighs_less(code):
    """Who asked for it stands beside what was done, so the act is the sentence's main event."""
    events = code("Britain sent advisers to Iraq at the request of the government.", everything=True)
    assert max(events, key=lambda event: event.score).type == "AID"
