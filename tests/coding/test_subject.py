"""What an article is about as a whole outweighs single events."""

from datetime import UTC, datetime

import pytest

from pipelines.matching.subject import Subject
from schemas.lexicon import Topics

NOW = datetime(2017, 11, 20, 12, tzinfo=UTC)
FLIGHT = "Gunmen attacked Daquq and residents fled from Kirkuk, the governor said."


@pytest.fixture
def subject():
    """Two themes, two of them with entries of several words."""
    themes = {"sport": "goal #-# free_kick", "history": "192# 18## empire"}
    topics = Topics(
        themes=themes,
        crisis="peshmerga front_line",
        wider="",
        doors="Kurd north_of",
        weights={"sport": -1.0, "bias": 0.5},
    )
    return Subject(topics)


def test_words_are_counted_once_in_any_of_their_forms(subject):
    """Plurals, possessors, results, years and longer entries are known; repetition adds nothing."""
    signs = subject.word_signs("", "Goals, goal's, GOALS: 3-1, two free kicks in 1923, 1924 and 1850. Their empires.")
    assert signs["sport"] == pytest.approx(1.386, abs=1e-3)
    assert signs["history"] == pytest.approx(1.386, abs=1e-3)
    assert "crisis" not in signs
    assert subject.word_signs("", "Free the kick.").get("sport") is None


def test_title_and_shares_are_signs_of_their_own(subject):
    """What the title says counts again, and so does how much of all known words is of other subjects."""
    signs = subject.word_signs("Peshmerga goal", "The peshmerga hold the front line.")
    assert signs["title_other"] == signs["title_crisis"] == pytest.approx(0.693, abs=1e-3)
    assert signs["share_other"] == 1 / 4
    assert signs["strongest_other"] == pytest.approx(0.693, abs=1e-3)


def test_the_score_is_the_sum_of_weighed_signs(subject):
    """Signs without a weight add nothing."""
    assert subject.score({"sport": 2.0, "history": 5.0}) == -1.5
    assert subject.doors == ("Kurd", "north of")


OTHER_SUBJECTS = [
    """Kirkuk seized a 2-1 win over Erbil when their striker fired home a penalty. The coach blamed the referee, who
    fled to the dressing room as fans attacked the dugout in Kirkuk.""",
    """An earthquake of magnitude 7 killed dozens of people near Halabja and Kirkuk. Aftershocks drove residents from
    their homes, and rescuers dug in the rubble.""",
    """Nine people were killed near Tuz Khurmatu when a minibus hit a lorry in fog. The driver fled and was arrested by
    traffic police.""",
    """Historians tell in their book how British troops entered Kirkuk in 1918 and how the Ottoman empire withdrew. The
    authors spent a decade in archives.""",
    """Catalonia's ousted leader fled to Belgium as Madrid seized control of Barcelona. The Kurds, who held a referendum
    too, sent greetings.""",
]


@pytest.mark.parametrize("text", OTHER_SUBJECTS)
def test_articles_on_other_subjects_are_not_relevant(coder, text):
    """Sport, disasters, accidents, history and other crises, whatever happens there in towns of the theatre."""
    assert not coder.code(title="", text=" ".join(text.split()), published=NOW, language="en").relevant


def test_the_crisis_stays_visible_through_another_subject(coder):
    """Events of the crisis in a football report or after a quake keep an article relevant."""
    title = "Kirkuk match called off"
    text = (
        "The league called off the match after Iraqi forces took Kirkuk from the peshmerga and imposed a curfew. "
        "Four players fled to Erbil, the coach said, when Popular Mobilisation fighters entered the city."
    )
    assert coder.code(title=title, text=text, published=NOW, language="en").relevant
    assert coder.code(title="", text=FLIGHT, published=NOW, language="en").relevant


def test_nothing_is_relevant_without_a_current_event(coder):
    """Names and words alone, or what happened long ago, make no article relevant."""
    assert not coder.code(title="Kirkuk", text="Peshmerga, Kirkuk, Hawija, Baghdad.", published=NOW).relevant
    assert not coder.code(title="", text="In 1991 Iraqi forces attacked Kirkuk.", published=NOW).relevant
