"""Whole polls over a real log: fates, validators, failures."""

from tests.ingestion.newsroom import failed, item, source

FATES = ("new", "revised", "unchanged", "duplicate", "dead")


def fates(counts):
    return {name: counts[name] for name in FATES if counts[name]}


def test_every_item_of_a_first_poll_is_new_and_stored_oldest_first(newsroom):
    feed = source()
    newsroom.web.publish(feed, item("b", published_raw=None, published=None), item("a"))
    assert fates(newsroom.poll(feed)) == {"new": 2}
    assert [article.title for article in newsroom.articles()] == ["Report a", "Report b"]
