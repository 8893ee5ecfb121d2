"""`kirkuk schema check` and `kirkuk schema show`: is a schema folder right, and what does it say about an id."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import msgspec

from schemas.errors import SchemaError
from schemas.lexicon import load_languages
from schemas.lexicon_review import review
from schemas.strict_convert import near
from schemas.vocabulary import Actor, EventType, Place, Vocabulary, load_vocabulary

Entry = EventType | Actor | Place


def check_schema(folder: Path | str, *, as_json: bool = False, out: TextIO | None = None) -> int:
    """Print "ok" with counts and what in the lexicon is worth a look, or every fault; return the exit status (0 or 1).

    With `as_json` one document: `{"ok": true, "schema", "counts", "notes": [{"language", "kind", "text"}]}` or
    `{"ok": false, "faults": [...]}`. Notes tell of patterns that conflict, are shadowed or unused, and are no faults.
    """
    out = out or sys.stdout
    try:
        vocabulary = load_vocabulary(folder)
    except SchemaError as error:
        faults = str(error).splitlines()
        total = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        _write(out, {"ok": False, "faults": faults} if as_json else [*faults, f"{total} in {folder}"])
        return 1
    counts, notes = count(vocabulary), list(_notes(vocabulary))
    if as_json:
        _write(out, {"ok": True, "schema": vocabulary.ref, "counts": counts, "notes": notes})
    else:
        ref = vocabulary.ref
        _write(out, [f"ok: {ref.name} {ref.version} ({ref.digest})", *(f"  {key}: {n}" for key, n in counts.items())])
        _write(out, [f"  {note['kind']} in the {note['language']} lexicon: {note['text']}" for note in notes])
    return 0


def _notes(vocabulary: Vocabulary) -> Iterator[dict[str, str]]:
    languages, _ = load_languages(vocabulary.lexicon, vocabulary.types, vocabulary.actors)
    for code, language in languages.items():
        yield from ({"language": code, **note._asdict()} for note in review(language))


def show_schema(
    folder: Path | str,
    name: str,
    *,
    as_json: bool = False,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Print what the schema knows of an actor, a place or an event type; return 0, or 1 when the id is unknown.

    An id that is both (an actor and a place) shows both. Raises SchemaError when the folder does not load.
    """
    out, err = out or sys.stdout, err or sys.stderr
    vocabulary = load_vocabulary(folder)
    entries = find(vocabulary, name)
    if not entries:
        known = {*vocabulary.types, *vocabulary.actors, *vocabulary.places}
        err.write(f"{name}: no such actor, place or event type; {near(name, known)}\n")
        return 1
    described = [describe(vocabulary, entry) for entry in entries]
    if as_json:
        _write(out, described[0] if len(described) == 1 else described)
    else:
        _write(out, [line for one in described for line in _lines(one)])
    return 0


def count(vocabulary: Vocabulary) -> dict[str, int]:
    """Count what a schema holds: types, modes, actors, places, and the names in each language."""
    counts = {
        "types": len(vocabulary.types),
        "modes": sum(len(one.modes) for one in vocabulary.types.values()),
        "actors": len(vocabulary.actors),
        "places": len(vocabulary.places),
        "lexicon files": len(vocabulary.lexicon),
    }
    named: list[Actor | Place] = [*vocabulary.actors.values(), *vocabulary.places.values()]
    for language in vocabulary.languages:
        counts[f"names {language}"] = sum(len(one.aliases.get(language, ())) for one in named)
    return counts


def find(vocabulary: Vocabulary, name: str) -> list[Entry]:
    """Return the entries with this id; event types may be written in small letters."""
    tables: tuple[Mapping[str, Entry], ...] = (vocabulary.types, vocabulary.actors, vocabulary.places)
    return [table[key] for table, key in zip(tables, (name.upper(), name, name), strict=True) if key in table]


def describe(vocabulary: Vocabulary, entry: Entry) -> dict[str, Any]:
    """Return an entry as plain data, with `entry` (type, actor, place) and what belongs to it."""
    if isinstance(entry, EventType):
        return {"entry": "type", **msgspec.to_builtins(entry)}
    if isinstance(entry, Actor):
        members = [one.id for one in vocabulary.actors.values() if one.member_of == entry.id]
        places = [one.id for one in vocabulary.places.values() if one.metonym == entry.id]
        return {"entry": "actor", **msgspec.to_builtins(entry), "members": members, "named_by_places": places}
    inside = [one.id for one in vocabulary.places.values() if one.parent == entry.id]
    return {"entry": "place", **msgspec.to_builtins(entry), "contains": inside}


def _lines(described: Mapping[str, Any]) -> Iterator[str]:
    yield f"{described['entry']} {described['id']}"
    for key, value in described.items():
        if key in {"entry", "id"} or value in (None, [], (), {}):
            continue
        if key == "roles":
            yield from (f"  role: {_role(role)}" for role in value)
        elif key == "details":
            yield from (f"  mode {mode}: {detail['means']}" for mode, detail in value.items())
        elif isinstance(value, Mapping):
            yield from (f"  {key} {inner}: {_joined(values)}" for inner, values in value.items())
        else:
            yield f"  {key}: {_joined(value)}"


def _role(role: Mapping[str, Any]) -> str:
    titles = f": {_joined(role['titles'])}" if role["titles"] else ""
    return f"{role['organisation']}, {role['start'] or '...'} to {role['end'] or '...'}{titles}"


def _joined(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " | ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _write(out: TextIO, content: Any) -> None:
    """Write lines as they are, everything else as one JSON document."""
    if isinstance(content, list) and all(isinstance(line, str) for line in content):
        out.write("".join(f"{line}\n" for line in content))
    else:
        out.write(msgspec.json.encode(content).decode() + "\n")
