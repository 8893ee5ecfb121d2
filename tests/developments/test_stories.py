"""Texts in, developments out: what is one happening, and what is two."""

from datetime import UTC, datetime, timedelta

from pipelines.developments import changes

TUESDAY = datetime(2017, 10, 17, 9, tzinfo=UTC)
WEDNESDAY = datetime(2017, 10, 18, 9, tzinfo=UTC)
WITHDRAWAL = "Peshmerga withdraw from Kirkuk (16 October 2017)"

FIVE_OUTLETS = (
    ("Peshmerga fighters withdrew from Kirkuk on Monday, leaving their heavy guns behind.", "North Post", None),
    ("Kurdish forces pulled out of the city of Kirkuk after a night of fear, residents said.", "Gulf Mail", None),
    ("Kirkuk was abandoned by its defenders on Monday and looters moved in.", "River Times", None),
    ("Two days after the Peshmerga left Kirkuk without a fight, shops opened again.", "Hill Radio", WEDNESDAY),
    ("Why did the Peshmerga abandon their posts in Kirkuk? Nobody wants to say.", "East Daily", TUESDAY),
    ("The Peshmerga abandoned their positions in Kirkuk, and the roads north filled up.", "West Daily", TUESDAY),
)


def told(newsroom, stories):
    return [
        newsroom.report(text, outlet=outlet, **({"published": when} if when else {})) for text, outlet, when in stories
    ]


def test_one_withdrawal_told_by_many_outlets_with_and_without_day_and_side_is_one_development(newsroom, tell):
    found = tell(*told(newsroom, FIVE_OUTLETS))
    assert list(found) == [WITHDRAWAL]
    assert (found[WITHDRAWAL].side, found[WITHDRAWAL].day, found[WITHDRAWAL].claim) == (
        "kurdish",
        "2017-10-16",
        "asserted",
    )
    assert found[WITHDRAWAL].sources >= 5


def test_fights_on_two_days_in_one_town_are_two_developments(newsroom, tell):
    found = tell(
        newsroom.report("Peshmerga and Iraqi forces clashed in Altun Kupri on Friday.", published=MIDDAY(20)),
        newsroom.report("Iraqi forces and Peshmerga exchanged fire in Altun Kupri on Sunday.", published=MIDDAY(22)),
    )
    assert sorted(found) == ["Fighting in Altun Kupri (20 October 2017)", "Fighting in Altun Kupri (22 October 2017)"]


def MIDDAY(day):  # noqa: N802 (reads as a constant of the story)
    return datetime(2017, 10, day, 12, tzinfo=UTC)


def test_the_withdrawal_of_one_kurdish_party_and_the_fight_of_the_other_are_two_developments(newsroom, tell):
    found = tell(
        newsroom.report(
            "Peshmerga linked to the PUK withdrew from Kirkuk on Monday. "
            "Iraqi forces clashed with KDP Peshmerga outside Kirkuk on Monday."
        )
    )
    assert {(item.type, item.claim) for item in found.values()} == {("RETREAT", "asserted"), ("ASSAULT", "asserted")}
    assert any("peshmerga-kdp" in item.actors for item in found.values() if item.type == "ASSAULT")


def test_a_spelt_out_denial_makes_the_development_that_it_denies_disputed(newsroom, tell):
    found = tell(
        newsroom.report("Peshmerga forces withdrew from Kirkuk on Monday."),
        newsroom.report("The PUK denied that its fighters had withdrawn from Kirkuk.", published=TUESDAY),
    )
    assert list(found) == [WITHDRAWAL]
    assert found[WITHDRAWAL].claim == "disputed"
    assert found[WITHDRAWAL].denied_by == ("puk",)


