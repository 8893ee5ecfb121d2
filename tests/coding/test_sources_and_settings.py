"""Who says so, where it happened and when, across the borders of clauses and sentences."""

import pytest


def ids(parties):
    return {party.id for party in parties}


def of_type(events, kind):
    return [event for event in events if event.type == kind]


def only(events, kind):
    (event,) = of_type(events, kind)
    return event


def sources(event):
    return [source.text for source in event.claim.sources]


SAID = [
    ("Iraqi forces seized Daquq, a Kurdish lawmaker said.", ["a Kurdish lawmaker"]),
    ("Iraqi forces, a Kurdish lawmaker said on Monday, seized Daquq.", ["a Kurdish lawmaker"]),
    ("Iraqi forces, say officers who saw it, seized Daquq.", ["officers who saw it"]),
    ("Iraqi forces seized Daquq, police and medical sources said.", ["police and medical sources"]),
    ("Iraqi forces seized Daquq, Kosrat Rasul put it.", ["Kosrat Rasul"]),
    ("Iraqi forces seized Daquq, said Rawa Amin, a teacher of the town.", ["Rawa Amin"]),
    ("Iraqi forces seized Daquq, Kosrat Rasul went on.", ["Kosrat Rasul"]),
    ("Iraqi forces seized Daquq, state television announced on Monday.", ["state television"]),
    ("Iraqi forces seized Daquq, in the words of a shopkeeper.", ["a shopkeeper"]),
    ("By the army's account Iraqi forces seized Daquq.", ["the army"]),
    ("As the mayor tells it, Iraqi forces seized Daquq.", ["the mayor"]),
    ("Iraqi forces seized Daquq, the mayor was quoted as saying.", ["the mayor"]),
    ("One of them said that Iraqi forces seized Daquq.", ["One of them"]),
    ("Iraqi forces seized Daquq, a grocer reckons.", ["a grocer"]),
    ("Iraqi forces seized Daquq, figures of the relief office show.", ["figures of the relief office"]),
    ("The capture of Daquq, reported by a news agency, worries Erbil.", ["a news agency"]),
    ("Iraqi forces, according to plan, seized Daquq.", []),
    ("While the mayor says all is calm, Iraqi forces seized Daquq.", []),
    ("The mayor did not say that Iraqi forces had seized Daquq.", []),
    ("The Joint Operations Command announced the capture of Daquq.", ["The Joint Operations Command"]),
    ("The Joint Operations Command: Iraqi forces seized Daquq.", ["The Joint Operations Command"]),
]


@pytest.mark.parametrize("text, expected", SAID, ids=[text for text, _ in SAID])
def test_a_source_is_found_wherever_it_stands(code, text, expected):
    """At the end, inside, before a colon, in two parts, and as who announces it."""
    assert sources(only(code(text), "SEIZE")) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Iraqi forces seized Daquq, and residents heard two explosions.",
        "Iraqi forces seized Daquq, Baghdad rejected the offer of the KRG, and night fell.",
        "Iraqi forces seized Daquq, nobody said a word.",
        "Iraqi forces seized Daquq; peshmerga fled, an officer said.",
    ],
)
def test_what_only_looks_like_a_source_is_none(code, text):
    """Hearing and rejecting quote nobody, nobody is no source, and a semicolon ends what is said."""
    assert sources(only(code(text), "SEIZE")) == []


def test_what_describes_the_source_is_not_said_by_it(code):
    """When "said X, who had fled Tuz" is told, that X fled is the outlet's."""
    events = code("Iraqi forces seized Daquq, said a teacher, who had fled Tuz Khurmatu.")
    assert sources(only(events, "SEIZE")) == ["a teacher"]
    assert sources(only(events, "DISPLACE")) == []


def test_a_quotation_belongs_to_whom_its_end_names(code):
    """A quotation may open sentences before its speaker is named, and "we" is that speaker."""
    events = code("“We captured Daquq at dawn. Then we captured Taza,” said a colonel of the Golden Division.")
    assert [ids(event.actors) for event in of_type(events, "SEIZE")] == [{"iraq-ct-service"}] * 2
    assert all(event.claim.sources[0].id == "iraq-ct-service" for event in of_type(events, "SEIZE"))


