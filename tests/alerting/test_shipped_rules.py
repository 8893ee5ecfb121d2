"""The rules that come with the program, asked of sentences that the shipped matcher coded."""

from datetime import timedelta

import pytest

from pipelines.matching import code_article
from schemas.records import Article, stable_id
from schemas.rules import load_rules
from tests.alerting.test_decisions import Room
from tests.alerting.test_rules_file import SHIPPED
from tests.developments.builders import MONDAY


@pytest.fixture
def newsroom(geography, coder):
    """Code texts as articles of different outlets, an hour apart, and tell them to a room with the shipped rules."""
    room = Room(geography, load_rules(SHIPPED))

    def report(*texts):
        for text in texts:
            number = len(room.alerts) + 100 * len(room.board._known)
            published = MONDAY + timedelta(minutes=number)
            article = Article(
                article_id=stable_id(text), revision_id=stable_id(text, "1"), feed_id="f", outlet=f"Outlet {number}",
                publisher=f"p{number}", language="en", title="", text=text, published=published, fetched=published,
                ingested=published,
            )  # fmt: skip
            room.tell(code_article(coder, article))
        return [f"{alert.rule} {alert.change}" for alert in room.sent()]

    return report


@pytest.mark.parametrize(
    "text, alerted",
    [
        ("Iraqi troops took control of the K1 base on Monday.", ["territory opened"]),
        ("Federal police entered Kirkuk on Monday morning.", ["territory opened"]),
        ("Peshmerga fighters of the PUK withdrew from Kirkuk on Monday.", ["withdrawal opened"]),
        ("Peshmerga clashed with the Popular Mobilization near Tuz Khurmatu; 14 were killed.", ["clash opened"]),
        ("Haider al-Abadi gave the Kurds until Sunday to leave Kirkuk airport or face force.", ["ultimatum opened"]),
        ("The North Oil Company halted production at the Bai Hassan field on Monday.", ["oil opened"]),
        ("Kurdish leaders held an independence referendum on 25 September.", ["vote opened"]),
        ("Thousands of families fled Kirkuk on Monday.", ["displaced opened"]),
        ("Iraqi forces massed troops south of Kirkuk on Monday.", ["mobilisation opened"]),
    ],
)  # fmt: skip
def test_each_default_rule_fires_on_what_it_is_for(newsroom, text, alerted):
    """One sentence, one alert, of the rule that an analyst would expect."""
    assert newsroom(text) == alerted


@pytest.mark.parametrize(
    "text",
    [
        "Iraqi troops did not enter Kirkuk.",
        "Iraqi forces could retake Kirkuk within a day, analysts said.",
        "If the deadline passes, federal forces would seize the K1 base.",
        "In 1991 Saddam Hussein's army retook Kirkuk and families fled into the mountains.",
        "Catalan voters held an independence referendum on 1 October.",
        "Kirkuk lost the football match on Monday and the striker left the field.",
        "Masoud Barzani met Haider al-Abadi in Baghdad.",
        "Oil prices rose after traders worried about Kirkuk crude.",
        "The army said that a withdrawal from Kirkuk was not planned.",
    ],
)
def test_default_rules_stay_quiet(newsroom, text):
    """Negated, supposed, remembered and unrelated news, and talks that are no turn of the crisis."""
    assert newsroom(text) == []


def test_a_denial_of_what_was_alerted_alerts(newsroom):
    """First the capture, then that it is denied."""
    first = "Iraqi troops took control of the K1 base near Kirkuk on Monday."
    assert newsroom(first, "The Peshmerga command denied that Iraqi troops took control of the K1 base on Monday.") == [
        "territory opened", "denial denied",
    ]  # fmt: skip


def test_three_outlets_corroborate_and_one_more_says_nothing_new(newsroom):
    """The same capture by four outlets in their own words: an opening and one corroboration."""
    found = newsroom(
        "Iraqi troops took control of the K1 base near Kirkuk on Monday, a resident told this paper by telephone.",
        "The army captured the K1 base on Monday after the garrison had left it in the early morning.",
        "On Monday the K1 base fell to Iraqi forces, whose convoys had set out at midnight.",
        "Federal forces seized the K1 base on Monday; shops in the city stayed shut and the streets were empty.",
    )
    assert found == ["territory opened", "territory corroborated:3"]
