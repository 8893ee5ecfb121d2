"""What the reports of one development add up to."""

from datetime import timedelta

import pytest

from pipelines.developments import Board
from pipelines.developments.develop import KEPT_IDS
from pipelines.developments.titles import title_of
from schemas.records import ClaimSource
from schemas.vocabulary import load_vocabulary
from tests.developments.builders import MONDAY, SCHEMA_DIR, coded, event

CLASH = {"kind": "ASSAULT", "mode": "clash", "actors": ("peshmerga", "iraqi-forces"), "place": "kirkuk-city"}


@pytest.fixture
def only(board):
    """Fold articles; return the one development that they make."""

    def run(*articles):
        for article in articles:
            board.fold(article)
        (found,) = board.developments()
        return found

    return run


def test_the_latest_report_gives_the_figure_and_the_higher_one_at_the_same_time(only):
    found = only(
        coded("a", event(**CLASH, day="2017-10-16", figures={"killed": 30.0})),
        coded("b", event(**CLASH, day="2017-10-16", figures={"killed": 12.0}), published=MONDAY + timedelta(hours=2)),
        coded("c", event(**CLASH, day="2017-10-16", figures={"killed": 10.0}), published=MONDAY + timedelta(hours=2)),
    )
    assert found.magnitudes == {"killed": 12.0}


def test_a_correction_outranks_what_was_published_before_it_came_in(only):
    late = MONDAY + timedelta(hours=2)
    found = only(
        coded("a", event(**CLASH, figures={"killed": 30.0})),
        coded("b", event(**CLASH, figures={"killed": 31.0}), published=late),
        coded("a", event(**CLASH, figures={"killed": 3.0}), revision=2, ingested=late + timedelta(hours=1)),
    )
    assert found.magnitudes == {"killed": 3.0}


@pytest.mark.parametrize(
    "statuses,claim",
    [
        (("alleged",), "alleged"),
        (("alleged", "asserted"), "asserted"),
        (("asserted", "confirmed"), "confirmed"),
        (("denied",), "denied"),
        (("confirmed", "denied"), "disputed"),
        (("alleged", "denied"), "disputed"),
    ],
)
def test_the_claim_is_the_strongest_assertion_unless_somebody_denies(only, statuses, claim):
    found = only(*(coded(f"a{number}", event(status=status)) for number, status in enumerate(statuses)))
    assert found.claim == claim


def test_who_asserts_and_who_denies_are_kept_apart(only):
    puk, governor = ClaimSource(text="PUK", id="puk"), ClaimSource(text="the governor of somewhere")
    found = only(
        coded("a", event(sources=(governor,))),
        coded("b", event(), outlet="North Post"),
        coded("c", event(status="denied", sources=(puk,))),
    )
    assert (found.asserted_by, found.denied_by) == (("North Post", "the governor of somewhere"), ("puk",))


def test_a_province_is_left_out_where_a_town_in_it_is_named(only):
    found = only(
        coded("c", event(**CLASH)),
        coded("a", event(**{**CLASH, "place": "kirkuk-province"})),
        coded("b", event(**{**CLASH, "place": "taza-khurmatu"})),
    )
    assert found.place == "kirkuk-city"
    assert found.places == ("kirkuk-city", "taza-khurmatu")


def test_seen_times_are_arrivals_and_the_first_survives_revisions(only):
    found = only(
        coded("a", event(), ingested=MONDAY),
        coded("a", event(), revision=2, ingested=MONDAY + timedelta(hours=9)),
        coded("b", event(), ingested=MONDAY + timedelta(hours=5)),
    )
    assert (found.first_seen, found.last_seen) == (MONDAY, MONDAY + timedelta(hours=9))
    assert found.article_ids == ("b", "a"), "articles stand in the order of their arrival"


def test_a_development_told_without_end_still_fits_into_a_record(only):
    stream = [coded(f"a{number:04}", event(), ingested=MONDAY + timedelta(seconds=number)) for number in range(1100)]
    found = only(*stream)
    assert len(found.article_ids) == len(found.event_ids) == KEPT_IDS
    assert found.article_ids[0] == "a0000"
    assert found.version == 1100


def test_events_that_did_not_happen_make_no_development(board):
    for realis in ("hypothetical", "historical", "generic"):
        board.fold(coded(realis, event(realis=realis)))
    board.fold(coded("irrelevant", event(), relevant=False))
    assert list(board.developments()) == []


def test_a_type_of_another_crisis_gets_a_title_as_well(only):
    found = only(coded("a", event("EVACUATE", None, actors=("un",))))
    assert found.title == "Evacuate: United Nations, Kirkuk (16 October 2017)"


@pytest.mark.parametrize(
    "made,title",
    [
        (event(), "Peshmerga withdraw from Kirkuk (16 October 2017)"),
        (event(actors=()), "Unnamed parties withdraw from Kirkuk (16 October 2017)"),
        (event("ACCUSE", "blame", actors=("m-barzani",), place=None), "Massoud Barzani makes accusations (16"),
        (event("SEIZE", "capture", actors=("iraq-gov",), place="k1-base"), "Government of Iraq takes K1 base"),
        (event("CONSULT", "visit", actors=("soleimani",), recipients=("puk",)), "Qassem Soleimani visits Patriotic"),
        (event("ACCUSE", "blame", actors=("m-barzani",), recipients=("puk",)), "Massoud Barzani accuses Patriotic"),
        (event(realis="future"), "Planned: Peshmerga withdraw from Kirkuk"),
        (event(negated=True), "Denied: Peshmerga withdraw from Kirkuk"),
    ],
)
def test_titles_read_like_headlines(only, made, title):
    assert only(coded("a", made)).title.startswith(title)


def test_every_type_and_mode_of_the_schema_has_a_title(geography):
    for kind in load_vocabulary(SCHEMA_DIR).types.values():
        for mode in (None, *kind.modes):
            for place, whom in (("kirkuk-city", ["puk"]), (None, [])):
                parties = {"actors": ["abadi", "pmu"], "recipients": whom, "side": "federal"}
                title = title_of(kind.id, mode, place=place, day=736618, geography=geography, **parties)
                assert title.endswith(" (16 October 2017)")
                assert "{" not in title
                assert "  " not in title


def test_ids_say_what_a_development_is_and_nothing_of_who_told_it(geography, only):
    other = Board(geography)
    other.fold(coded("z", event(day="2017-10-16"), published=MONDAY + timedelta(days=3)))
    (elsewhere,) = other.developments()
    assert only(coded("a", event())).development_id == elsewhere.development_id
