"""Random queries find in the SQLite file what `matches` says of each document."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.sqlite_index import SqliteIndex
from connectors.sqlite_terms import DATES, NUMBERS, cover, date_digits, number_digits
from schemas.document_checks import date_text
from schemas.documents import Document
from schemas.errors import QueryError
from schemas.query import matches, parse_query
from tests.contracts.index_play import LIVE, MONDAY, NOW

WORDS = (
    "kirkuk",
    "Kirkûk",
    "pesh",
    "peshmerga",
    "كركوك",
    "کرکوک",
    "oil",
    "OIL",
    "k1",
    "12",
    "١٢",
    "½",
    "ı",
    "a-b",
    "it's",
)
KEYS = ("puk", "PUK", "a b", "a-b", "x:y(z)", "كركوك", "'\"", "kdp")

texts = st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join)
moments = st.integers(-3 * 86_400_000, 3 * 86_400_000).map(lambda ms: MONDAY + timedelta(milliseconds=ms))
fields = st.fixed_dictionaries(
    {"published": moments.map(lambda moment: date_text(int(moment.timestamp() * 1000)))},
    optional={
        "title": texts,
        "text": texts,
        "outlet": st.sampled_from(KEYS),
        "actors": st.lists(st.sampled_from(KEYS), max_size=3),
        "revision": st.integers(-3, 300),
        "relevant": st.booleans(),
    },
)
documents = st.lists(fields, max_size=12).map(
    lambda rows: [Document("articles", f"d{number}", 1, row) for number, row in enumerate(rows)]
)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


dates = st.one_of(
    st.sampled_from(["2017", "2017-10", "2017-10-15", "2017-10-16", "2017-10-17T05:00Z", "now-2d/d", "now", "*"]),
    moments.map(lambda moment: _quoted(moment.isoformat(timespec="milliseconds"))),
)
numbers = st.one_of(st.integers(0, 300).map(str), st.sampled_from(["*", '"-1"', "2.5", "255.5"]))
ends = st.tuples(st.sampled_from("[{"), st.sampled_from("]}"))
signs = st.sampled_from(["", ">", ">=", "<", "<="])
leaves = st.one_of(
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(lambda words: _quoted(" ".join(words))),
    st.tuples(texts, st.integers(0, 4)).map(lambda pair: f"{_quoted(pair[0])}~{pair[1]}"),
    st.sampled_from(["pesh*", "ki*", "كرك*", "12*", "*", "text:*", "outlet:*", "actors:*", "revision:*", "language:*"]),
    st.sampled_from(KEYS).map(lambda key: f"actors:{_quoted(key)}"),
    st.sampled_from(["outlet:pu*", "outlet:a*", "outlet:(puk OR kdp)", "title:(oil -kirkuk)", "relevant:true"]),
    st.tuples(signs, dates).filter(lambda pair: pair[1] != "*").map(lambda pair: "published:" + "".join(pair)),
    st.tuples(ends, dates, dates).map(lambda t: f"published:{t[0][0]}{t[1]} TO {t[2]}{t[0][1]}"),
    st.tuples(signs, numbers).filter(lambda pair: pair[1] != "*").map(lambda pair: "revision:" + "".join(pair)),
    st.tuples(ends, numbers, numbers).map(lambda t: f"revision:{t[0][0]}{t[1]} TO {t[2]}{t[0][1]}"),
)
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" ", " AND ", " OR ", " -", " +", " AND NOT ", " OR NOT "]), inner).map(
            "".join
        ),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"NOT ({text})"),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    opened = SqliteIndex(tmp_path_factory.mktemp("model") / "index.db", now=lambda: NOW)
    yield opened
    opened.close()


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(documents, st.lists(queries, min_size=4, max_size=4))
@example([], ["NOT oil", "*", "-revision:*", "a OR b"])
def test_random_queries_agree_with_matches(index, docs, texts_of_queries):
    """Four queries to each of 250 corpora."""
    index.delete(LIVE, "articles", [name for name, _, _ in index.scan("articles", generation=LIVE)])
    assert index.upsert(LIVE, docs) == []
    for text in texts_of_queries:
        try:
            query = parse_query("articles", text, now=NOW)
        except QueryError:
            continue
        page = index.search("articles", text, generation=LIVE, limit=100)
        expected = {one.id for one in docs if matches(query, one.fields)}
        assert {hit.id for hit in page.hits} == expected, text
        assert page.total == len(expected)


floats = st.floats(allow_nan=False, allow_infinity=False)


@given(floats, floats)
def test_digits_of_numbers_are_in_the_numbers_order(one, other):
    assert (one < other) == (number_digits(one) < number_digits(other))


@settings(derandomize=True)
@given(floats, floats, floats)
@example(0.0, 0.0, -0.0)
@example(1.0, 1.0, 1.0)
def test_beginnings_of_numbers_cover_a_range_exactly(low, high, value):
    """Exactly one beginning fits a number within, none one outside, and there are few of them."""
    low, high = sorted((low, high))
    parts = list(cover(number_digits(low), number_digits(high), NUMBERS))
    assert sum(number_digits(value).startswith(part) for part in parts) == (low <= value <= high)
    assert len(parts) <= 2 * 15 * 16


instants = st.integers(-62_135_596_800_000, 253_402_300_799_999)


@settings(derandomize=True)
@given(instants, instants, instants)
@example(1_508_112_000_000, 1_508_198_399_999, 1_508_198_399_999)
def test_beginnings_of_dates_cover_a_range_exactly(low, high, value):
    low, high = sorted((low, high))
    digits = [date_digits(date_text(one)) for one in (low, high, value)]
    parts = list(cover(digits[0], digits[1], DATES))
    assert sum(digits[2].startswith(part) for part in parts) == (low <= value <= high)
    assert len(parts) < 3000


def test_a_range_of_days_is_a_few_beginnings():
    digits = date_digits("2017-09-25T00:00:00.000Z"), date_digits("2017-11-02T23:59:59.999Z")
    parts = list(cover(*digits, DATES))
    assert parts == [*(f"201709{day}" for day in range(25, 31)), "20170931", "201710", "20171101", "20171102"]
    assert all(one < other for one, other in pairwise(parts))
