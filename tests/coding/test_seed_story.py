"""The sixteen items of the event schema, section 7, in a retelling and, where it is at hand, in the seed itself."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

HERE = Path(__file__)
TITLE, TEXT = re.match(
    r"# (.+)\n\n(.+)", HERE.with_name("retelling.txt").read_text(encoding="utf-8"), re.DOTALL
).groups()
SEED = HERE.parents[3] / "shared" / "seed" / "000_2e8290c9677efe0d.txt"
PUBLISHED = datetime(2017, 10, 20, 9, tzinfo=UTC)


def ids(parties):
    return {party.id for party in parties}


def find(events, kind, mode=None, *, actors=(), recipients=(), places=(), **fields):
    """Return the first event of this type that has at least these parties and exactly these fields."""
    for event in events:
        if (
            event.type == kind
            and (mode is None or event.mode == mode)
            and set(actors) <= ids(event.actors)
            and set(recipients) <= ids(event.recipients)
            and set(places) <= ids(event.places)
            and all(getattr(event, name) == value for name, value in fields.items())
        ):
            return event
    listed = "\n".join(f"{e.type}/{e.mode} {e.trigger.text} {e.actors} {e.recipients} {e.places}" for e in events)
    raise AssertionError(f"no {kind}/{mode} of {actors} to {recipients} in {places} with {fields} among\n{listed}")


def source_texts(event):
    return " | ".join(source.text for source in event.claim.sources)


def kinds(event):
    return {source.kind for source in event.claim.sources}


@pytest.fixture(params=["retelling", "seed"])
def story(request, code):
    if request.param == "retelling":
        return code(TEXT, title=TITLE, published=PUBLISHED)
    if not SEED.exists():
        pytest.skip("the seed article is not part of this checkout")
    return code(SEED.read_text(encoding="utf-8"), published=PUBLISHED)


def test_item_1_the_puk_peshmerga_withdraw_from_kirkuk_on_monday(story):
    """RETREAT/withdraw by peshmerga-puk from the city, on 16 October, asserted."""
    event = find(story, "RETREAT", "withdraw", actors=["peshmerga-puk"], places=["kirkuk-city"], realis="actual")
    assert (event.time.start, event.time.end, event.time.text) == ("2017-10-16", "2017-10-16", "Monday")
    assert event.claim.status == "asserted"
    assert not event.negated


def test_item_2_iraqi_forces_and_militias_enter_the_city(story):
    """SEIZE/enter has both forces as actors, and the city that the others left as its place."""
    find(story, "SEIZE", "enter", actors=["iraqi-forces", "shia-militia"], places=["kirkuk-city"], realis="actual")


def test_item_3_both_sides_of_the_clash_are_actors(story):
    """ASSAULT/clash names the KDP's peshmerga and who fights them, both as actors; the fighting goes on."""
    event = find(story, "ASSAULT", "clash", actors=["peshmerga-kdp"], realis="actual")
    assert ids(event.actors) & {"iraqi-forces", "shia-militia"}
    find(story, "ASSAULT", "clash", places=["kirkuk-city"])


def test_item_4_soleimani_visits_kurdistan_says_an_anonymous_source(story):
    """CONSULT/visit is credited to the officials who were briefed."""
    event = find(story, "CONSULT", "visit", actors=["soleimani"], places=["kurdistan-region"])
    assert "Kurdish officials" in source_texts(event)
    assert kinds(event) == {"anonymous"}


def test_item_5_the_warning_to_withdraw_is_an_ultimatum_and_no_withdrawal(story):
    """THREATEN/ultimatum folds the demanded withdrawal into itself."""
    event = find(story, "THREATEN", "ultimatum", actors=["soleimani"], recipients=["krg"])
    assert event.claim.sources
    inside = [e for e in story if e.sentence == event.sentence and e.type == "RETREAT"]
    assert inside == []


