"""Rules that settle who, where and when, and what is no event at all. Published on Friday, 20 October 2017."""


def ids(parties):
    return {party.id for party in parties}


def of_type(events, kind, mode=None):
    return [event for event in events if event.type == kind and (mode is None or event.mode == mode)]


def the(events, kind, mode=None):
    (found,) = of_type(events, kind, mode)
    return found


def test_the_office_of_an_organisation_is_its_holder(code):
    event = the(code("The commander of the Quds Force visited Erbil on Thursday."), "CONSULT")
    assert ids(event.actors) == {"soleimani"}


def test_one_of_several_commanders_is_nobody_in_particular(code):
    event = the(code("A commander of the Quds Force visited Erbil on Thursday."), "CONSULT")
    assert "soleimani" not in ids(event.actors)


def test_a_pronoun_goes_back_to_a_described_subject_before_a_name_in_a_side_clause(code):
    text = (
        "The Iraqi prime minister received leaders of Gorran in Baghdad after Masoud Barzani had left the city. "
        "He warned them that troops would enter Kirkuk."
    )
    event = the(code(text), "THREATEN")
    assert ids(event.actors) == {"abadi"}
    assert ids(event.recipients) == {"gorran"}


def test_police_without_a_name_are_those_of_the_place_that_the_sentence_names(code):
    event = the(code("Police imposed a curfew in Kirkuk after dark."), "COERCE", "curfew")
    assert ids(event.actors) == {"kirkuk-police"}


def test_police_elsewhere_stay_unknown(code):
    text = "Police imposed a curfew in Erbil after dark, and peshmerga left Kirkuk."
    assert "kirkuk-police" not in ids(the(code(text), "COERCE", "curfew").actors)


def test_parties_of_the_kurds_are_kurdish(code):
    event = the(code("The largest Kurdish parties rejected Baghdad's demand to leave Kirkuk."), "REJECT")
    assert ids(event.actors) == {"kurds"}


def test_the_predicates_of_a_headline_share_its_subject(code):
    events = code("", title="Iraqi army enters Sinjar, removes Kurdish flags")
    flag = the(events, "SEIZE", "flag")
    assert ids(flag.actors) == {"iraq-army"}
    assert "peshmerga" not in ids(flag.actors)


def test_things_hung_with_something_are_not_killed(code):
    assert not of_type(code("Lorries hung with Iraqi banners drove through Kirkuk."), "ASSAULT")


def test_shots_into_the_sky_are_no_fight(code):
    assert not of_type(code("Guests at a wedding in Kirkuk fired shots into the air."), "ASSAULT")


def test_what_comes_without_a_shot_is_negated_as_fighting(code):
    events = code("Peshmerga handed the army the bridge at Altun Kupri without an ambush.")
    assert all(event.negated for event in of_type(events, "ASSAULT"))


def test_a_feared_or_averted_fight_is_only_imagined(code):
    for text in (
        "Families left Daquq for fear of clashes between peshmerga and Iraqi forces.",
        "Diplomats tried to prevent clashes between peshmerga and Iraqi forces in Kirkuk.",
    ):
        assert {event.realis for event in of_type(code(text), "ASSAULT")} <= {"hypothetical"}, text


def test_an_expected_fight_lies_ahead(code):
    event = the(code("Iraqi forces expect clashes with peshmerga in Kirkuk, the KRG said."), "ASSAULT")
    assert event.realis == "future"


def test_what_somebody_calls_a_threat_is_no_threat(code):
    assert not of_type(
        code("Peshmerga came to Kirkuk to meet what Kosrat Rasul called a threat to the city."), "THREATEN"
    )


def test_forces_that_reach_their_comrades_take_nothing(code):
    events = code("", title="Peshmerga brigades reach Kirkuk")
    assert not of_type(events, "SEIZE")
    assert of_type(events, "MOBILIZE")


def test_taking_part_takes_no_ground(code):
    assert not of_type(code("Popular Mobilization units took part, officers in Kirkuk said."), "SEIZE")


def test_security_in_somebodys_hands_is_no_capture(code):
    assert not of_type(code("The security of Kirkuk is in the hands of the peshmerga, Barzani said."), "SEIZE")


def test_a_deadline_is_not_the_day_of_the_ultimatum(code):
    event = the(
        code("Baghdad has given the peshmerga until 6 p.m. on Sunday to leave Kirkuk."), "THREATEN", "ultimatum"
    )
    assert event.time is not None
    assert (event.time.text, event.time.start) == (None, "2017-10-20")


def test_a_denial_does_not_date_what_it_denies(code):
    text = "The KDP denied on Thursday that its fighters had withdrawn from Sinjar."
    event = the(code(text), "RETREAT")
    assert event.time is not None
    assert event.time.text is None


def test_a_part_of_the_day_is_that_of_the_day_that_the_article_speaks_of(code):
    text = "Iraqi forces entered Sinjar on Thursday. The peshmerga withdrew from the town during the morning."
    event = the(code(text), "RETREAT")
    assert event.time is not None
    assert event.time.start == "2017-10-19"


def test_a_place_that_tells_where_another_lies_is_no_place_of_the_event(code):
    event = the(code("Iraqi forces captured Daquq, south of Kirkuk, on Thursday."), "SEIZE")
    assert ids(event.places) == {"daquq"}


def test_a_direction_stands_in_where_no_other_place_is_named(code):
    event = the(code("Peshmerga abandoned positions west of Kirkuk on Thursday."), "RETREAT")
    assert ids(event.places) == {"kirkuk-city"}


def test_what_happens_meanwhile_happens_there(code):
    told = code("Kurdish fighters fought the Hashd for the town.", title="Shops burn in Tuz Khurmatu as residents flee")
    event = the(told, "DISPLACE")
    assert ids(event.places) == {"tuz-khurmatu"}


def test_an_order_is_placed_where_it_aims(code):
    event = the(code("Abadi ordered the army on Thursday to restore order in Makhmour."), "MOBILIZE", "order")
    assert ids(event.places) == {"makhmour"}


def test_a_fight_for_a_place_is_fighting_there_and_one_against_corruption_is_none(code):
    event = the(code("Four peshmerga were treated in Erbil after the battle for Zummar."), "ASSAULT", "clash")
    assert ids(event.places) == {"zummar"}
    assert not of_type(code("The KRG promised Kirkuk a fight against corruption."), "ASSAULT")


def test_those_who_had_fled_are_the_ones_that_return(code):
    events = code("Hundreds of families who had fled Daquq returned to their homes on Thursday, cheered by neighbours.")
    assert of_type(events, "DISPLACE", "return")
    fled = the(events, "DISPLACE", "flee")
    assert fled.time is not None
    assert fled.time.text is None


def test_what_somebody_is_accused_of_in_general_is_no_new_event(code):
    text = "Amnesty accused the militias in Makhmour of attacks on Kurdish villagers. The peshmerga left Makhmour."
    assert {event.realis for event in of_type(code(text), "ASSAULT")} == {"generic"}
