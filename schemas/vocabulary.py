"""An event schema as data: a folder of YAML files, loaded and validated into frozen values.

A folder holds schema.yaml (name, version, event types), actors.yaml, places.yaml and lexicon/*.yaml (patterns); their
grammar is in docs/schema.md. Another crisis is another folder.

    folder -> plain data (yaml_files) -> structs (strict_convert) -> spellings -> checks across files -> Vocabulary
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from schemas.errors import SchemaError
from schemas.records import SchemaRef

Side = Literal["kurdish", "federal", "iran", "turkey", "us", "coalition", "international", "isis", "civil", "other"]


class Mode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One mode of an event type; empty counterparts are those of its type. `symmetric` as for a type."""

    means: str
    plover: tuple[str, ...] = ()
    cameo: tuple[str, ...] = ()
    acled: tuple[str, ...] = ()
    symmetric: bool = False


class EventType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event type with its modes and its counterparts in other ontologies.

    `plover` names PLOVER 0.8 events or EVENT/mode, `cameo` CAMEO codes (two digits: the whole root), `acled` ACLED
    "event type > sub-event type".
    """

    id: str
    modes: tuple[str, ...] = ()
    details: Mapping[str, Mode] = {}
    """The modes' meanings and counterparts, by mode."""
    means: str
    plover: tuple[str, ...] = ()
    cameo: tuple[str, ...] = ()
    acled: tuple[str, ...] = ()
    intrinsically_relevant: bool = False
    symmetric: bool = False
    """Both sides are actors (a clash, a meeting of equals)."""


class Tenure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role held by a person: `titles` are words that name the holder while it lasts ("prime minister"); dates are
    inclusive.
    """

    organisation: str
    titles: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None


class Actor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A party. `aliases` maps a language code (en, ar, ckb, kmr, tr, fa) to surface forms; English forms match
    case-sensitively
    where they are capitalised words. `member_of` names the organisation it belongs to (roll-up to a side follows
    it).
    """

    id: str
    name: str
    kind: Literal["state", "force", "party", "person", "organisation", "civil"]
    side: Side
    member_of: str | None = None
    roles: tuple[Tenure, ...] = ()
    aliases: Mapping[str, tuple[str, ...]]


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place. `parent` is its admin parent's id; `district` the id that developments use; `metonym` the actor that
    its name
    stands for when it acts ("Baghdad rejected"); `theatre`: in Kirkuk province or the disputed territories.
    """

    id: str
    name: str
    kind: Literal[
        "city",
        "town",
        "district",
        "province",
        "region",
        "base",
        "airport",
        "field",
        "refinery",
        "pipeline",
        "crossing",
    ]
    parent: str | None = None
    district: str
    latitude: float
    longitude: float
    theatre: bool = False
    metonym: str | None = None
    aliases: Mapping[str, tuple[str, ...]]


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """A loaded schema. `lexicon` maps each lexicon file's stem to its parsed content (validated by its own struct).

    Actors and places keep the order of their files: of several that share a name, the first is the likeliest.
    """

    ref: SchemaRef
    topic: str
    languages: tuple[str, ...] = ()
    types: Mapping[str, EventType]
    actors: Mapping[str, Actor]
    places: Mapping[str, Place]
    lexicon: Mapping[str, Any]


def load_vocabulary(folder: Path | str) -> Vocabulary:
    """Load and validate a schema folder; one that was validated before comes from the user's cache.

    The digest covers the content of all files, not their layout: comments, line ends, quoting and the order of keys
    don't change it. Raises SchemaError listing every fault as `file: key path: what; remedy`.
    """
    from schemas.vocabulary_cache import folder_key, read_entry, write_entry

    key = folder_key(Path(folder))
    kept = read_entry(key) if key else None
    if kept is not None:
        return kept
    from schemas.vocabulary_files import read_folder

    vocabulary, faults = read_folder(Path(folder))
    if vocabulary is None:
        raise SchemaError("\n".join(faults))
    # Not under the key of files that changed while they were read.
    if key and key == folder_key(Path(folder)):
        write_entry(key, vocabulary)
    return vocabulary
