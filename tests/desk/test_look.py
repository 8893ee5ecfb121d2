"""What the reading commands print."""

import io
import json

from desk.look import point_at, print_timeline
from schemas.errors import QueryError

ROW = {
    "day": "2017-10-16T00:00:00.000Z",
    "development_id": "a" * 32,
    "type": "SEIZE",
    "claim": "denied",
    "sources": 2,
    "copies": 1,
    "title": "Iraqi forces take Kirkuk (16 October 2017)",
    "first_seen": "2017-10-16T05:00:00.000Z",
}


def test_a_timeline_says_each_day_once():
    """The day stands in its column, and not again behind the title; independent reports are told from copies."""
    out = io.StringIO()
    print_timeline([ROW], as_json=False, out=out)
    assert out.getvalue().count("2017") == 1
    assert "Iraqi forces take Kirkuk" in " ".join(out.getvalue().split())
    assert "2 of 3" in out.getvalue()


def test_a_timeline_as_json_is_a_line_each():
    """Programs get the whole rows."""
    out = io.StringIO()
    print_timeline([ROW, ROW], as_json=True, out=out)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [ROW, ROW]


def test_a_bad_query_is_pointed_at():
    """The mark stands under the fault."""
    lines = point_at("outlet:x AND (", QueryError("a bracket is open", 13)).splitlines()
    assert lines[0] == "a bracket is open"
    assert lines[2].index("^") == lines[1].index("(")
