"""`kirkuk search`, `show` and `timeline`: reading the index."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TextIO

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors.ports import Hit, Index, Page
from schemas.documents import FIELDS
from schemas.errors import KirkukError, QueryError

KINDS: Final = ("articles", "events", "developments", "alerts")
_ID_FIELDS: Final = {
    "articles": "article_id",
    "events": "event_id",
    "developments": "development_id",
    "alerts": "alert_id",
}
_SUMMARY: Final = {
    "articles": ("published", "outlet", "title"),
    "events": ("published", "type", "outlet", "quote"),
    "developments": ("day", "type", "claim", "sources", "title"),
    "alerts": ("raised", "severity", "rule", "change", "title"),
}
_MARK: Final = re.compile("([\ue000\ue001])")
_SHORTEST_ID: Final = 6
_DATED: Final = re.compile(r" \(\d{1,2} \w+ \d{4}\)$")
"""The day at the end of a title, which has a column of its own in the timeline."""
_DATE_WIDTH: Final = len("2017-10-16T05:00")


def point_at(query: str, error: QueryError) -> str:
    """Return a query error for a person: the message, and the query with a mark under the place."""
    if error.position is None:
        return str(error)
    start = max(0, error.position - 60)
    shown = query[start : error.position + 40].replace("\n", " ")
    return f"{error}\n  {shown}\n  {' ' * (error.position - start)}^"


def print_page(page: Page, kind: str, *, as_json: bool, out: TextIO | None = None) -> None:
    """Print one page of hits: a block a hit for a person, or one JSON document."""
    out = out or sys.stdout
    if as_json:
        out.write(msgspec.json.encode(page).decode() + "\n")
        return
    console = Console(file=out, highlight=False)
    for hit in page.hits:
        console.print(_hit_text(hit, kind))
    for field, counts in page.facets.items():
        console.print(Text(f"{field}: ", "bold") + Text("  ".join(f"{value} {count}" for value, count in counts)))
    total = f"{page.total:,}{'+' if page.total_is_lower_bound else ''}"
    more = f"; next page: --cursor {page.next_cursor}" if page.next_cursor else ""
    console.print(Text(f"{len(page.hits)} of {total} {kind}{more}", "dim"), soft_wrap=True)


def _hit_text(hit: Hit, kind: str) -> Text:
    names = _SUMMARY[kind]
    text = Text(f"{hit.id[:12]}  ", "dim")
    for name in names[:-1]:
        text.append(f"{_short(hit.fields.get(name, ''))}  ", "cyan" if name == names[0] else "")
    headline = hit.highlights.get(names[-1])
    text.append_text(_marked(headline[0]) if headline else Text(str(hit.fields.get(names[-1], "")), "bold"))
    for field, fragments in hit.highlights.items():
        if field != names[-1]:
            for fragment in fragments[:2]:
                text.append("\n    … ").append_text(_marked(fragment)).append(" …")
    return text


def _short(value: Any) -> str:
    """Cut an index date to minutes, or to its day when that is all it says."""
    text = str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text):
        return text[:10] if text.endswith("T00:00:00.000Z") else text[:_DATE_WIDTH].replace("T", " ")
    return text


def _marked(fragment: str) -> Text:
    text, inside = Text(), False
    for part in _MARK.split(fragment.replace("\n", " ")):
        if part in {"\ue000", "\ue001"}:
            inside = part == "\ue000"
        else:
            text.append(part, "bold reverse" if inside else "")
    return text


def find(index: Index, wanted: str) -> tuple[str, dict[str, Any]]:
    """Return kind and fields of the document with this id, or the only one whose id begins so.

    Raises KirkukError when there is none or several.
    """
    for kind in KINDS:
        fields = index.get(kind, wanted)
        if fields is not None:
            return kind, fields
    if len(wanted) < _SHORTEST_ID or not re.fullmatch(r"[0-9a-f]+", wanted):
        raise KirkukError(f"{wanted}: not an id; ids are hex, at least {_SHORTEST_ID} digits of them")
    found = [
        (kind, hit.fields)
        for kind in KINDS
        for hit in index.search(kind, f"{_ID_FIELDS[kind]}:{wanted}*", limit=2).hits
    ]
    if len(found) != 1:
        what = "nothing has" if not found else "several documents have"
        raise KirkukError(f"{wanted}: {what} an id that begins so; `kirkuk search` shows ids")
    return found[0]


def print_document(
    index: Index, kind: str, fields: Mapping[str, Any], *, as_json: bool, out: TextIO | None = None
) -> None:
    """Print one document with what belongs to it: an article's events, a development's reports."""
    out = out or sys.stdout
    events = list(_events_of(index, kind, fields))
    if as_json:
        related = {"events": events} if kind in {"articles", "developments"} else {}
        out.write(msgspec.json.encode({"kind": kind, **fields, **related}).decode() + "\n")
        return
    console = Console(file=out, highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name in FIELDS[kind]:
        if name in fields and name not in {"spans", "event_ids", "article_ids", "location"}:
            table.add_row(Text(name, "dim"), _plain(fields[name]))
    console.print(table)
    for event in events:
        console.print(_event_line(event))


def _plain(value: Any) -> Text:
    return Text(", ".join(map(str, value)) if isinstance(value, list) else _short(value))


def _event_line(event: Mapping[str, Any]) -> Text:
    text = Text(f"  {event['type']}{'/' + event['mode'] if event.get('mode') else ''} ", "bold")
    text.append(" + ".join(event.get("actors", ())) or "?")
    if event.get("recipients"):
        text.append(" → " + " + ".join(event["recipients"]))
    if event.get("places"):
        text.append(" @ " + ", ".join(event["places"]))
    marks = [event["realis"], event["claim"], *(["negated"] if event.get("negated") else [])]
    text.append(f"  {' '.join(mark for mark in marks if mark not in {'actual', 'asserted'})}", "yellow")
    text.append(f"\n    “{event['quote']}” {event.get('outlet', '')}", "dim")
    return text


def _events_of(index: Index, kind: str, fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if kind in {"articles", "developments"}:
        found = (index.get("events", event_id) for event_id in fields.get("event_ids", ()))
        yield from (event for event in found if event is not None)


def timeline(index: Index, query: str = "") -> list[dict[str, Any]]:
    """Return the developments that a query selects, by day, then by when they were first seen. Raises QueryError."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = index.search("developments", query, limit=500, cursor=cursor)
        rows.extend(hit.fields for hit in page.hits)
        cursor = page.next_cursor
        if cursor is None:
            return sorted(rows, key=lambda row: (row.get("day", ""), row["first_seen"], row["development_id"]))


def print_timeline(rows: Sequence[Mapping[str, Any]], *, as_json: bool, out: TextIO | None = None) -> None:
    """Print developments, a line each; as JSON lines with `as_json`."""
    out = out or sys.stdout
    if as_json:
        out.writelines(msgspec.json.encode(row).decode() + "\n" for row in rows)
        return
    console = Console(file=out, highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("day", "id", "type", "claim", "sources", "development"):
        table.add_column(name)
    for row in rows:
        claim = str(row.get("claim", ""))
        reports = f"{row.get('sources', 0)} of {row.get('sources', 0) + row.get('copies', 0)}"
        table.add_row(
            _short(row.get("day", "")),
            Text(row["development_id"][:8], "dim"),
            str(row["type"]),
            Text(claim, "red" if claim in {"denied", "disputed"} else ""),
            reports,
            Text(_DATED.sub("", str(row.get("title", "")))),
        )
    console.print(table)
