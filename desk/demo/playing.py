"""What each feed serves at each moment of the play. Pure: the moment is always given.

elapsed seconds -> `moment_at` -> play time -> `items_at`, `fault_at` -> `answer`
"""

import gzip
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from itertools import pairwise
from typing import Final, NamedTuple

from desk.demo.formats import Item, arm, content_type, malform, render
from desk.demo.playbook import FaultKind, Head, Outlet, Playbook, Story, Version

OK: Final = 200
NOT_MODIFIED: Final = 304
GONE: Final = 410
UNAVAILABLE: Final = 503


class Answer(NamedTuple):
    """What to send. `hang_up`: send nothing and break the connection. `shown`: the versions that the body holds."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    shown: tuple[Version, ...] = ()
    hang_up: bool = False


def moment_at(head: Head, elapsed_s: float, seconds: float) -> datetime:
    """Return the play time after `elapsed_s` of a play that lasts `seconds`; it stands still before and after."""
    share = min(max(elapsed_s / seconds, 0.0), 1.0)
    for knot, end in pairwise(head.knots):
        if share <= end.share:
            return knot.at + (end.at - knot.at) * ((share - knot.share) / (end.share - knot.share))
    return head.ends


def elapsed_at(head: Head, moment: datetime, seconds: float) -> float:
    """Return after how many seconds the play comes to `moment`: the inverse of `moment_at`."""
    for knot, end in pairwise(head.knots):
        if moment <= end.at:
            return seconds * (knot.share + (end.share - knot.share) * ((moment - knot.at) / (end.at - knot.at)))
    return seconds


def items_at(playbook: Playbook, outlet: Outlet, moment: datetime) -> tuple[Item, ...]:
    """Return the feed's items, newest first; older ones have rolled off its end."""
    out = [story for story in playbook.stories if story.outlet == outlet.id and story.at <= moment]
    newest = sorted(out, key=lambda story: (story.at, story.id), reverse=True)[: outlet.newest]
    return tuple(_item(playbook, outlet, story, moment) for story in newest)


def story_url(outlet: Outlet, story: Story) -> str:
    """Return an article's address. Its last segment is the article's id."""
    return f"{outlet.site}/{story.at.astimezone(UTC):%Y/%m/%d}/{story.id}"


def _item(playbook: Playbook, outlet: Outlet, story: Story, moment: datetime) -> Item:
    made = [edit for edit in story.edits if edit.at <= moment]
    title, text = playbook.title_and_text(story, len(made))
    return Item(
        version=Version(story.id, len(made)),
        url=story_url(outlet, story),
        title=title,
        text=text,
        published=story.at,
        updated=max((edit.at for edit in made if edit.noted), default=story.at),
        author=story.author,
        category=story.category,
        scripted=story.scripted,
    )


def fault_at(outlet: Outlet, moment: datetime) -> FaultKind | None:
    """Return what the feed does wrong now; of several faults the first in the list."""
    for fault in outlet.faults:
        if fault.begins <= moment and (fault.ends is None or moment < fault.ends):
            return fault.kind
    return None


def changed_at(playbook: Playbook, outlet: Outlet, moment: datetime) -> datetime:
    """Return when the feed's body last changed, in play time, to the second."""
    moments = [playbook.head.begins]
    for story in playbook.stories:
        if story.outlet == outlet.id:
            moments += [story.at, *(edit.at for edit in story.edits)]
    for fault in outlet.faults:
        moments += [fault.begins, *([fault.ends] if fault.ends else [])]
    return max(at for at in moments if at <= moment).replace(microsecond=0)


def answer(playbook: Playbook, outlet: Outlet, moment: datetime, asked: Mapping[str, str]) -> Answer:
    """Decide the response to a request with the headers `asked` (lower-case names)."""
    fault = fault_at(outlet, moment)
    if fault == "reset":
        return Answer(0, hang_up=True)
    if fault == "unavailable":
        return Answer(UNAVAILABLE, {"content-type": "text/plain"}, b"over capacity\n")
    if fault == "gone":
        return Answer(GONE, {"content-type": "text/plain"}, b"this feed has been closed\n")
    items = items_at(playbook, outlet, moment)
    body = _spoil(render(outlet, items), outlet, fault)
    headers = _validators(outlet, body, changed_at(playbook, outlet, moment))
    if _is_known(headers, asked):
        return Answer(NOT_MODIFIED, headers)
    headers["content-type"] = content_type(outlet)
    if outlet.gzip and "gzip" in asked.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        body = gzip.compress(body, mtime=0)
    return Answer(OK, headers, body, tuple(item.version for item in items))


def _spoil(body: bytes, outlet: Outlet, fault: FaultKind | None) -> bytes:
    if fault == "malformed":
        return malform(body, outlet.encoding)
    return arm(body, outlet.encoding) if fault == "entity-bomb" else body


def _validators(outlet: Outlet, body: bytes, changed: datetime) -> dict[str, str]:
    headers: dict[str, str] = {}
    if "etag" in outlet.validators:
        headers["etag"] = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    if "last-modified" in outlet.validators:
        headers["last-modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    return headers


def _is_known(headers: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    """Tell whether the client has this body. A tag outranks a date, as HTTP has it."""
    if "etag" in headers and "if-none-match" in asked:
        return headers["etag"] in asked["if-none-match"]
    if "last-modified" not in headers or "if-modified-since" not in asked:
        return False
    since = _http_date(asked["if-modified-since"])
    changed = _http_date(headers["last-modified"])
    return since is not None and changed is not None and changed - since <= timedelta(0)


def _http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
