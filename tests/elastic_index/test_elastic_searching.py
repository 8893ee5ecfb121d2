"""Searching the real server: pages at their seams, and queries at the limits of the language."""

from itertools import count

import pytest

from connectors.paging import newest_key
from schemas.errors import IndexUnavailableError, QueryError
from schemas.query import MAX_CLAUSES, matches, parse_query
from tests.contracts.index_play import LIVE, document


def namesakes() -> list[str]:
    """Two ids that the newest-first key can't tell apart at one date."""
    seen: dict[int, str] = {}
    for number in count():
        key = newest_key("articles", f"n{number}", {})
        if key in seen:
            return [seen[key], f"n{number}"]
        seen[key] = f"n{number}"
    raise AssertionError


@pytest.mark.parametrize("sort", ["newest", "best"])
@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_documents_of_one_key_are_all_shown_once(index, sort, limit):
    """They may make a page longer by one, but none is skipped at the seam."""
    names = [*namesakes(), "a", "b", "c"]
    # One of the two is the best, the other one the worst.
    titles = ["kirkuk kirkuk kirkuk", "kirkuk and many more words", "kirkuk news", "kirkuk news", "kirkuk news"]
    index.upsert(LIVE, [document(name, title=title) for name, title in zip(names, titles, strict=True)])
    shown, cursor = [], None
    for _ in range(10):
        page = index.search("articles", "kirkuk", sort=sort, limit=limit, cursor=cursor, generation=LIVE)
        shown += [hit.id for hit in page.hits]
        assert page.total == 5
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(shown) == sorted(names)
    assert sort == "newest" or set(shown[:2]) == set(names[:2])


QUERIES = {
    "as many clauses as there may be": " OR ".join(f"word{number}" for number in range(MAX_CLAUSES)),
    "as many negations": " ".join(f"-word{number + 10}" for number in range(MAX_CLAUSES - 1)) + " kirkuk",
    "beginnings": " OR ".join(f"wo{number}*" for number in range(MAX_CLAUSES)),
    "a long phrase": '"' + " ".join(f"w{number}" for number in range(1500)) + '"',
    "many words near by": '"' + " ".join(f"w{number}" for number in range(1500)) + '"~1000',
    "deep groups": "(" * 20 + "kirkuk" + ")" * 20,
    "deep negations": "NOT (" * 20 + "kirkuk" + ")" * 20,
    "operators in turn": "(kirkuk OR " * 15 + "x AND y" + ")" * 15,
    "operators and negations in turn": "(oil OR NOT (" * 10 + "kirkuk" + " AND title:*))" * 10,
}


@pytest.mark.parametrize("name", QUERIES)
def test_queries_at_the_limits_of_the_language_are_answered(index, name):
    """What the language takes, the server takes too, in spite of its own limits for clauses and depth."""
    documents = [document("a", title="Kirkuk", text="word7 w0 w1"), document("b", title="Erbil", text="wo8x")]
    index.upsert(LIVE, documents)
    query = parse_query("articles", QUERIES[name])
    hits = index.search("articles", QUERIES[name], generation=LIVE).hits
    assert {hit.id for hit in hits} == {one.id for one in documents if matches(query, one.fields)}


def test_a_beginning_in_a_phrase_that_means_too_many_words_is_the_querys_fault(index):
    """The server calls it an error of its own; whoever asks is told to write more of the word."""
    # In one document, for the server counts in each segment alone, and may begin a new one at any moment.
    index.upsert(LIVE, [document("d", text="left " + " ".join(f"kirkuk{number}" for number in range(15_000)))])
    with pytest.raises(QueryError, match="simpler"):
        index.search("articles", "left-ki*", generation=LIVE)
    assert index.search("articles", "left-kirkuk0*", generation=LIVE).total == 1
    assert index.search("articles", "ki*", generation=LIVE).total == 1


def test_a_query_is_never_read_by_the_server(index):
    """What would be syntax there, or a field of the server's, is a word or refused."""
    index.upsert(LIVE, [document("a", title="lookup id a", text="_id a")])
    for text in ("_id:a", "lookup.id:a", "lookup.terms:outlet?", "_exists_:title", "/a.*/", "_source:x"):
        with pytest.raises(QueryError):
            index.search("articles", text, generation=LIVE)
    assert index.search("articles", '"lookup.id:a"', generation=LIVE).total == 1


def test_half_an_answer_is_none(index, elastic_server):
    """When a part of the index can't be searched, totals and pages would be wrong without a word."""
    index.upsert(LIVE, [document("a", title="kirkuk")])
    index.promote(LIVE)
    assert index.search("articles", "kirkuk").total == 1
    elastic_server.api("POST", f"/{index._options.prefix}-articles-{LIVE}/_close")
    with pytest.raises(IndexUnavailableError):
        index.search("articles", "kirkuk")
