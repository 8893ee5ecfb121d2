"""Pages neither skip nor repeat a document, whatever is written between them."""

from datetime import timedelta

import pytest

from connectors.paging import BEST
from schemas.errors import QueryError
from tests.contracts.index_play import BACKENDS, LIVE, MONDAY, document, found, numbered, opened

COUNT = 2 * BEST + 37


@pytest.fixture(params=BACKENDS)
def index(request, tmp_path):
    for index in opened(request, tmp_path):
        index.promote(LIVE)
        index.upsert(LIVE, [numbered(number, text="kirkuk " * (1 + number * 7 % 5)) for number in range(COUNT)])
        yield index


def pages(index, sort, between, *, limit=30):
    """Read all pages, doing something after each; return the ids in order."""
    ids, cursor, turn = [], None, 0
    while True:
        page = index.search("articles", "kirkuk", sort=sort, limit=limit, cursor=cursor)
        ids += [hit.id for hit in page.hits]
        cursor = page.next_cursor
        if cursor is None:
            return ids
        between(turn)
        turn += 1


@pytest.mark.parametrize("sort", ["newest", "best"])
@pytest.mark.parametrize("limit", [1, 7, 100, COUNT, 5000])
def test_pages_of_any_size_join_to_the_whole(index, sort, limit):
    whole = [hit.id for hit in index.search("articles", "kirkuk", sort=sort, limit=COUNT).hits]
    assert len(set(whole)) == COUNT
    if sort == "newest":
        assert whole == sorted(whole, reverse=True)
    assert pages(index, sort, lambda _: None, limit=limit) == whole


@pytest.mark.parametrize("sort", ["newest", "best"])
def test_insertions_between_pages_neither_skip_nor_repeat(index, sort):
    """New documents arrive newer, older and with better scores than what was shown."""

    def insert(turn: int) -> None:
        index.upsert(
            LIVE,
            [
                document(f"newer-{turn}", at=MONDAY + timedelta(days=900 + turn), title="kirkuk", text="kirkuk " * 9),
                document(f"between-{turn}", at=MONDAY + timedelta(hours=10 * turn, minutes=7), text="kirkuk"),
                document(f"older-{turn}", at=MONDAY - timedelta(days=1 + turn), text="kirkuk oil"),
                *(document(f"noise-{turn}-{number}", text="oil " * 50) for number in range(20)),
            ],
        )

    before = found(index, "kirkuk")
    ids = pages(index, sort, insert)
    assert len(ids) == len(set(ids))
    assert [one for one in ids if one in set(before)] == [one for one in ids if one.startswith("n0")]
    assert set(before) <= set(ids)
    assert sort == "best" or not any(one.startswith("newer") for one in ids)


@pytest.mark.parametrize("sort", ["newest", "best"])
def test_deletions_between_pages_skip_nothing_else(index, sort):
    gone = []

    def delete(turn: int) -> None:
        victims = [f"n{number:05d}" for number in range(turn * 11, turn * 11 + 4)]
        gone.extend(victims)
        index.delete(LIVE, "articles", victims)

    before = set(found(index, "kirkuk"))
    ids = pages(index, sort, delete)
    assert len(ids) == len(set(ids))
    assert before - set(gone) <= set(ids)


def test_a_promotion_between_pages_goes_on_in_the_new_generation(index):
    """Both hold the same articles, so the reader sees each once."""
    index.upsert("g2", [numbered(number, text="kirkuk", revision=2) for number in range(COUNT)])
    ids = pages(index, "newest", lambda _: index.promote("g2"))
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == COUNT


def test_a_cursor_belongs_to_its_search(index):
    cursor = index.search("articles", "kirkuk", limit=5).next_cursor
    assert index.search("articles", "kirkuk", limit=9, cursor=cursor).hits
    for kind, query, sort in (
        ("events", "kirkuk", "newest"),
        ("articles", "oil", "newest"),
        ("articles", "kirkuk", "best"),
    ):
        with pytest.raises(QueryError, match="another search"):
            index.search(kind, query, sort=sort, cursor=cursor)


def test_cursors_are_short_and_safe_in_a_url(index):
    for sort in ("newest", "best"):
        cursor = index.search("articles", "kirkuk", sort=sort, limit=5).next_cursor
        assert cursor.replace("-", "a").replace("_", "a").isalnum()
        assert len(cursor) < 2000


def test_a_page_of_nothing_ends(index):
    assert index.search("articles", "nowhere").next_cursor is None
    assert index.search("articles", "kirkuk", limit=0).hits == []
    assert index.search("articles", "kirkuk", limit=-1).hits == []
