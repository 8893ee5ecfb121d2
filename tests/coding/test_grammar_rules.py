"""Rules of grammar that decide who did it: participles, insertions, coordination, lists."""

import pytest

from pipelines.matching.parse import Parser
from pipelines.matching.tagger import tag
from pipelines.matching.tokens import tokenise


def ids(parties):
    return {party.id for party in parties}


def of_type(events, kind):
    return [event for event in events if event.type == kind]


def only(events, kind):
    (event,) = of_type(events, kind)
    return event


@pytest.fixture
def subjects(coder):
    """Return the subjects of each verb of a sentence, by the verb's lemma."""

    def run(text):
        sentence = tokenise(text, (0, len(text)), coder.scanner.scan(text))
        tag(sentence, coder.grammar)
        return {
            clause.verb.lemma: [sentence.surface(one.start, one.end) for one in clause.subjects]
            for clause in Parser(sentence, coder.tables).parse()
            if clause.verb is not None
        }

    return run


@pytest.mark.parametrize(
    "text, verb, subject",
    [
        ("The KRG, in an offer made public early on Sunday, had proposed talks.", "propose", "The KRG"),
        ("The warrant, which the office of Rasul laughed off, came late.", "come", "The warrant"),
        ("Smoke stood over the town as armed men went from street to street.", "stand", "Smoke"),
        ("Smoke stood over the town as armed men went from street to street.", "go", "armed men"),
        ("The council discussed money which was held in banks, and warned that it would act.", "warn", "The council"),
        ("He told reporters that the vote was void and urged the governor to resign.", "urge", "He"),
        ("The minister, who was named after Karim fled, spoke.", "flee", "Karim"),
        ("Families who had fled the town returned to their homes.", "return", "Families"),
        ("On Monday Iraqi forces took the base.", "take", "Iraqi forces"),
        ("In Erbil teachers marched against the cabinet.", "march", "teachers"),
        ("The official told the paper that they had all pressed for it.", "press", "they"),
        ("They called for calm and left it at that.", "leave", "They"),
        ("The Speaker, a doctor by trade, resigned, and the deputies, tired by then, left.", "leave", "the deputies"),
    ],
)
def test_a_verb_finds_its_subject_across_what_stands_between(subjects, text, verb, subject):
    """Reduced relatives, relatives, dates, settings and coordination don't take a verb's subject away."""
    assert subjects(text)[verb] == [subject]


@pytest.mark.parametrize(
    "text, lemma",
    [
        ("He told the crowd gathered on the square to leave.", "gather"),
        ("They shelled a mosque used as a base by the militia.", "use"),
        ("The army held positions lost in June 2014.", "lose"),
    ],
)
def test_a_participle_in_a_clause_that_has_its_verb_is_no_verb_of_its_own(coder, text, lemma):
    """That "the crowd gathered on the square" is somebody told, not somebody who gathered just then."""
    sentence = tokenise(text, (0, len(text)), [])
    tag(sentence, coder.grammar)
    tags = dict(zip(sentence.lemmas, sentence.tags, strict=True))
    assert tags[lemma] == "VBN"


@pytest.mark.parametrize("text", ["The army gathered on the square.", "He said the crowd gathered on the square."])
def test_the_same_form_is_a_verb_where_its_clause_has_none(coder, text):
    """A verb of saying opens a clause, so what follows it may have its own past tense."""
    sentence = tokenise(text, (0, len(text)), [])
    tag(sentence, coder.grammar)
    assert dict(zip(sentence.lemmas, sentence.tags, strict=True))["gather"] == "VBD"


def test_an_infinitive_takes_its_passive(code):
    """What is "to be held" is planned, and its subject is what is held."""
    event = only(code("Exercises by Turkish and Iraqi troops are to be held near Zummar."), "COOPERATE")
    assert event.realis == "future"
    assert ids(event.actors) == {"turkey-army", "iraqi-forces"}


def test_several_of_whom_are_some_of_those_named_before(subjects):
    """That "notables, several of whom refused" is about the notables."""
    found = subjects("Barzani met tribal notables in Kirkuk, several of whom had turned down the invitation.")
    assert found["turn"] == ["tribal notables"]


def test_adjectives_that_share_a_noun_are_two_parties(code):
    """That "Arab and Turkmen notables" are notables of two peoples."""
    event = only(code("Barzani met Arab and Turkmen notables in Kirkuk."), "CONSULT")
    assert ids(event.actors) == {"m-barzani", "arabs", "turkmen"}


