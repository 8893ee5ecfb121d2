"""The reader of KQL: what it takes, how it binds, and that it refuses what it does not understand."""

import pytest

from schemas.errors import QueryError
from schemas.kibana_checks.kql import All, Any, Not, Term, read_kql


def term(field, *values, operator=":"):
    return Term(field, operator, values)


@pytest.mark.parametrize(
    "text,tree",
    [
        ("", All(())),
        ("   ", All(())),
        ("type: SEIZE", term("type", "SEIZE")),
        ("type:SEIZE", term("type", "SEIZE")),
        ("type: (SEIZE or RETREAT)", term("type", "SEIZE", "RETREAT")),
        ('title: "left \\"K1\\" (base)"', term("title", 'left "K1" (base)')),
        ("killed >= 10", term("killed", "10", operator=">=")),
        ("killed<10", term("killed", "10", operator="<")),
        ("published: *", term("published", "*")),
        ("not a: b", Not(term("a", "b"))),
        ("NOT a: b AND c: d", All((Not(term("a", "b")), term("c", "d")))),
        ("a: b or c: d and e: f", Any((term("a", "b"), All((term("c", "d"), term("e", "f")))))),
        ("(a: b or c: d) and e: f", All((Any((term("a", "b"), term("c", "d"))), term("e", "f")))),
        ("not (a: b or c: d)", Not(Any((term("a", "b"), term("c", "d"))))),
        ("place: كركوك", term("place", "كركوك")),
    ],
)
def test_queries_bind_as_in_kibana(text, tree):
    """`and` binds closer than `or`, `not` closest; words of the language may be in any case; quotes hold anything."""
    assert read_kql(text) == tree


@pytest.mark.parametrize(
    "text,position",
    [
        ("withdrawal", 10),
        ("type:", 5),
        ("type: SEIZE RETREAT", 12),
        ("type: (SEIZE", 12),
        ("type: (SEIZE and RETREAT)", 13),
        ("type: or", 6),
        ("(type: SEIZE", 12),
        ("type: SEIZE)", 11),
        ("type: SEI*", 6),
        ("a: { b: c }", 3),
        ('title: "open', 7),
        ("killed >= 1 or", 14),
        ("killed ( 1", 7),
        ("not", 3),
        ("(" * 200 + "a: b" + ")" * 200, 51),
        ("not " * 20_000 + "a: b", 204),
    ],
)
def test_what_is_not_understood_is_refused_at_its_place(text, position):
    """Free words, open brackets, wildcards in words, nested fields and depth without end are faults with a position."""
    with pytest.raises(QueryError) as told:
        read_kql(text)
    assert told.value.position == position
