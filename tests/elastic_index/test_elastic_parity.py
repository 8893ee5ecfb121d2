"""The same queries find the same on the search server as `matches` says and as the SQLite file finds.

One corpus of odd texts stands in both; the queries are made of its own words, so that they find something.
"""

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.sqlite_index import SqliteIndex
from schemas.analysis import words
from schemas.documents import FIELDS, Document, date_text
from schemas.errors import QueryError
from schemas.query import matches, parse_query
from tests.contracts.index_play import LIVE, MONDAY, NOW, emptied

TEXTS = (
    "Peshmerga withdraw from Kirkuk; PUK units left the K1 base before dawn. It's a-b_c/d 72.16% (½) №5 x²",
    "القوّات العراقيّة في كـركوك. انسحبت البيشمركة؛ ١٢٣ قتيلاً و٤٥٫٦٪ … «مدينة» مُحَمَّد أإآا ؤئ ىي ة",
    "هێزەکانی پێشمەرگە کشانەوە لە کەرکووک. ۱۲ کەس؛ ڕۆژی دووشەممە ـــ گەڵ",
    "نیروهای عراقی وارد کرکوک شدند؛ گزارش می‌شود که پیشمرگه‌ها عقب‌نشینی کرده‌اند ۱۳۹۶",
    "Irak güçleri KERKÜK'e girdi: Iğdır ve İstanbul'dan IŞIK, ığ üğşçö ÎÂ — i̇stanbul ISPARTA ısparta",
    "Barzanî: “Em ê bimînin” li Hewlêrê; Kerkûk, çû, şer, ÊÎÛ êîû X̌ Q́ w̱",
    "Straße STRASSE ſtrasse ﬁre Ⅷ ①② ｋｉｒｋｕｋ K\u200biru\u00adk\u2060uk ﷺ ʻaʼb’c Ærø œuvre Đorđe łódź",
    "日本語のテキスト 한국어 텍스트 ไทย 𝐊𝐢𝐫𝐤𝐮𝐤 𐌰𐌱𐌲 😀🇮🇶 e\u0301\u0301\u0301 \u202eabc\u202c a\u0300b",
    'AND OR NOT kirkuk TO * ? ~ ^ : \\ / [] {} () "quoted" lookup.words.title <em>kirkuk</em> \ue000x\ue001',
    "a a a b a a b c; the the the end — kirkuk kirkuk oil kirkuk",
    "0 00 007 1e5 -0 1,000,000 2017-10-16T05:00Z http://a.example/?b=c&d=é me@a.example @kirkuk #kirkuk $5",
    "x" * 700 + " " + "ك" * 300 + " tail\ttab\nline\r\nend\x00nul\x0b\x1f",
    "",
    " \u00a0\u2003. , ;",
)
VALUES = (
    "PUK",
    "puk",
    "Rûdaw",
    "a b",
    "a\tb",
    "x:y=z",
    "k" * 1500,
    "k" * 1000 + "z",
    "'\"\\",
    "كركوك",
    "*",
    "\x1f",
    "?",
)
NUMBERS = (0, -1, 1, 3, 10, 2**53, -(2**53))
FLOATS = (0.0, -0.0, 0.25, -1.5, 1e300, -1e300, 5e-324)


def moment(number: int) -> str:
    """One date in a minute of its own around the present, or one of the extremes."""
    extremes = {3: "0001-01-01T00:00:00.000Z", 4: "9999-12-31T23:59:59.999Z", 5: "1969-12-31T23:59:59.999Z"}
    return extremes.get(number, date_text(MONDAY + timedelta(hours=7 * number, milliseconds=number)))


def article(number: int) -> Document:
    """Make an article with some of the fields."""
    fields = {
        "published": moment(number),
        "title": TEXTS[number * 5 % len(TEXTS)],
        "text": "\n".join(TEXTS[one % len(TEXTS)] for one in range(number, number + number % 3)),
        "outlet": VALUES[number % len(VALUES)],
        "actors": [VALUES[one % len(VALUES)] for one in range(number, number + number % 4)],
        "revision": NUMBERS[number % len(NUMBERS)],
        "relevant": number % 2 == 0,
    }
    kept = [name for place, name in enumerate(fields) if number < 7 or (number + place) % 4]
    return Document("articles", f"a{number}", 1, {name: fields[name] for name in kept})


def event(number: int) -> Document:
    """Make an event with a score and a place on the map."""
    fields = {
        "published": moment(number + 10),
        "quote": TEXTS[number % len(TEXTS)],
        "score": FLOATS[number % len(FLOATS)],
        "location": [{"lat": 90 - number * 4, "lon": -180 + number * 8}],
        "spans": [{"any": ["", None, {"": number}, 1e300, "\ue000"]}, number][number % 2],
        "negated": number % 3 == 0,
    }
    return Document("events", f"e{number}", 1, fields)


DOCUMENTS = [article(number) for number in range(60)] + [event(number) for number in range(40)]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


chunks = st.sampled_from(sorted({chunk for text in TEXTS for chunk in text.split()}))
bare = chunks.map(lambda chunk: "".join(f"\\{one}" if one in '+-&|!(){}[]^"~*?:\\/<>=' else one for one in chunk))
values = st.sampled_from(VALUES).map(_quoted)
numbers = st.one_of(
    st.sampled_from(NUMBERS + FLOATS).map(lambda number: f'"{number}"'), st.sampled_from(["*", "2.5", '"-1e400"'])
)
dates = st.one_of(
    st.integers(0, 60).map(lambda number: f'"{moment(number)}"'), st.sampled_from(["*", "2017", "now-2d/d", "0001"])
)