@pytest.mark.parametrize(
    "text, kind, actors",
    [
        ("The prime minister's office rejected the offer of the KRG.", "REJECT", {"abadi"}),
        ("An aide to Massoud Barzani accused Baghdad of aggression.", "ACCUSE", {"m-barzani"}),
        ("A spokesman for Iran's general staff warned the KRG.", "THREATEN", {"iran-gov"}),
        ("Ankara's prime minister warned the KRG.", "THREATEN", {"turkey-gov"}),
        ("Iraq's prime minister warned the KRG.", "THREATEN", {"abadi"}),
    ],
)
def test_who_speaks_for_somebody_is_resolved_by_whose_he_is(code, text, kind, actors):
    """Offices, aides and spokesmen stand for those they serve, and an office is held in its own country."""
    assert ids(only(code(text, everything=True), kind).actors) == actors


def test_a_name_is_known_once_it_has_been_introduced(code):
    """Whose man somebody is holds for the rest of the article."""
    text = "Hemin Qadir, an adviser to Massoud Barzani, met Abadi. Qadir then accused Baghdad of aggression."
    assert ids(only(code(text, everything=True), "ACCUSE").actors) == {"m-barzani"}
    stranger = "Hemin Qadir met Abadi. Qadir then accused Baghdad of aggression."
    assert ids(only(code(stranger, everything=True), "ACCUSE").actors) == {None}


def test_he_may_be_one_who_has_no_name(code):
    """A minister named by his country alone comes back as "he"."""
    text = "Massoud Barzani met Abadi. Israel's prime minister praised the vote. He accused Tehran of aggression."
    assert ids(only(code(text), "ACCUSE").actors) == {"israel-gov"}


def test_both_sides_are_two_governments_or_two_forces(code):
    """Whoever was named last stands for its side, and forces only stand beside forces."""
    text = "Kurdish lawmakers met the Iraqi army in Kirkuk. The UN urged both sides to talk."
    assert ids(only(code(text), "REQUEST").recipients) == {"krg", "iraq-gov"}
    forces = "Peshmerga clashed with the Iraqi army in Kirkuk. The UN urged both sides to withdraw."
    assert ids(only(code(forces), "REQUEST").recipients) == {"peshmerga", "iraq-army"}


def test_him_is_not_the_one_who_does_it(code):
    """An object pronoun passes over the subject of its own verb."""
    text = "Haider al-Abadi flew to Erbil. Massoud Barzani warned him of the consequences in Kirkuk."
    assert ids(only(code(text), "THREATEN").recipients) == {"abadi"}


def test_a_bare_number_counts_those_counted_before(code):
    """That "five fighters were killed and 23 wounded": the 23 are fighters too."""
    killed = of_type(code("Five Kurdish fighters were killed and 23 wounded near Zummar."), "ASSAULT")
    assert [ids(event.recipients) for event in killed] == [{"peshmerga"}, {"peshmerga"}]


def test_a_list_behind_of_gives_all_of_it(code):
    """Units of two services are two actors."""
    event = only(code("Units of the Golden Division and the federal police entered Kirkuk."), "SEIZE")
    assert ids(event.actors) == {"iraq-ct-service", "iraq-fedpol"}


def test_a_series_of_verbs_shares_its_subject(code):
    """With "broke in, beat up X and fled" who broke in beats; a noun between them would be another subject."""
    text = "Supporters of the KDP forced their way past the guards, beat up a lawmaker and chased the crews in Kirkuk."
    assert ids(of_type(code(text), "ASSAULT")[0].actors) == {"kdp"}


def test_masked_men_are_not_what_somebody_masked(code):
    """A participle before a noun that has its own verb describes it, also right after a comma."""
    event = only(code("On Monday, masked men stabbed to death a Kurdish cameraman in Daquq."), "ASSAULT")
    assert [party.text for party in event.actors] == ["masked men"]


def test_an_offer_refused_is_refused_to_who_made_it(code):
    """In "X proposed talks, an offer that was refused" X is the one who is refused."""
    event = only(code("The KRG proposed talks on Kirkuk, an offer that was refused by Baghdad."), "REJECT")
    assert (ids(event.actors), ids(event.recipients)) == ({"iraq-gov"}, {"krg"})