def test_a_quotation_goes_on_in_the_next_paragraph(code):
    """A paragraph that ends without a closing mark is followed by one of the same speaker."""
    text = "“Iraqi forces attacked Kirkuk.\n“Then they attacked Daquq,” Brigadier Hama Rash said."
    assert [sources(event) for event in of_type(code(text), "ASSAULT")] == [["Brigadier Hama Rash"]] * 2


def test_a_quotation_ends_with_its_mark(code):
    """The outlet's next sentence isn't the speaker's."""
    text = "“Iraqi forces attacked Kirkuk. They attacked Daquq,” Hama Rash said. Peshmerga withdrew from Makhmour."
    assert sources(only(code(text), "RETREAT")) == []


def test_to_reject_is_done_by_saying_so(code):
    """Who refuses, demands or threatens in his own words is the actor and no source; with --all he is that as well."""
    passed_on = "The KRG rejected the offer of Baghdad, a lawmaker said."
    assert sources(only(code(passed_on), "REJECT")) == ["a lawmaker"]
    words = "“We will not accept the annulment of the Kurdish vote in Kirkuk,” Massoud Barzani said."
    event = only(code(words), "REJECT")
    assert ids(event.actors) == {"m-barzani"}
    assert sources(event) == []
    event = only(code(words, everything=True), "REJECT")
    assert (ids(event.actors), sources(event)) == ({"m-barzani"}, ["Massoud Barzani"])


def test_whose_body_acts_is_no_source_of_it(code):
    """A leader who says what his government will do speaks for it; an official without a name is a source."""
    event = only(code("Abadi said his government rejected the Kurdish offer on Kirkuk."), "REJECT")
    assert sources(event) == []
    event = only(code("An Iraqi official said Baghdad rejected the Kurdish offer on Kirkuk."), "REJECT")
    assert sources(event) == ["An Iraqi official"]


def test_a_source_is_known_again_as_it_was_introduced(code):
    """What a later sentence calls "the source" is the one that had been described."""
    events = code(
        "A source at the peshmerga ministry said Iraqi forces had seized Daquq. "
        "The Hashd entered Kirkuk, the source said."
    )
    assert sources(of_type(events, "SEIZE")[1]) == ["A source at the peshmerga ministry"]


def test_a_headline_has_its_source_behind_a_dash_or_before_a_colon(code):
    """And a name before a colon that is no source is none."""
    for title in ("Iraqi forces take Kirkuk - officials", "Officials: Iraqi forces take Kirkuk"):
        event = only(code("Kirkuk was quiet.", title=title), "SEIZE")
        assert [text.lower() for text in sources(event)] == ["officials"]


def test_the_time_of_a_live_blog_is_no_part_of_a_name(code):
    """Of "13.37 Tillerson says" the source is Tillerson."""
    event = only(code("13.37 Tillerson says Iraqi forces entered Kirkuk."), "SEIZE")
    assert sources(event) == ["Tillerson"]


def test_ones_own_retreat_is_stated(code):
    """An officer without a name who tells of his own side states it; of the other side, he claims it."""
    own = only(code("A peshmerga officer said the peshmerga had withdrawn from Daquq."), "RETREAT")
    assert own.claim.status == "asserted"
    other = only(code("A peshmerga officer said Iraqi forces had withdrawn from Daquq."), "RETREAT")
    assert other.claim.status == "alleged"


def test_a_sentence_takes_the_only_place_it_names(code):
    """Where a clause names no place, that of the sentence holds; a road and a government are none."""
    armed = code("Smoke stood over Tuz Khurmatu as armed men went from street to street, looting shops.")
    assert ids(only(armed, "COERCE").places) == {"tuz-khurmatu"}
    road = only(code("Kurdish families fled on the Erbil road.", everything=True), "DISPLACE")
    assert ids(road.places) == set()
    agents = only(code("Baghdad told the KRG that Kurdish families had fled.", everything=True), "DISPLACE")
    assert ids(agents.places) == set()


