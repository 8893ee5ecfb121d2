"""What must hold between the parts of a playbook. Each check yields faults as `file: key: what; remedy`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from desk.demo.playbook import Head, Label, Outlet, Playbook, Story, version_of

XML_ENCODINGS = ("utf-8", "utf-16", "windows-1256")
"""What the shipped formats are written in; all of them are known to every XML reader."""


def check_playbook(playbook: Playbook) -> list[str]:
    """Return everything that is wrong between the parts."""
    return [
        *_check_head(playbook.head),
        *_twice("outlets.yaml: outlets", playbook.outlets),
        *_twice("articles: articles", playbook.stories),
        *_twice("labels.yaml: labels", playbook.labels),
        *(fault for outlet in playbook.outlets for fault in _check_outlet(outlet)),
        *(fault for story in playbook.stories for fault in _check_story(playbook, story)),
        *(fault for label in playbook.labels for fault in _check_label(playbook, label)),
    ]


def _twice(where: str, parts: Iterable[Any]) -> Iterator[str]:
    counts = Counter(part.id for part in parts)
    yield from (f"{where}[{key}]: the id stands {count} times; keep one" for key, count in counts.items() if count > 1)


def _check_head(head: Head) -> Iterator[str]:
    if head.ends <= head.begins:
        yield "crisis.yaml: ends: lies before begins; put it after"
    if head.seconds <= 0:
        yield "crisis.yaml: seconds: must be over 0"
    for knot, later in pairwise(head.knots):
        if later.at <= knot.at or later.share <= knot.share:
            yield f"crisis.yaml: pace: {later.at} must come later, and with a larger share, than {knot.at}"


def _check_outlet(outlet: Outlet) -> Iterator[str]:
    where = f"outlets.yaml: outlets[{outlet.id}]"
    if outlet.encoding not in XML_ENCODINGS:
        yield f"{where}.encoding: use one of {', '.join(XML_ENCODINGS)}"
    if outlet.newest < 1:
        yield f"{where}.newest: must be 1 or more"
    for fault in outlet.faults:
        if fault.ends is not None and fault.ends <= fault.begins:
            yield f"{where}.faults: {fault.kind} ends before it begins; put ends after begins"


def _check_story(playbook: Playbook, story: Story) -> Iterator[str]:
    where = f"articles: articles[{story.id}]"
    if story.outlet not in playbook.outlet:
        yield f"{where}.outlet: {story.outlet!r} is not in outlets.yaml; add it or correct the name"
    if not playbook.head.begins <= story.at <= playbook.head.ends:
        yield f"{where}.at: lies outside the play; move it between begins and ends of crisis.yaml"
    if story.copy_of is None and not story.text.strip():
        yield f"{where}.text: is empty; write it, or name the original with copy_of"
    if story.copy_of is not None:
        yield from _check_copy(playbook, story, where)
    times = [story.at, *(edit.at for edit in story.edits)]
    if any(later <= earlier for earlier, later in pairwise(times)):
        yield f"{where}.edits: each must come after what it edits; order them by at"


def _check_copy(playbook: Playbook, story: Story, where: str) -> Iterator[str]:
    original = playbook.story.get(story.copy_of or "")
    if original is None:
        yield f"{where}.copy_of: there is no article {story.copy_of!r}; correct the id"
    elif original.copy_of is not None:
        yield f"{where}.copy_of: {original.id} is a copy itself; name the original, {original.copy_of}"
    elif story.text:
        yield f"{where}.text: a copy has the original's text; use lead and tail, or leave out copy_of"


def _check_label(playbook: Playbook, label: Label) -> Iterator[str]:
    where = f"labels.yaml: labels[{label.id}]"
    if not label.types or not label.reported_by or not label.days:
        yield f"{where}: types, days and reported_by must each name at least one"
    for day in label.days:
        if not _is_day(day):
            yield f"{where}.days: {day!r} is no day; write it as 2017-10-16"
    refs = [*label.reported_by, *(ref for refs in label.changes.values() for ref in refs)]
    for ref in refs:
        if fault := _ref_fault(playbook, ref):
            yield f"{where}: {fault}"
    if label.non_english_only and any(_language(playbook, ref) == "en" for ref in label.reported_by):
        yield f"{where}.non_english_only: an English article reports it; correct one of the two"


def _is_day(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _ref_fault(playbook: Playbook, ref: str) -> str:
    try:
        version = version_of(ref)
    except ValueError:
        return f"{ref!r} names no version; write the article's id, or id#1 for its first edit"
    story = playbook.story.get(version.story)
    if story is None:
        return f"there is no article {version.story!r}; correct the id"
    if version.number > len(story.edits):
        return f"{ref!r}: the article has {len(story.edits)} edits; correct the number"
    return "" if story.relevant else f"{ref!r} is marked as not relevant; correct one of the two"


def _language(playbook: Playbook, ref: str) -> str | None:
    story = playbook.story.get(ref.partition("#")[0])
    outlet = playbook.outlet.get(story.outlet) if story is not None else None
    return outlet.language if outlet is not None else None
