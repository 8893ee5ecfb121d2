"""The playbook of a crisis: outlets, articles with their edits, and what a careful reader finds in them.

crisis.yaml (the head) + outlets.yaml + labels.yaml + articles/*.yaml -> `load_playbook` -> Playbook

Times in the files carry their offset. A reference to one version of an article is its id, or `id#1` for what it says
after its first edit, `id#2` after the second.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from schemas.errors import ConfigError
from schemas.strict_convert import convert
from schemas.yaml_files import read_yaml

DEFAULT_FOLDER: Final = Path(__file__).parent / "crisis"

Format = Literal["rss2", "rss2-content", "rss091", "rdf", "atom", "jsonfeed"]
FaultKind = Literal["unavailable", "reset", "malformed", "entity-bomb", "gone"]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything that stands in a playbook's files."""


class Fault(_Part, frozen=True, kw_only=True):
    """What a feed does wrong between two moments of the play; `ends` None: from `begins` on.

    unavailable: answers 503. reset: hangs up without an answer. malformed: XML that is not well formed. entity-bomb: a
    document type whose entities unfold without end. gone: answers 410.
    """

    kind: FaultKind
    begins: datetime
    ends: datetime | None = None


class Outlet(_Part, frozen=True, kw_only=True):
    """One outlet with its feed. `publisher` is the family that owns it.

    `site` is the address its links begin with. `newest`: how many items the feed keeps. `validators` are the response
    headers by which a client can ask whether anything is new.
    """

    id: str
    name: str
    publisher: str
    country: str
    language: str
    format: Format
    site: str
    newest: int = 15
    encoding: str = "utf-8"
    gzip: bool = False
    validators: tuple[Literal["etag", "last-modified"], ...] = ("etag", "last-modified")
    faults: tuple[Fault, ...] = ()


class Edit(_Part, frozen=True, kw_only=True):
    """What an article says from a later moment on; what is None stays. `noted`: the feed's date of update moves."""

    at: datetime
    title: str | None = None
    text: str | None = None
    noted: bool = False


class Story(_Part, frozen=True, kw_only=True):
    """One article. Paragraphs of `text` end with a line break.

    `copy_of` names the article whose text this is, under another title and between `lead` and `tail`. `relevant` is
    what a careful reader would say of it by the schema's definition. `scripted`: the feed serves it laden with scripts.
    """

    id: str
    outlet: str
    at: datetime
    title: str
    text: str = ""
    relevant: bool
    author: str | None = None
    category: str | None = None
    edits: tuple[Edit, ...] = ()
    copy_of: str | None = None
    lead: str = ""
    tail: str = ""
    scripted: bool = False


class Label(_Part, frozen=True, kw_only=True):
    """One development that a careful reader finds in the articles.

    `types` are the event types under which it may be filed, `places` the ids of which it must have one (none: any),
    `days` its days, give or take `tolerance_days`; `actors_any`: it must have one of them among its actors or
    recipients (none: anybody). `reported_by` are the articles that tell it. An `alerted` one must have an alert by the
    shipped rules, and one for each kind of `changes`, which maps them to the articles that bring them. A `minor` one is
    true but need not be found.
    """

    id: str
    what: str
    types: tuple[str, ...]
    days: tuple[str, ...]
    reported_by: tuple[str, ...]
    places: tuple[str, ...] = ()
    actors_any: tuple[str, ...] = ()
    tolerance_days: int = 1
    changes: Mapping[str, tuple[str, ...]] = {}
    non_english_only: bool = False
    alerted: bool = True
    minor: bool = False


class Pace(_Part, frozen=True, kw_only=True):
    """At `share` of the playing time the play has come to `at`."""

    at: datetime
    share: float


class Head(_Part, frozen=True, kw_only=True):
    """crisis.yaml: what is played, from when to when, in how many seconds, and where time runs slower."""

    name: str
    begins: datetime
    ends: datetime
    seconds: float = 60.0
    pace: tuple[Pace, ...] = ()

    @property
    def knots(self) -> list[Pace]:
        """The play's course: from 0 at its beginning to 1 at its end, straight between the knots."""
        return [Pace(at=self.begins, share=0.0), *self.pace, Pace(at=self.ends, share=1.0)]