def test_a_place_lasts_for_the_next_sentence(code):
    """What goes on after a sentence goes on where that was; not two sentences later, and not where talks are told."""
    text = "Iraqi forces attacked Daquq. Three peshmerga were killed."
    assert [ids(event.places) for event in of_type(code(text), "ASSAULT")] == [{"daquq"}, {"daquq"}]
    later = code("Iraqi forces attacked Daquq. Nobody slept. Three peshmerga were killed.")
    assert ids(of_type(later, "ASSAULT")[-1].places) == set()
    talks = code("Barzani met Abadi in Erbil. Three peshmerga were killed by Iraqi forces.")
    assert ids(only(talks, "ASSAULT").places) == set()


def test_an_inherited_place_makes_nothing_relevant(coder):
    """Floods in Kirkuk drown cars; what the next sentence calls an invasion is still no part of the crisis."""
    coded = coder.code(title="", text="Cars floated through Kirkuk. Rain invaded.", published=None)
    assert not coded.relevant


def test_a_date_belongs_to_the_verb_it_stands_with(code):
    """Who "has recovered the province it lost in June 2014" recovered it now; a date in front holds for all."""
    recovered, _ = of_type(code("Baghdad has recovered Kirkuk, which it had lost in June 2014."), "SEIZE")
    assert recovered.realis == "actual"
    taken = code("In June 2014, when the Iraqi army fled, Kurdish fighters captured Kirkuk.", everything=True)
    assert only(taken, "SEIZE").realis == "historical"


def test_would_is_the_future_of_what_somebody_announced(code):
    """That "forces would advance, it announced" is a plan; with an "if" it stays imagined."""
    plan = only(code("Federal forces would advance on Daquq, the Joint Operations Command announced."), "MOBILIZE")
    assert plan.realis == "future"
    fancy = only(code("Federal forces would advance on Daquq if the peshmerga left."), "MOBILIZE")
    assert fancy.realis == "hypothetical"


def test_who_is_spoken_to_is_no_source(code):
    """What follows "asked" or "told" hears it, even where the speaker could not be read."""
    text = "Grocers in Daquq closed their shops in protest, as their party, the Turkmen Front, had asked them to."
    assert not any("them" in sources(event) for event in code(text, everything=True))


def test_a_heading_that_announces_an_account_is_no_source(code):
    """A heading "X: how ..." tells what the article is about, "X: ..." what X says."""
    titles = ("Officers: how Iraqi forces seized Daquq", "Officers: Iraqi forces seized Daquq")
    found = [sources(only(code("", title=title, everything=True), "SEIZE")) for title in titles]
    assert found == [[], ["Officers"]]


def test_he_who_says_more_is_who_spoke_last(code):
    """The pronoun of the next sentence is the one of the sentence before, by id and by kind."""
    text = "Iraqi forces seized Daquq, the electoral commission said. Peshmerga withdrew from Kirkuk, it added."
    first, then = (only(code(text), kind).claim.sources[0] for kind in ("SEIZE", "RETREAT"))
    assert (then.text, then.id, then.kind) == ("it", first.id, "official")
    text = "Rawa Amin crossed the bridge. He said that peshmerga withdrew from Kirkuk."
    assert only(code(text), "RETREAT").claim.sources[0].kind == "named"


def test_an_aside_behind_a_relative_pronoun_says_nothing_of_what_stands_before_it(code):
    """That X seized Y from men "who, he said, ..." is the outlet's but for what follows."""
    text = "Iraqi forces seized Daquq from fighters, who, a lawmaker said, lost two men."
    assert sources(only(code(text, everything=True), "SEIZE")) == []


@pytest.mark.parametrize(
    "source, status",
    [
        ("an adviser to the oil ministry", "asserted"),
        ("the police chief", "asserted"),
        ("a circular", "asserted"),
        ("a source", "alleged"),
        ("two Kurdish officers", "alleged"),
    ],
)
def test_only_hearsay_is_alleged(code, source, status):
    """Who speaks with a body behind him states it; nobody knows where a mere source has it from."""
    assert only(code(f"Iraqi forces seized Daquq, according to {source}."), "SEIZE").claim.status == status


def test_whom_a_quotation_mentions_does_not_speak_on_in_it(code):
    """Accounts that a quoted text relies on are no speakers of its next sentences."""
    text = 'The letter reads: "We are alarmed by the accounts of residents of Daquq. Peshmerga withdrew from Kirkuk."'
    assert sources(only(code(text), "RETREAT")) == []
