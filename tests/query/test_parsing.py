"""How queries are read, and what is said of those that can't be."""

import threading
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.documents import DEFAULT_FIELDS, FIELDS
from schemas.errors import QueryError
from schemas.query import MAX_CHARS, MAX_CLAUSES, matches, parse_query
from schemas.query_tree import MAX_DEPTH, And, Between, Everything, Exists, Not, Or, Value, Words

NOW = datetime(2017, 10, 18, 12, 30, tzinfo=UTC)


def word(*words, fields=DEFAULT_FIELDS["articles"], **options):
    return Words(tuple(fields), words, **options)


a, b, c = word("a"), word("b"), word("c")


@pytest.mark.parametrize(
    "text, tree",
    [
        ("", Everything()),
        (" \n\t", Everything()),
        ("*", Everything()),
        ("*:*", Everything()),
        ("a b", And((a, b))),
        ("a AND b", And((a, b))),
        ("a OR b", Or((a, b))),
        ("a b OR c", And((a, Or((b, c))))),
        ("a OR b AND c", Or((a, And((b, c))))),
        ("a b AND c", And((a, And((b, c))))),
        ("NOT a", Not(a)),
        ("-a +b", And((Not(a), b))),
        ("NOT a b", And((Not(a), b))),
        ("((a)) (b OR -c)", And((a, Or((b, Not(c)))))),
        ("a and or not", And((a, word("and"), word("or"), word("not")))),
        ("TO", word("to")),
        ('"a b"', word("a", "b")),
        ("a-b", word("a", "b")),
        ("it's", word("it", "s")),
        ('"a b"~3', word("a", "b", slop=3)),
        ("“a b”", word("a", "b")),
        ("«a b»", word("a", "b")),
        ('"a \\"b\\" c"', word("a", "b", "c")),
        ("pesh*", word("pesh", prefix=True)),
        ("k1-pesh*", word("k1", "pesh", prefix=True)),
        ("pesh\\*", word("pesh")),
        ("wh\\?t", word("wh", "t")),
        ("AND\\: b", And((word("and"), b))),
        ("title:a b", And((word("a", fields=["title"]), b))),
        ("title:(a b)", And((word("a", fields=["title"]), word("b", fields=["title"])))),
        ("title: a", word("a", fields=["title"])),
        ("outlet:RÛDAW", Value("outlet", "rudaw")),
        ('outlet:"BBC  News"', Value("outlet", "bbc news")),
        ("outlet:bbc\\ news", Value("outlet", "bbc news")),
        ("outlet:Rû*", Value("outlet", "ru", prefix=True)),
        ("outlet:*", Exists("outlet")),
        ("outlet:\\*", Value("outlet", "*")),
        ("relevant:TRUE", Value("relevant", "true")),
        ("revision:5", Between("revision", 5, 5)),
        ("revision:-5", Between("revision", -5, -5)),
        ("NOT revision:5", Not(Between("revision", 5, 5))),
        ("-revision:5", Not(Between("revision", 5, 5))),
        ("revision:(1 OR -2)", Or((Between("revision", 1, 1), Between("revision", -2, -2)))),
        ("revision:[-2 TO *]", Between("revision", -2, None)),
        ("revision:1e2", Between("revision", 100, 100)),
        ("revision:>=5", Between("revision", 5, None)),
        ("revision:(>=1 <=5)", And((Between("revision", 1, None), Between("revision", None, 5)))),
    ],
)
def test_reading(text, tree):
    assert parse_query("articles", text, now=NOW).root == tree


@pytest.mark.parametrize(
    "text, position, message",
    [
        ("a AND", 5, "too early"),
        ("a OR  ", 4, "too early"),
        ("outlet:", 7, "too early"),
        ("AND a", 0, "'AND' is out of place"),
        ("a AND OR b", 6, "'OR' is out of place"),
        ("a )", 2, "out of place"),
        ("()", 1, "out of place"),
        ("(a OR (b c", 6, r"'\(' is never closed"),
        ("(a OR (b c)", 0, r"'\(' is never closed"),
        ('a "b', 2, "never closed"),
        ('a "b\\"', 2, "never closed"),
        ("a “b", 2, "never closed"),
        ("revision:[1 TO 2", 9, r"'\[' is never closed"),
        ("a \\", 2, "out of place"),
        ("a~2", 0, "similar spellings"),
        ("b a^2", 2, "boosts"),
        ("b /a.*/", 2, "regular expressions"),
        ('"a b"~1.5', 5, "whole number"),
        ('"a b"~1001', 0, "1000"),
        ("a && b", 2, "write AND"),
        ("a || b", 2, "write OR"),
        ("a !b", 2, "write NOT"),
        ("publshed:2017", 0, "did you mean 'published'"),
        ("a xyzzy:b", 2, "fields are actors, "),
        ("a url:https://x.example/y", 6, "quotation marks"),
        ("title:outlet:a", 6, "field inside the field"),
        ("*:a", 0, "no field"),
        ("*kuk", 0, "leading"),
        ("title:*kuk", 6, "leading"),
        ("a ki*uk", 4, "end of a word"),
        ("a ki?kuk", 4, "end of a word"),
        ("p*", 0, "2 letters"),
        ("outlet:a pesh-*", 9, "letters"),
        ('"…"', 0, "no letter or digit"),
        ("a ... b", 2, "no letter or digit"),
        ('outlet:""', 7, "nothing to look for"),
        ("[1 TO 2]", 0, "needs a field"),
        (">5", 0, "needs a field"),
        ("title:[a TO b]", 6, "is text"),
        ("outlet:>a", 7, "is keyword"),
        ('outlet:"a b"~2', 7, "no text"),
        ("relevant:yes", 9, "true or false"),
        ("revision:five", 9, "no number"),
        ("revision:1e999", 9, "no number"),
        ("revision:nan", 9, "no number"),
        ("revision:1_000", 9, "no number"),
        ("revision:١", 9, "no number"),
        ("revision:[1 TO x]", 15, "no number"),
        ("revision:5*", 9, "range"),
        ("published:yesterday", 10, "no date"),
        ("published:2017-02-30", 10, "no date"),
        ("published:[2017 TO 2017-13]", 19, "no date"),
        ("published:>-1", 11, "quotation marks"),
        ("revision:>-1", 10, "quotation marks"),
    ],
)
def test_faults_say_where_and_what(text, position, message):
    with pytest.raises(QueryError, match=message) as caught:
        parse_query("articles", text, now=NOW)
    assert caught.value.position == position
    assert len(str(caught.value)) < 500


