"""An article is itself in every feed and at every poll, and never another one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingestion.identity import identify, usable_guid
from pipelines.ingestion.items import Context, judge_items
from pipelines.ingestion.known import KnownArticles
from pipelines.ingestion.options import IngestOptions
from schemas.envelope import pack
from schemas.feeds import ParsedFeed
from schemas.records import ArticleRetracted
from tests.ingestion.newsroom import NOW, item, source

ONE, TWO = source("one"), source("two")


class Reader:
    """Judges polls one after the other and folds what comes of them."""

    def __init__(self):
        self.known = KnownArticles()

    def poll(self, *items, feed=ONE):
        states = {}
        context = Context(self.known, states, IngestOptions(), NOW)
        judged = judge_items(feed, ParsedFeed(format="rss20", items=items), NOW, context)
        for event in judged.articles:
            self.known.fold(event)
        return judged

    def fates(self, *items, feed=ONE):
        counts = msgspec.structs.asdict(self.poll(*items, feed=feed).counts)
        return {name: count for name, count in counts.items() if count}


@pytest.fixture
def reader():
    return Reader()


def ids(*items, publisher="herald"):
    return [named.article_id for named in identify(publisher, items)]


@pytest.mark.parametrize("guid", [None, "", "  ", "0", "17", "٣", "https://herald.example/", "x" * 5000])
def test_guids_that_name_nothing_are_not_used(guid):
    assert usable_guid(guid) is None


def test_an_opaque_guid_is_one_article_within_its_publisher_only():
    first, second = item("a", guid="123-a", link=None), item("b", guid="123-a", link=None)
    assert ids(first) == ids(second)
    assert ids(first) != ids(second, publisher="gazette")


def test_a_permalink_guid_and_the_same_link_are_one_article_for_everybody():
    by_guid = item(guid="https://herald.example/news/a1?utm_source=x", link=None)
    by_link = item(guid=None, link="http://www.herald.example/news/a1/")
    assert ids(by_guid) == ids(by_link, publisher="gazette")


def test_a_guid_that_all_items_share_is_not_used():
    items = [item(name, guid="feed-guid") for name in "abc"]
    assert len(set(ids(*items))) == 3


def test_a_link_and_a_guid_that_all_items_share_leave_the_text():
    items = [item(guid="same", link="https://herald.example/latest", title=f"Title {n}") for n in range(3)]
    assert len(set(ids(*items))) == 3


def test_posts_of_a_live_page_are_articles_of_their_own_from_poll_to_poll(reader):
    posts = [item(guid=f"https://herald.example/live#p{n}", link=None, title=f"Post {n}") for n in range(4)]
    assert reader.fates(posts[1], posts[0]) == {"new": 2}
    assert reader.fates(posts[2], posts[1]) == {"new": 1, "unchanged": 1}
    assert reader.fates(posts[3]) == {"new": 1}, "a page known for several articles names none"
    assert reader.fates(*posts) == {"unchanged": 4}


def test_guids_made_up_at_every_poll_change_nothing_while_links_stay(reader):
    assert reader.fates(item(guid="x1"), item("b", guid="x2")) == {"new": 2}
    assert reader.fates(item(guid="y1"), item("b", guid="y2")) == {"unchanged": 2}
    assert reader.fates(item(guid="z1", text="Edited."), item("b", guid="z2")) == {"revised": 1, "unchanged": 1}


def test_links_that_change_mean_nothing_while_guids_stay(reader):
    assert reader.fates(item(link="https://herald.example/old-slug")) == {"new": 1}
    assert reader.fates(item(link="https://herald.example/new-slug")) == {"unchanged": 1}


def test_a_guid_that_comes_later_does_not_make_another_article(reader):
    assert reader.fates(item(guid=None)) == {"new": 1}
    assert reader.fates(item()) == {"unchanged": 1}


def test_an_item_twice_in_one_poll_is_one_article_and_a_duplicate(reader):
    assert reader.fates(item(), item(), item(guid="other", text="Troops entered the city on Monday.")) == {
        "new": 1,
        "duplicate": 2,
    }


def test_two_versions_in_one_poll_are_one_article_and_the_first_counts(reader):
    filler = [item(f"x{n}") for n in range(3)]
    judged = reader.poll(item(text="Newer."), item(text="Older."), *filler)
    assert judged.counts.duplicate == 1
    assert reader.fates(item(text="Newer."), *filler) == {"unchanged": 4}


def test_without_guid_and_link_the_text_is_the_article_of_its_publisher(reader):
    bare = item(guid=None, link=None)
    assert reader.fates(bare) == {"new": 1}
    assert reader.fates(bare) == {"unchanged": 1}
    assert reader.fates(item(guid=None, link=None, text="Another text.")) == {"new": 1}
    assert ids(bare) != ids(bare, publisher="gazette")


def test_a_link_to_the_front_page_is_no_identity(reader):
    home = "https://herald.example/"
    assert reader.fates(item("a", guid=None, link=home), item("b", guid=None, link=home)) == {"new": 2}


def test_an_article_withdrawn_for_good_has_no_further_revisions(reader):
    article_id = reader.poll(item()).articles[0].subject
    gone = ArticleRetracted(article_id=article_id, reason="withdrawn", at=NOW)
    reader.known.fold(pack(gone, event_id="r", subject=article_id, time=NOW))
    assert reader.fates(item(text="Edited.")) == {"unchanged": 1}


NAMES = st.sampled_from("abcd")
MARKS = st.none() | NAMES.map("guid-{}".format) | NAMES.map("https://herald.example/{}".format) | st.just("7")
LINKS = st.none() | NAMES.map("https://herald.example/{}".format) | st.just("https://herald.example/")
ITEMS = st.builds(item, st.just("x"), guid=MARKS, link=LINKS, title=NAMES, text=NAMES)
POLLS = st.lists(st.lists(ITEMS, max_size=5), min_size=1, max_size=4)


@given(POLLS)
def test_every_item_has_exactly_one_fate_and_revisions_count_up(polls):
    reader, revisions = Reader(), {}
    for items in polls:
        judged = reader.poll(*items)
        counts = msgspec.structs.astuple(judged.counts)
        assert sum(counts) == len(items)
        assert len({event.id for event in judged.articles}) == len(judged.articles) == counts[0] + counts[1]
        for event in judged.articles:
            article = msgspec.json.decode(event.data)["article"]
            assert article["revision"] == revisions.get(event.subject, 0) + 1
            revisions[event.subject] = article["revision"]


@given(st.lists(ITEMS, max_size=6))
def test_the_same_poll_again_brings_nothing(items):
    reader = Reader()
    reader.poll(*items)
    again = reader.poll(*items)
    assert not again.articles


@given(st.lists(st.integers(0, 50), unique=True, min_size=2), st.randoms(use_true_random=False))
def test_identities_of_sound_feeds_do_not_depend_on_company_or_order(numbers, random):
    alone = {number: ids(item(f"n{number}"))[0] for number in numbers}
    shuffled = random.sample(numbers, len(numbers))
    assert dict(zip(shuffled, ids(*(item(f"n{number}") for number in shuffled)), strict=True)) == alone
    assert len(set(alone.values())) == len(numbers)


HOSTILE = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["\ud800", "\x00", "http://[", "javascript:alert(1)", "//", "#", "%", "http://\ud800/", "A" * 5000]
)


@given(st.lists(st.builds(item, st.just("x"), guid=HOSTILE, link=HOSTILE, title=HOSTILE, text=HOSTILE), max_size=6))
def test_no_item_breaks_its_poll(items):
    judged = Reader().poll(*items)
    assert sum(msgspec.structs.astuple(judged.counts)) == len(items)