def test_item_6_soleimani_and_the_puk_meet_in_sulaymaniyah_last_weekend(story):
    """CONSULT/meet has both as actors; the weekend is that before publication."""
    event = find(story, "CONSULT", "meet", actors=["soleimani", "puk"], places=["sulaymaniyah"])
    assert (event.time.start, event.time.end) == ("2017-10-14", "2017-10-15")


def test_item_7_abadi_orders_the_offensive(story):
    """MOBILIZE/order by the prime minister."""
    find(story, "MOBILIZE", "order", actors=["abadi"], realis="actual")


def test_item_8_the_quoted_threat_has_its_speaker_and_the_lawmaker_as_source(story):
    """The speaker of the quotation threatens; who passed it on is the outermost source."""
    event = find(story, "THREATEN", actors=["soleimani"], recipients=["puk"])
    assert event.claim.sources[0].text.endswith("PUK lawmaker")
    assert event.claim.sources[0].kind == "anonymous"


def test_item_9_the_referendum_with_share_and_turnout(story):
    """VOTE/referendum by the KRG on 25 September, with 93 % yes and 72 % turnout."""
    event = find(story, "VOTE", "referendum", actors=["krg"])
    assert event.time.start == "2017-09-25"
    assert {(m.kind, m.value) for m in event.magnitude} == {("yes-share", 93.0), ("turnout", 72.0)}


def test_item_10_the_puk_accuses_the_kdp(story):
    """ACCUSE by puk against kdp."""
    find(story, "ACCUSE", actors=["puk"], recipients=["kdp"])


def test_item_11_the_warning_before_the_vote(story):
    """THREATEN by Soleimani to Kurdish leaders, told from the ultimatum."""
    events = [
        e for e in story if e.type == "THREATEN" and {"soleimani"} <= ids(e.actors) and {"krg"} <= ids(e.recipients)
    ]
    assert len({e.sentence for e in events}) >= 2


def test_item_12_the_demand_at_the_funeral_and_the_offer_with_it(story):
    """REQUEST/yield to the peshmerga on 6 October, and Tehran's offer, credited to the diplomat."""
    event = find(story, "REQUEST", "yield", actors=["soleimani"], recipients=["peshmerga"])
    assert event.time.start == "2017-10-06"
    offer = find(story, "CONCEDE", "offer", actors=["iran-gov"])
    assert "senior Iranian diplomat" in source_texts(offer)
    assert offer.realis in {"future", "hypothetical"}


def test_item_13_soleimani_meets_bafel_talabani_days_later(story):
    """CONSULT/meet a few days after 6 October."""
    event = find(story, "CONSULT", "meet", actors=["soleimani", "bafel-talabani"])
    assert "2017-10-06" < event.time.end <= "2017-10-12"


def test_item_14_a_source_close_to_barzani_accuses_the_talabanis(story):
    """ACCUSE against the family, alleged by an anonymous source."""
    event = find(story, "ACCUSE", recipients=["talabani-family"])
    assert event.claim.status == "alleged"
    assert "close to" in source_texts(event)
    assert kinds(event) == {"anonymous"}


def test_item_15_the_puk_denies(story):
    """STATEMENT/deny by puk."""
    find(story, "STATEMENT", "deny", actors=["puk"])


def test_item_16_bafel_talabani_blames_the_kdp(story):
    """ACCUSE/blame against kdp, which the denial in the same sentence does not touch."""
    event = find(story, "ACCUSE", "blame", actors=["bafel-talabani"], recipients=["kdp"])
    assert event.claim.status == "asserted"


def test_1991_is_history(story):
    """What happened in 1991 is kept and labelled."""
    assert [e.realis for e in story if e.time and e.time.start == "1991-01-01"].count("historical") >= 1
    assert all(e.realis == "historical" for e in story if e.time and e.time.start == "1991-01-01")


def test_both_versions_are_relevant(coder):
    """The story is relevant."""
    assert coder.code(title=TITLE, text=TEXT, published=PUBLISHED).relevant