def test_a_bare_denial_is_tied_to_what_its_speaker_was_said_to_have_done(newsroom, tell):
    found = tell(
        newsroom.report(
            "Iraqi forces seized the K1 base near Kirkuk on Monday. "
            "Peshmerga forces withdrew from Kirkuk on Monday, Iraqi state television reported. "
            "The KRG denied the report."
        )
    )
    assert {item.type: item.claim for item in found.values()} == {"SEIZE": "asserted", "RETREAT": "disputed"}
    assert found[WITHDRAWAL].actors == ("peshmerga",), "who denies is no actor of the withdrawal"
    assert found[WITHDRAWAL].denied_by == ("krg",)


def test_what_nobody_asserts_is_denied_and_its_title_says_so(newsroom, tell):
    (found,) = tell(newsroom.report("The PUK denied that its fighters had withdrawn from Kirkuk.")).values()
    assert (found.claim, found.asserted_by, found.denied_by) == ("denied", (), ("puk",))
    assert found.title.startswith("Denied: ")


def test_a_confirmation_by_the_side_that_is_spoken_of_confirms(newsroom, tell):
    found = tell(
        newsroom.report("Peshmerga forces withdrew from Kirkuk on Monday, Iraqi state television reported."),
        newsroom.report("The Peshmerga ministry confirmed that Peshmerga forces had withdrawn from Kirkuk."),
    )
    assert [item.claim for item in found.values()] == ["confirmed"]


WIRE = (
    "Shelling in Tuz Khurmatu killed {} civilians on Monday, and rescue workers dug through the ruins of a bakery "
    "until late at night while families waited in the cold for news of those who had been inside when it was hit."
)


def test_syndicated_copies_are_one_source_and_are_counted(newsroom, tell):
    texts = [WIRE.format(12), "By our staff. " + WIRE.format(12), WIRE.format(12) + " More on this as it comes in."]
    (found,) = tell(*(newsroom.report(text, outlet=f"Paper {number}") for number, text in enumerate(texts))).values()
    assert (found.sources, found.copies, found.magnitudes) == (1, 2, {"killed": 12.0})


def test_a_copy_with_another_number_changes_the_figure(newsroom, board):
    board.fold(newsroom.report(WIRE.format(12), outlet="Paper"))
    (update,) = board.fold(newsroom.report(WIRE.format(19), outlet="Other Paper"))
    assert [change.key for change in changes(update.before, update.after)] == ["magnitude:killed:19"]
    assert update.after.copies == 1


def test_a_corrected_figure_replaces_the_wrong_one(newsroom, board):
    board.fold(newsroom.report(WIRE.format(40), article_id="wire", outlet="Paper"))
    (update,) = board.fold(newsroom.report(WIRE.format(4), article_id="wire", outlet="Paper", revision=2))
    assert update.after.magnitudes == {"killed": 4.0}
    assert update.after.sources == 1
    assert len(update.after.article_ids) == 1


def test_a_planned_withdrawal_is_not_the_withdrawal(newsroom, tell):
    found = tell(
        newsroom.report("The Peshmerga withdrew from Kirkuk on Monday."),
        newsroom.report("The Peshmerga will withdraw from Kirkuk."),
    )
    assert sum(title.startswith("Planned: ") for title in found) == 1
    assert len(found) == 2


def test_a_field_and_its_neighbour_change_hands_by_themselves(newsroom, tell):
    found = tell(newsroom.report("Iraqi forces captured the Baba Gurgur and Bai Hassan oil fields."))
    assert {(item.place, item.places) for item in found.values() if item.type == "SEIZE"} == {
        ("baba-gurgur", ("baba-gurgur",)),
        ("bai-hassan", ("bai-hassan",)),
    }


def test_passing_mentions_day_after_day_open_no_second_withdrawal(newsroom, tell):
    days = [newsroom.report("The Peshmerga withdrew from Kirkuk on Monday.")]
    for passed in range(1, 15):
        text = "Trade is slow since the Peshmerga abandoned Kirkuk."
        days.append(newsroom.report(text, published=TUESDAY + timedelta(days=passed)))
    assert list(tell(*days)) == [WITHDRAWAL]
