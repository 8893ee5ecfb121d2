"""An event schema as data: a folder of YAML files, loaded and validated into frozen values.

A folder holds schema.yaml (name, version, event types), actors.yaml, places.yaml and lexicon/*.yaml (patterns; their
grammar is
in docs/schema.md). Another crisis is another folder.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from schemas.records import SchemaRef

Side = Literal["kurdish", "federal", "iran", "turkey", "us", "coalition", "international", "isis", "civil", "other"]


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """One event type with its modes and its counterparts in other ontologies."""

    id: str
    modes: tuple[str, ...] = ()
    means: str
    plover: tuple[str, ...] = ()
    cameo: tuple[str, ...] = ()
    acled: tuple[str, ...] = ()
    intrinsically_relevant: bool = False
    symmetric: bool = False
    """Both sides are actors (a clash, a meeting of equals)."""


class Tenure(msgspec.Struct, frozen=True, kw_only=True):
    """A role held by a person: `titles` are words that name the holder while it lasts ("prime minister"); dates are
    inclusive.
    """

    organisation: str
    titles: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None


class Actor(msgspec.Struct, frozen=True, kw_only=True):
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


class Place(msgspec.Struct, frozen=True, kw_only=True):
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
    """A loaded schema. `lexicon` maps each lexicon file's stem to its parsed content (validated by its own struct)."""

    ref: SchemaRef
    topic: str
    types: Mapping[str, EventType]
    actors: Mapping[str, Actor]
    places: Mapping[str, Place]
    lexicon: Mapping[str, Any]
