"""What a coded event is called in PLOVER and ACLED: the schema's own counterparts, and ontologies.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "schemas" / "kirkuk" / "schema.yaml"


@cache
def settings() -> dict[str, Any]:
    """The content of ontologies.toml."""
    return tomllib.loads((HERE / "ontologies.toml").read_text(encoding="utf-8"))


@cache
def _types() -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["types"]}


def counterparts(event: dict[str, Any], ontology: str) -> list[str]:
    """The schema's counterparts of a coded event in `plover` or `acled`: of its mode, else of its type; may be none."""
    entry = _types()[event["type"]]
    mode = entry.get("modes", {}).get(event["mode"] or "", {})
    names: list[str] = mode.get(ontology, entry.get(ontology, []))
    return names


def plover_type(event: dict[str, Any]) -> str | None:
    """The PLOVER type of a coded event, the first counterpart where there are several; None when PLOVER has none."""
    own = settings()["plover"]
    extra: str | None = own["extra"].get(f"{event['type']}/{event['mode']}")
    if extra:
        return extra
    names = counterparts(event, "plover")
    name = names[0].split("/")[0] if names else None
    merged: str | None = own["merged"].get(name, name)
    return merged


def is_acled(event: dict[str, Any], code: str) -> bool:
    """Whether a coded event may be what the ACLED-like data set calls `code`."""
    own = settings()["acled"]
    return own["names"].get(code) in counterparts(event, "acled") or event["type"] in own["by_type"].get(code, ())


def in_schema(code: str) -> bool:
    """Whether the schema has anything that an ACLED-like code could be."""
    own = settings()["acled"]
    return code in own["names"] or code in own["by_type"]
