"""Who says so, did it happen, when, and how much."""

from datetime import UTC, datetime

import pytest


def one(events, kind):
    return next(event for event in events if event.type == kind)


@pytest.mark.parametrize(
    "text,realis,negated",
    [
        ("Peshmerga withdrew from Kirkuk.", "actual", False),
        ("Peshmerga did not withdraw from Kirkuk.", "actual", True),
        ("Peshmerga will withdraw from Kirkuk.", "future", False),
        ("Peshmerga could withdraw from Kirkuk.", "hypothetical", False),
        ("If peshmerga withdraw from Kirkuk, the war is over.", "hypothetical", False),
        ("Peshmerga withdrew from Kirkuk in 2014.", "historical", False),
        ("Peshmerga plan to withdraw from Kirkuk.", "future", False),
        ("No peshmerga withdrew from Kirkuk.", "actual", True),
    ],
)
def test_realis_and_negation(code, text, realis, negated):
    """Each is told from the plain past, and kept."""
    event = one(code(text, everything=True), "RETREAT")
    assert (event.realis, event.negated) == (realis, negated)


@pytest.mark.parametrize(
    "text,status,kind,actor",
    [
        ("Peshmerga withdrew from Kirkuk.", "asserted", None, None),
        ("Peshmerga withdrew from Kirkuk, according to a PUK lawmaker.", "alleged", "anonymous", "puk"),
        ("The KDP claimed that peshmerga withdrew from Kirkuk.", "alleged", "official", "kdp"),
        ("Massoud Barzani said that peshmerga withdrew from Kirkuk.", "asserted", "named", "m-barzani"),
        ('"Peshmerga withdrew from Kirkuk," said Massoud Barzani.', "asserted", "named", "m-barzani"),
        ("Peshmerga, Massoud Barzani said, withdrew from Kirkuk.", "asserted", "named", "m-barzani"),
        ("The KDP denied that peshmerga withdrew from Kirkuk.", "denied", "official", "kdp"),
        ("The KDP confirmed that peshmerga withdrew from Kirkuk.", "confirmed", "official", "kdp"),
        ("Peshmerga withdrew from Kirkuk, a news agency reported.", "asserted", "media", None),
        ("Peshmerga withdrew from Kirkuk, two residents said.", "alleged", "anonymous", "residents"),
    ],
)
def test_attribution(code, text, status, kind, actor):
    """The claim has the status and the source that the sentence gives it."""
    claim = one(code(text), "RETREAT").claim
    assert claim.status == status
    assert [source.kind for source in claim.sources] == ([kind] if kind else [])
    if actor and kind != "anonymous":
        assert claim.sources[0].id == actor


def test_a_denial_is_an_event_beside_the_denied_one(code):
    """The denial is asserted, what it denies is kept as denied."""
    events = code("The PUK denied that peshmerga withdrew from Kirkuk.")
    assert {(e.type, e.claim.status) for e in events} == {("STATEMENT", "asserted"), ("RETREAT", "denied")}


def test_a_speaker_carries_over_a_colon(code):
    """After "X claimed:" the next paragraph is X's."""
    events = code("A source close to the KDP claimed:\n\nIraqi forces seized Kirkuk. They entered Daquq.\n\nIt rained.")
    assert {e.claim.status for e in events if e.type == "SEIZE"} == {"alleged"}


def test_a_semicolon_ends_a_source(code):
    """What stands after a semicolon is not the first half's source's."""
    events = code("Peshmerga left Kirkuk, according to a PUK lawmaker; Iraqi forces seized Daquq.")
    assert one(events, "SEIZE").claim.sources == ()


@pytest.mark.parametrize(
    "words,start,end",
    [
        ("on Monday", "2017-10-16", "2017-10-16"),
        ("last weekend", "2017-10-14", "2017-10-15"),
        ("earlier this week", "2017-10-16", "2017-10-22"),
        ("yesterday", "2017-10-19", "2017-10-19"),
        ("on October 6", "2017-10-06", "2017-10-06"),
        ("on 25 September", "2017-09-25", "2017-09-25"),
        ("on 25th of September 2017", "2017-09-25", "2017-09-25"),
        ("in September", "2017-09-01", "2017-09-30"),
        ("in mid-September", "2017-09-11", "2017-09-20"),
        ("in late September", "2017-09-21", "2017-09-30"),
        ("three days ago", "2017-10-17", "2017-10-17"),
        ("last month", "2017-09-01", "2017-09-30"),
    ],
)
def test_dates(code, words, start, end):
    """Time expressions are resolved against the day of publication."""
    time = one(code(f"Peshmerga withdrew from Kirkuk {words}."), "RETREAT").time
    assert (time.start, time.end) == (start, end)


def test_the_day_is_that_of_baghdad(code):
    """Late in the evening UTC it is tomorrow in Iraq; without a word of time the day of publication stands."""
    late = datetime(2017, 10, 15, 22, 30, tzinfo=UTC)
    time = one(code("Iraqi forces seized Kirkuk.", published=late), "SEIZE").time
    assert (time.text, time.start) == (None, "2017-10-16")


def test_without_a_publication_date_there_is_no_time(code):
    """Nothing is resolved against nothing, and impossible dates are passed over."""
    assert one(code("Iraqi forces seized Kirkuk on Monday.", published=None), "SEIZE").time is None
    assert one(code("Iraqi forces seized Kirkuk on February 31."), "SEIZE").time.text is None


@pytest.mark.parametrize(
    "text,kind,value",
    [
        ("Iraqi forces killed 12 peshmerga in Daquq.", "killed", 12),
        ("Twenty-seven peshmerga were killed in Daquq.", "killed", 27),
        ("At least two dozen people were wounded when peshmerga clashed with Iraqi forces in Daquq.", "wounded", 24),
        ("Some 1,500 families fled Kirkuk.", "displaced", 1500),
        ("More than 100,000 people were displaced from Kirkuk.", "displaced", 100_000),
        ("Iraqi forces arrested three journalists in Kirkuk.", "arrested", 3),
        ("North Oil Company halted output of 275,000 bpd at Bai Hassan.", "bpd", 275_000),
    ],
)
def test_magnitudes(code, text, kind, value):
    """Numbers in digits and words are read and named."""
    found = {(m.kind, m.value) for event in code(text) for m in event.magnitude or ()}
    assert (kind, float(value)) in found
