"""Which articles matter, and what is stored of them."""

from datetime import UTC, datetime

import pytest

from pipelines.matching import code_article, event_id
from schemas.records import Article

NOW = datetime(2017, 10, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Iraqi forces seized Daquq.",
        "Islamic State fighters attacked a village near Hawija.",
        "Massoud Barzani rejected an offer from Haider al-Abadi.",
        "The Kurdistan Regional Government held a referendum.",
        "Tehran closed its border with Iraqi Kurdistan.",
    ],
)
def test_what_matters(coder, text):
    """A place of the theatre, both sides, or the referendum make an article relevant."""
    assert coder.code(title="", text=text, published=NOW).relevant


@pytest.mark.parametrize(
    "text",
    [
        "Catalan leaders held a referendum and police clashed with voters in Barcelona.",
        "Iraqi forces killed Islamic State fighters in Mosul.",
        "Kirkuk beat Erbil two nil in the cup and the players hugged.",
        "Oil prices rose as traders watched Kirkuk crude.",
        "The bank opened an office in Baghdad.",
        "In 1991 Iraqi forces attacked Kirkuk.",
        "",
    ],
)
def test_what_does_not(coder, text):
    """Elsewhere, sport, prices and history do not, and such an article has no events."""
    coded = coder.code(title="", text=text, published=NOW)
    assert (coded.relevant, coded.events) == (False, ())


def make_article(**changes):
    fields = {
        "article_id": "a", "revision_id": "r", "feed_id": "f", "outlet": "The Plain", "publisher": "plain",
        "title": "Peshmerga withdraw from Kirkuk", "text": "Iraqi forces entered Kirkuk.", "published": NOW,
        "fetched": NOW, "ingested": NOW,
    }  # fmt: skip
    return Article(**{**fields, **changes})


def test_a_coded_article_has_an_id_and_a_quote_for_each_event(coder):
    """Ids are distinct, quotes are the sentences, and coding again gives the same record."""
    coded = code_article(coder, make_article())
    assert coded.relevant
    assert len(coded.events) == len(coded.event_ids) == len(coded.quotes) == len(set(coded.event_ids)) == 2
    assert coded.quotes == ("Peshmerga withdraw from Kirkuk", "Iraqi forces entered Kirkuk.")
    assert coded == code_article(coder, make_article())
    assert coded.schema == coder.ref


def test_another_revision_has_other_event_ids(coder):
    """The same words in another revision are another report."""
    (event,) = coder.code(title="", text="Iraqi forces entered Kirkuk.", published=NOW).events
    assert event_id(make_article(), event) != event_id(make_article(revision_id="s"), event)


def test_one_article_does_not_colour_the_next(coder):
    """Who "he" was in the last article is forgotten."""
    coder.code(title="", text="Massoud Barzani visited Kirkuk.", published=NOW)
    (event,) = coder.code(title="", text="He attacked Kirkuk.", published=NOW).events
    assert event.actors == ()