class Version(NamedTuple):
    """One version of one article: 0 is the first, each edit makes the next."""

    story: str
    number: int

    @property
    def ref(self) -> str:
        """How files and reports write it."""
        return f"{self.story}#{self.number}" if self.number else self.story


def version_of(ref: str) -> Version:
    """Read a reference. Raises ValueError."""
    story, mark, number = ref.partition("#")
    return Version(story, int(number) if mark else 0)


class Playbook(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A whole crisis, checked: every reference leads somewhere."""

    head: Head
    outlets: tuple[Outlet, ...]
    stories: tuple[Story, ...]
    labels: tuple[Label, ...]

    @cached_property
    def outlet(self) -> Mapping[str, Outlet]:
        """Outlets by id."""
        return {outlet.id: outlet for outlet in self.outlets}

    @cached_property
    def story(self) -> Mapping[str, Story]:
        """Articles by id."""
        return {story.id: story for story in self.stories}

    def title_and_text(self, story: Story, number: int) -> tuple[str, str]:
        """Return what version `number` of an article says."""
        title, text = story.title, self._first_text(story)
        for edit in story.edits[:number]:
            title, text = edit.title or title, edit.text or text
        return title, text

    def _first_text(self, story: Story) -> str:
        if story.copy_of is None:
            return story.text
        return "\n".join(part for part in (story.lead, self.story[story.copy_of].text, story.tail) if part)


class _Entries(NamedTuple):
    """The readable entries of one file, and the faults of the others."""

    values: list[Any]
    faults: list[str]


def load_playbook(folder: Path = DEFAULT_FOLDER) -> Playbook:
    """Read and check a playbook. Raises ConfigError that lists every fault as `file: key: what; remedy`."""
    from desk.demo.playbook_checks import check_playbook

    content, faults = _content(folder / "crisis.yaml")
    head, found = convert(content, Head, "") if content is not None else (None, [])
    faults += _in_file("crisis.yaml", found)
    outlets = _entries(folder, "outlets.yaml", "outlets", Outlet)
    labels = _entries(folder, "labels.yaml", "labels", Label)
    chapters = [
        _entries(folder, f"articles/{path.name}", "articles", Story) for path in sorted(folder.glob("articles/*.yaml"))
    ]
    for entries in (outlets, labels, *chapters):
        faults += entries.faults
    if faults or head is None:
        raise ConfigError(f"{folder}: " + "\n".join(faults))
    stories = [story for chapter in chapters for story in chapter.values]
    playbook = Playbook(
        head=head,
        outlets=tuple(outlets.values),
        stories=tuple(sorted(stories, key=lambda story: (story.at, story.id))),
        labels=tuple(labels.values),
    )
    if faults := check_playbook(playbook):
        raise ConfigError(f"{folder}: " + "\n".join(faults))
    return playbook


def _content(path: Path) -> tuple[Any, list[str]]:
    parsed = read_yaml(path)
    return parsed.content, _in_file(path.name, parsed.faults)


def _in_file(name: str, faults: Any) -> list[str]:
    return [f"{name}: {fault}" for fault in faults]


def _entries(folder: Path, name: str, key: str, kind: type[_Part]) -> _Entries:
    """Read the list under `key` of one file."""
    content, faults = _content(folder / name)
    if faults:
        return _Entries([], faults)
    if not isinstance(content, dict) or not isinstance(content.get(key), list) or len(content) != 1:
        return _Entries([], [f"{name}: must hold one key, {key}, with a list below it"])
    values = []
    for at, entry in enumerate(content[key]):
        given = entry.get("id", at) if isinstance(entry, dict) else at
        value, found = convert(entry, kind, f"{key}[{given}]")
        values.append(value)
        faults += _in_file(name, found)
    return _Entries(values, faults)
