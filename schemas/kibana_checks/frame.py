"""What all saved objects have in common, read once for the checks of each type."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from schemas.documents import FIELDS
from schemas.kibana_objects.parts import CORE_VERSION, TYPE_VERSIONS
from schemas.vocabulary import Vocabulary

_KEYS: Final = {"attributes", "coreMigrationVersion", "id", "references", "type", "typeMigrationVersion"}
_ID: Final = re.compile(r"kirkuk-[a-z][a-z-]*", re.ASCII)
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "index-pattern": "allowNoIndex fieldAttrs fieldFormatMap fields name runtimeFieldMap sourceFilters "
        "timeFieldName title typeMeta",
        "search": "columns description grid hideChart isTextBasedQuery kibanaSavedObjectMeta sort timeRestore title",
        "lens": "description state title visualizationType",
        "map": "description layerListJSON mapStateJSON title uiStateJSON",
        "dashboard": "controlGroupInput description kibanaSavedObjectMeta optionsJSON panelsJSON refreshInterval "
        "timeFrom timeRestore timeTo title version",
    }.items()
}
"""Attributes that the types have in the shapes of TYPE_VERSIONS. Kibana refuses an object with another one."""
_JSON_TEXTS: Final = {"fieldAttrs", "fieldFormatMap", "fields", "runtimeFieldMap", "sourceFilters", "typeMeta"}
_PRIVATE: Final = re.compile(
    r"[a-z]+://|\blocalhost\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|passw|secret|api[_-]?key|\btoken\b|\bbearer\b|authorization",
    re.IGNORECASE,
)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One saved object, all objects by type and id, and the schema. `parsed` has attributes with JSON texts read."""

    source: Mapping[str, Any]
    parsed: Mapping[str, Any]
    by_id: Mapping[tuple[str, str], Mapping[str, Any]]
    vocabulary: Vocabulary

    def target(self, name: str, kind: str) -> Mapping[str, Any] | None:
        """Return the object of type `kind` that the reference `name` leads to."""
        for one in self.source["references"]:
            if one["name"] == name and one["type"] == kind:
                return self.by_id.get((kind, one["id"]))
        return None

    def documents(self, name: str) -> str | None:
        """Return the kind of document behind the data view that the reference `name` leads to."""
        view = self.target(name, "index-pattern")
        return None if view is None else documents_of(view)


def documents_of(view: Mapping[str, Any]) -> str | None:
    """Return the kind of document in a data view."""
    kind = str(view["attributes"].get("title")).rpartition("-")[2]
    return kind if kind in FIELDS else None


def label(one: Mapping[str, Any]) -> str:
    """Name an object in a fault."""
    return f"{one.get('type')} {one.get('id')}"


def frame_faults(one: Mapping[str, Any], seen: set[tuple[str, str]]) -> Iterator[str]:
    """Yield what is wrong with an object's frame; `seen` are the objects before it."""
    if set(one) != _KEYS:
        yield f"keys are {sorted(one)}, not {sorted(_KEYS)}"
        return
    kind = one["type"]
    if kind not in TYPE_VERSIONS:
        yield f"type {kind!r} is none of {', '.join(TYPE_VERSIONS)}"
        return
    if (one["coreMigrationVersion"], one["typeMigrationVersion"]) != (CORE_VERSION, TYPE_VERSIONS[kind]):
        yield f"shape {one['coreMigrationVersion']}, {one['typeMigrationVersion']} is not {TYPE_VERSIONS[kind]}"
    if (kind, one["id"]) in seen:
        yield "the id is there twice"
    if not _ID.fullmatch(one["id"]):
        yield "the id is no plain name that begins with kirkuk-"
    if unknown := set(one["attributes"]) - _ATTRIBUTES[kind]:
        yield f"unknown attributes {sorted(unknown)}"
    if not one["attributes"].get("title"):
        yield "no title"
    if found := _PRIVATE.search(json.dumps(one["attributes"])):
        yield f"{found[0]!r}: addresses and secrets have no place here"


def reference_faults(one: Mapping[str, Any], seen: set[tuple[str, str]]) -> Iterator[str]:
    """Yield references that lead nowhere, to what comes only later, or that share a name."""
    names = [reference["name"] for reference in one["references"]]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two references are named {name!r}"
    for reference in one["references"]:
        if (reference["type"], reference["id"]) not in seen:
            yield f"reference {reference['name']!r}: no {reference['type']} {reference['id']} before this object"


def read_texts(value: Any, name: str = "") -> Any:
    """Return attributes with every JSON text read. Raises ValueError naming the attribute that is no JSON."""
    if isinstance(value, str) and (name.endswith("JSON") or name in _JSON_TEXTS):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(f"{name} is no JSON: {error}") from error
    if isinstance(value, Mapping):
        return {key: read_texts(inner, key) for key, inner in value.items()}
    return value


def index_objects(objects: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the objects by type and id."""
    return {(str(one.get("type")), str(one.get("id"))): one for one in objects}