def test_fields_are_those_of_the_kind():
    assert parse_query("events", "type:SEIZE killed:>10").root == And(
        (Value("type", "seize"), Between("killed", 10.000000000000002, None))
    )
    for query in ("spans:x", "location:x"):
        with pytest.raises(QueryError, match="can't be searched"):
            parse_query("events", query)
    assert parse_query("events", "spans:*").root == Exists("spans")
    with pytest.raises(QueryError, match="'type'"):
        parse_query("articles", "type:SEIZE")
    with pytest.raises(QueryError, match="kinds are articles"):
        parse_query("rumours", "a")


def test_words_without_a_field_go_to_the_kinds_default_fields():
    for kind, fields in DEFAULT_FIELDS.items():
        assert parse_query(kind, "a").root == word("a", fields=fields)
        assert all(FIELDS[kind][name] == "text" for name in fields)


HOSTILE = {
    "parentheses": "(" * 10_000 + "a" + ")" * 10_000,
    "parentheses that fit": "(" * 4900 + "a" + ")" * 4900,
    "unclosed": "(" * 9999,
    "megabyte": "a b " * 250_000,
    "nots": "NOT " * 2400 + "a",
    "minuses": "-" * 9900 + "a",
    "pluses": "+" * 9900 + "a",
    "boosts": "a" + "^1" * 4900,
    "fields": "title:" * 1600 + "a",
    "clauses": "a " * 4900,
    "quotes": '"' * 9999,
    "slashes": "/" * 9999,
    "backslashes": "\\" * 9999,
    "controls": "\x00\x01\x1b" * 3333,
    "surrogates": "\ud800" * 9999,
    "stars": "*" * 9999,
    "tildes": "~" * 9999,
    "operators": "AND OR NOT " * 900,
    "brackets": "[{" * 4999,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_queries_are_refused_soon(name):
    started = time.process_time()
    with pytest.raises(QueryError) as caught:
        parse_query("articles", HOSTILE[name])
    assert time.process_time() - started < 2
    assert 0 <= caught.value.position <= MAX_CHARS
    assert len(str(caught.value)) < 500


def test_the_limits_themselves_are_fine():
    deep = "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH
    assert parse_query("articles", deep).root == a
    mixed = "(a OR -" * MAX_DEPTH + "b" + ")" * MAX_DEPTH
    assert matches(parse_query("articles", mixed), {"title": "a"})
    many = parse_query("articles", " OR ".join(["a"] * MAX_CLAUSES))
    assert len(many.root.parts) == MAX_CLAUSES
    assert parse_query("articles", '"' + "(" * 100 + 'a"').root == a
    assert parse_query("articles", "\\(" * 100 + "a").root == a


PARTS = ["(", ")", '"', "a", " AND ", " OR ", " NOT ", "-", "+", ":", "title:", "revision:", "published:", "[", "]"]
PARTS += [
    "{",
    "}",
    " TO ",
    "*",
    "?",
    "~",
    "^",
    "2",
    "/",
    "\\",
    " ",
    "\n",
    "\x00",
    "\u200b",
    "كركوك",
    "<",
    ">",
    "=",
    "now",
]
PARTS += [
    "2017-10-16",
    "||",
    "&&",
    "!",
    "\ud800",
    "1e5",
    "😀",
    "'",
    "outlet:",
    ".",
    "~2",
    "^3",
    '"a b"~4',
    "\ue000",
    "\u3000",
]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_any_text_is_read_or_refused_with_a_position(text):
    position = 0
    try:
        found = matches(parse_query("articles", text, now=NOW), {"title": "a"})
    except QueryError as error:
        found, position = False, error.position
    assert isinstance(found, bool)
    assert 0 <= position <= len(text)


def test_threads_read_queries_at_once():
    """The parser underneath keeps its state in one place."""
    wrong = []

    def work(name: str) -> None:
        for number in range(60):
            if parse_query("articles", f"title:{name}{number} OR b").root.parts[0] != word(
                f"{name}{number}", fields=["title"]
            ):
                wrong.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in "uvwx"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