def ranges(field: str, ends: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Make ranges of a field, open, half-open or closed."""
    signs = st.sampled_from([":", ":>", ":>=", ":<", ":<="])
    return st.one_of(
        st.tuples(st.sampled_from("[{"), ends, ends, st.sampled_from("]}")).map(
            lambda t: f"{field}:{t[0]}{t[1]} TO {t[2]}{t[3]}"
        ),
        st.tuples(signs, ends.filter(lambda end: end != "*")).map(lambda pair: field + "".join(pair)),
    )


def leaves(kind: str) -> st.SearchStrategy[str]:
    """Make clauses about the fields of one kind."""
    clauses = [
        near_by(),
        chunks.map(_quoted),
        bare,
        st.tuples(bare, st.integers(2, 6)).map(lambda pair: f"{pair[0][: pair[1]]}*"),
        st.lists(chunks, min_size=2, max_size=4).map(lambda found: _quoted(" ".join(found))),
        st.tuples(st.lists(chunks, min_size=1, max_size=4), st.integers(0, 9)).map(
            lambda pair: f"{_quoted(' '.join(pair[0]))}~{pair[1]}"
        ),
        st.sampled_from(TEXTS).flatmap(
            lambda text: st.integers(0, max(len(text.split()) - 3, 0)).map(
                lambda at: _quoted(" ".join(text.split()[at : at + 3]))
            )
        ),
        st.sampled_from(sorted(FIELDS[kind])).map(lambda field: f"{field}:*"),
        ranges("published", dates),
    ]
    own = {
        "articles": [
            values.map(lambda value: f"outlet:{value}"),
            values.map(lambda value: f"actors:{value}"),
            st.sampled_from(["outlet:p*", "actors:k*", "relevant:true", "outlet:x\\:*", "title:(kirkuk -oil)"]),
            ranges("revision", numbers),
        ],
        "events": [ranges("score", numbers), st.sampled_from(["negated:false", "quote:kirkuk", "spans:*"])],
    }
    return st.one_of(*clauses, *own[kind])


@st.composite
def near_by(draw: st.DrawFn) -> str:
    """Make a clause of words that stand in one text, about as far apart as it says."""
    found = words(draw(st.sampled_from([text for text in TEXTS if len(words(text)) > 5])))
    at = sorted(draw(st.sets(st.integers(0, len(found) - 1), min_size=2, max_size=3)))
    apart = at[-1] - at[0] + 1 - len(at)
    order = draw(st.permutations([found[one] for one in at]))
    return f"{_quoted(' '.join(order))}~{max(apart + draw(st.integers(-1, 1)), 0)}"


def queries(kind: str) -> st.SearchStrategy[tuple[str, str]]:
    """Make queries to one kind."""
    joins = st.sampled_from([" ", " AND ", " OR ", " -", " AND NOT ", " OR NOT "])
    return st.recursive(
        leaves(kind),
        lambda inner: st.one_of(
            st.tuples(inner, joins, inner).map("".join),
            inner.map(lambda text: f"({text})"),
            inner.map(lambda text: f"NOT ({text})"),
        ),
        max_leaves=6,
    ).map(lambda text: (kind, text))


@pytest.fixture(scope="module")
def both(elastic_server, tmp_path_factory):
    """The corpus on the search server and in a file."""
    file = SqliteIndex(tmp_path_factory.mktemp("parity") / "index.db", now=lambda: NOW)
    for index in emptied(f"{elastic_server.url}/parity{os.getpid()}"):
        for one in (index, file):
            assert one.upsert(LIVE, DOCUMENTS) == []
            one.promote(LIVE)
        yield index, file
    file.close()


def test_every_field_comes_back_as_it_was_sent(both):
    """Odd texts, extreme numbers and dates, and stored values of any shape; in every way of reading."""
    index, _ = both
    for kind in ("articles", "events"):
        sent = {one.id: one.fields for one in DOCUMENTS if one.kind == kind}
        assert {name: fields for name, _, fields in index.scan(kind)} == sent
        assert {name: index.get(kind, name) for name in sent} == sent
        assert {hit.id: hit.fields for hit in index.search(kind, "", limit=100).hits} == sent


@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.one_of(queries("articles"), queries("events")))
@example(("articles", "NOT (NOT (kirkuk OR NOT oil) OR (-title:* AND text:*))"))
@example(("articles", 'revision:>"-1e400" revision:[* TO 1e300}'))
@example(("events", "score:0"))
@example(("events", 'score:["-0.0" TO 0]'))
@example(("articles", "published:<1970"))
def test_random_queries_find_the_same_everywhere(both, asked):
    """The same documents in the same order, with the same totals, facets and highlights."""
    kind, text = asked
    try:
        query = parse_query(kind, text, now=NOW)
    except QueryError:
        return
    facets = ["outlet", "actors", "relevant"] if kind == "articles" else ["negated"]
    pages = [index.search(kind, text, limit=100, facets=facets, highlight=True) for index in both]
    assert {hit.id for hit in pages[0].hits} == {
        one.id for one in DOCUMENTS if one.kind == kind and matches(query, one.fields)
    }
    for of in ("hits", "total", "facets"):
        assert getattr(pages[0], of) == getattr(pages[1], of), of


def test_facets_go_by_the_same_order_and_spelling_everywhere(both):
    """Most frequent first, equal ones by name, spellings that fold alike as one; days of dates."""
    facets = [name for name, of in FIELDS["articles"].items() if of in {"keyword", "keywords", "boolean", "date"}]
    one, other = (index.search("articles", "", facets=facets).facets for index in both)
    assert one == other
    assert len(one["actors"]) > 5
    assert len(one["published"]) > 20
