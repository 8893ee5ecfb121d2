"""Idioms, passives without a doer, and nouns that a verb has told already: what the lexicon's forms promise."""

import pytest

from schemas.errors import SchemaError
from schemas.lexicon import load_languages
from schemas.lexicon_patterns import alternatives, parse_idiom


def told(code, text, **options):
    """Return (type, mode, trigger) of the events of a text."""
    return {(event.type, event.mode, event.trigger.text) for event in code(text, **options)}


def types(code, text, **options):
    return {event.type for event in code(text, **options)}


@pytest.mark.parametrize(
    "text,event",
    [
        ("In Daquq the police held two men without charge.", ("COERCE", "arrest", "held two men without charge")),
        ("Teachers on strike in Kirkuk met the governor.", ("PROTEST", "strike", "on strike")),
        ("One dead in Kirkuk as guards open fire", ("ASSAULT", "kill", "One dead")),
        ("Shots rang out in Kirkuk on Monday.", ("ASSAULT", "firearms", "Shots rang out")),
    ],
)
def test_an_idiom_is_found_with_its_gap_and_its_span(code, text, event):
    """The trigger reaches from the first word to the last, over what stands in the gap."""
    assert event in told(code, text)


def test_no_gap_reaches_across_a_finite_verb(code):
    """What was fled and what was returned to are two events."""
    events = told(code, "Families who had fled Daquq returned to their homes.")
    assert ("DISPLACE", "return", "returned to their homes") in events
    assert not {trigger for _, _, trigger in events if "Daquq returned" in trigger}


def test_void_wordings_are_no_events(code):
    """What only sounds like an event carries none, and what stands beside it still does."""
    assert (
        types(code, "The Kirkuk council held a press conference; the police would neither confirm nor deny.") == set()
    )
    assert types(code, "The peshmerga had yet to leave Kirkuk.") == set()


def test_a_passive_may_leave_out_its_doer(code):
    """The base was taken, whoever took it; what is done to must be of the pattern's class."""
    assert ("SEIZE", "capture", "taken") in told(code, "The bridge near Kirkuk was taken on Friday.")
    assert "SEIZE" not in types(code, "The photograph from Kirkuk was taken on Friday.")


def test_a_noun_that_a_verb_has_told_is_not_told_again(code):
    """To reduce military aid to somebody is no aid."""
    assert types(code, "Washington reduced military aid to the peshmerga in Kirkuk.") == {"SANCTION"}


def test_what_somebody_only_calls_by_a_name_is_no_idiom(code):
    assert "THREATEN" not in types(code, "Barzani met in Kirkuk what he called a threat to the city.")


def test_lemmas_alternatives_gaps_flags_and_frame_of_an_idiom():
    wording = parse_idiom("take|pull ... off the air +neg => deny")
    assert wording.parts == tuple(frozenset(part) for part in ({"take", "pull"}, {"..."}, {"off"}, {"the"}, {"air"}))
    assert (wording.flags, wording.frame) == ({"neg"}, "deny")


@pytest.mark.parametrize(
    "line,why",
    [
        ("... off the air", "begins with a word"),
        ("@place taken", "begins with a word"),
        ("taken off ...", "ends with a word"),
        ("taken off +loudly", "unknown flag"),
    ],
)
def test_a_wrong_idiom_is_told(line, why):
    with pytest.raises(ValueError, match=why):
        parse_idiom(line)


def test_faults_of_further_event_files_name_the_file(coder):
    """Groups in a file of their own are checked as those of the first file are."""
    lexicon = coder.vocabulary.lexicon
    more = {"groups": [{"type": "SEIZE", "idioms": "@nothing taken\ntaken by @nothing\ntaken => door"}]}
    with pytest.raises(SchemaError) as error:
        load_languages({**lexicon, "en.events.more": more}, coder.vocabulary.types, coder.vocabulary.actors)
    faults = str(error.value).splitlines()
    assert [fault for fault in faults if "en.events.more.yaml: groups[0]" in fault] == faults
    assert len(faults) == 3


def test_further_event_files_are_read(coder):
    """Their groups stand behind those of the first file."""
    lexicon = {**coder.vocabulary.lexicon, "en.events.more": {"groups": [{"type": "SEIZE", "idioms": "gobbled whole"}]}}
    languages, _ = load_languages(lexicon, coder.vocabulary.types, coder.vocabulary.actors)
    assert "gobbled whole" in [group.idioms for group in languages["en"].events.groups]


def test_a_condition_may_name_several_slots(code):
    """`on|upon:@any` asks for either; a choice of moods and slots is read the same way."""
    assert alternatives("call on|upon:@any inf") == ("call on:@any inf", "call upon:@any inf")
    assert alternatives("set up obj:team inf|into:@any => aid") == (
        "set up obj:team inf => aid",
        "set up obj:team into:@any => aid",
    )
    assert alternatives("go up|down obj:road") == ("go up|down obj:road",)
    assert "AGREE" in types(code, "Baghdad and Erbil agreed upon a truce in Kirkuk.")


def test_what_a_verb_is_for_is_no_second_meeting(code):
    """A finite "discuss" is a meeting; the one that another meeting is held for is not told again."""
    assert types(code, "Barzani and Abadi discussed Kirkuk.") == {"CONSULT"}
    told_once = [
        event for event in code("Barzani and Abadi sat down in Erbil to discuss Kirkuk.") if event.type == "CONSULT"
    ]
    assert len(told_once) == 1


def test_any_infinitive_may_be_asked_for(code):
    """`!inf:@any` tells a call on somebody's door from a call on somebody to act."""
    assert "CONSULT" in types(code, "The Iranian consul called on the governor of Kirkuk.")
    assert "CONSULT" not in types(code, "The Iranian consul called on the governor of Kirkuk to resign.")


def test_a_stranger_is_a_person_by_title_or_first_name(code):
    """Whom the schema doesn't know pays visits too, and is known by the surname afterwards; a body is no person."""
    before = "Iraqi forces seized Daquq near Kirkuk. "
    assert "CONSULT" in types(code, before + "Michael Fallon flew to Erbil.")
    assert "CONSULT" in types(code, before + "Senator Fallon spoke first. Fallon travelled to Erbil afterwards.")
    assert "CONSULT" not in types(code, before + "Fallon travelled to Erbil afterwards.")
