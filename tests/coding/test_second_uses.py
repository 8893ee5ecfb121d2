"""Words with two uses, odd plurals, names by their last word: a word list's first guess is not the last."""

import pytest


def told(code, text, **options):
    """Return (type, trigger, actors, recipients) of the events of a text, parties by their ids or words."""
    return {
        (
            event.type,
            event.trigger.text,
            tuple(party.id or party.text for party in event.actors),
            tuple(party.id or party.text for party in event.recipients),
        )
        for event in code(text, **options)
    }


def types(code, text, **options):
    return {event.type for event in code(text, **options)}


@pytest.mark.parametrize(
    "text, kind, trigger",
    [
        ("The mayor of Kirkuk ordered shops to close.", "COERCE", "ordered"),
        ("Armed men were still surrounding the building in Kirkuk.", "MOBILIZE", "surrounding"),
        ("The asayish have since detained Kurdish activists in Kirkuk.", "COERCE", "detained"),
        ("The passage of trucks from that border near Kirkuk has been cut.", "SANCTION", "cut"),
        ("An oil well near Kirkuk was set on fire.", "OIL", "set"),
        ("Production at Bai Hassan and Avana remains suspended.", "OIL", "remains"),
        ("Soldiers in Kirkuk would not let lorries pass.", "COERCE", "let"),
        ("The gas plant near Kirkuk shut down.", "OIL", "shut"),
    ],
)
def test_a_word_is_read_as_its_neighbours_say(code, text, kind, trigger):
    """Adjective or verb, adverb or noun, conjunction or pointer: the words around it tell."""
    assert any(found == kind and words.startswith(trigger) for found, words, _, _ in told(code, text, everything=True))


def test_what_let_allows_is_a_verb(code):
    """Lorries that may not pass are lorries, and no "lorries pass"."""
    events = told(code, "Soldiers in Kirkuk would not let lorries pass.", everything=True)
    assert not any("pass" in party for _, _, _, recipients in events for party in recipients)


def test_the_wounded_are_no_deed(code):
    """A participle behind "the" is a noun: nobody is wounded by a visit."""
    assert "ASSAULT" not in types(code, "Barzani visited the wounded in Kirkuk.")


def test_plurals_in_men_are_those_of_their_singular(code):
    """Who knows a tribesman knows tribesmen."""
    events = told(code, "Soldiers led away the tribesmen in Kirkuk.", everything=True)
    assert any(kind == "COERCE" and recipients for kind, _, _, recipients in events)


def test_a_capital_does_not_hide_a_plural(code):
    """The first word of a sentence, and the name of a make of car, have a singular too."""
    assert "ASSAULT" in types(code, "Katyushas slammed into the K1 base near Kirkuk.")
    assert "ASSAULT" in types(code, "Kurdish forces knocked out five Humvees near Kirkuk.")


def test_a_name_is_asked_for_by_its_last_word(code):
    """A pattern that asks for a pipeline holds for the one that has a name."""
    assert "OIL" in types(code, "The Kirkuk-Ceyhan pipeline sprang a leak.", everything=True)


@pytest.mark.parametrize("form", ["burned", "burnt"])
def test_both_spellings_of_a_participle_are_known(code, form):
    """British and American forms of one verb are one verb."""
    assert "COERCE" in types(code, f"Militiamen {form} houses in Tuz Khurmatu.")


def test_the_dead_are_those_it_is_done_to(code):
    """Who lies dead has not attacked."""
    events = [event for event in told(code, "Four peshmerga lay dead by the road in Kirkuk.") if event[0] == "ASSAULT"]
    assert events
    assert all("peshmerga" in recipients and not actors for _, _, actors, recipients in events)


def test_what_is_closed_tells_what_it_is(code):
    """Roads are closed by force, borders and skies by sanction, schools by those who strike."""
    assert types(code, "Federal police closed the road to Kirkuk.") == {"COERCE"}
    assert types(code, "Iran closed its border with the Kurdistan region near Kirkuk.") == {"SANCTION"}
    assert "PROTEST" in types(code, "Teachers shut the education department in Kirkuk with chains.")
