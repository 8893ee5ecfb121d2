"""From the files of a schema folder to a vocabulary, or to the list of everything that is wrong with them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from schemas.errors import SchemaError
from schemas.lexicon import load_languages
from schemas.records import SchemaRef
from schemas.spellings import spellings
from schemas.strict_convert import convert
from schemas.vocabulary import Actor, EventType, Place, Vocabulary
from schemas.vocabulary_checks import Entries, Head, check_entries, check_head, check_references
from schemas.yaml_files import read_yaml

REQUIRED: Final = ("schema.yaml", "actors.yaml", "places.yaml")


class _SchemaFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """schema.yaml. The entries stay plain data here, so that one wrong entry hides no other fault."""

    name: str
    version: str
    topic: str
    languages: tuple[str, ...]
    types: list[Any]


class _ActorsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """actors.yaml. `ambiguous` lists, by language, the names that several entries share on purpose."""

    actors: list[Any]
    ambiguous: Mapping[str, tuple[str, ...]] = {}


class _PlacesFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """places.yaml; `ambiguous` as for actors."""

    places: list[Any]
    ambiguous: Mapping[str, tuple[str, ...]] = {}


class _Files(NamedTuple):
    """Plain content of the readable files by name relative to the folder, what is wrong with the others, and their
    names.
    """

    content: dict[str, Any]
    faults: list[str]
    unread: list[str]


class _Anything(dict[str, Any]):
    """Stands for the modes of a type, or the entries of a file, that can't be read: its own fault is told, no
    consequences of it.
    """

    @property
    def modes(self) -> "_Anything":
        return self

    def __contains__(self, name: object) -> bool:
        return True

    def get(self, _name: str, _default: Any = None) -> "_Anything":
        """Return an entry of which nothing is wrong."""
        return self


def read_folder(folder: Path) -> tuple[Vocabulary | None, list[str]]:
    """Read a schema folder; return its vocabulary, or None and every fault in the order of the files."""
    files = _read_files(folder)
    faults = list(files.faults)
    head = _head(files, faults)
    types = _entries(files, "schema.yaml", "types", EventType)
    actors = _entries(files, "actors.yaml", "actors", Actor)
    places = _entries(files, "places.yaml", "places", Place)
    for entries in (types, actors, places):
        faults += entries.faults
        faults += check_entries(entries, head)
    faults += check_references(types, actors, places)
    lexicon = {name[8:-5]: content for name, content in files.content.items() if name.startswith("lexicon/")}
    # The files of a language refer to each other: what one lacks may stand in the one that can't be read.
    shut = {name[8:].partition(".")[0] for name in files.unread if name.startswith("lexicon/")}
    whole = {stem: content for stem, content in lexicon.items() if stem.partition(".")[0] not in shut}
    faults += _lexicon_faults(whole, types, actors)
    if faults:
        return None, faults
    vocabulary = Vocabulary(
        ref=SchemaRef(name=head.name, version=head.version, digest=_digest(files.content)),
        topic=head.topic,
        languages=head.languages,
        types={one.id: one for one in types.good},
        actors={one.id: one for one in actors.good},
        places={one.id: one for one in places.good},
        lexicon=lexicon,
    )
    return vocabulary, []


def _read_files(folder: Path) -> _Files:
    files = _Files({}, [], [])
    if not folder.is_dir():
        files.faults.append(f"{folder}: no such folder; give a folder that holds {', '.join(REQUIRED)}")
        return files
    found = {path.name: path for path in folder.glob("*.y*ml")}
    for name in sorted(set(found) - set(REQUIRED)):
        files.faults.append(f"{name}: unknown file; the files are {', '.join(REQUIRED)} and lexicon/*.yaml")
    for name in REQUIRED:
        if name in found:
            _read_file(files, name, found[name])
        else:
            files.faults.append(f"{name}: is missing; every schema folder has {', '.join(REQUIRED)}")
    for path in sorted(folder.glob("lexicon/*.yaml")):
        _read_file(files, f"lexicon/{path.name}", path)
    return files


def _read_file(files: _Files, name: str, path: Path) -> None:
    content, faults = read_yaml(path)
    files.faults.extend(f"{name}: {fault}" for fault in faults)
    if content is not None:
        files.content[name] = content
        return
    files.unread.append(name)
    if not faults:
        files.faults.append(f"{name}: is empty; see docs/schema.md for what stands in it")


def _head(files: _Files, faults: list[str]) -> Head:
    """Check the top level of the three files; what can't be read of it is empty."""
    kinds: Mapping[str, type[Any]] = {
        "schema.yaml": _SchemaFile, "actors.yaml": _ActorsFile, "places.yaml": _PlacesFile,
    }  # fmt: skip
    top: dict[str, Any] = {}
    for name, kind in kinds.items():
        if name in files.content:
            top[name], told = convert(files.content[name], kind, "")
            faults += [f"{name}: {fault.removeprefix(': ')}" for fault in told]
    schema = top.get("schema.yaml")
    ambiguous = {name: top[name].ambiguous for name in ("actors.yaml", "places.yaml") if top.get(name) is not None}
    head = Head(
        name=schema.name if schema else "",
        version=schema.version if schema else "",
        topic=schema.topic if schema else "",
        languages=schema.languages if schema else (),
        ambiguous=ambiguous,
    )
    if schema:
        faults += check_head(head)
    return head


def _entries(files: _Files, file: str, key: str, kind: type[Any]) -> Entries:
    """Convert the entries of one file one by one."""
    content = files.content.get(file)
    listed = content.get(key) if isinstance(content, Mapping) else None
    entries = Entries(file, key, [], [], [], read=isinstance(listed, list))
    for at, data in enumerate(listed if isinstance(listed, list) else ()):
        name = data.get("id") if isinstance(data, Mapping) else None
        path = f"{key}.{name}" if isinstance(name, str) else f"{key}[{at}]"
        if isinstance(name, str):
            entries.ids.append(name)
        entry, faults = convert(_with_modes(data) if kind is EventType else data, kind, path)
        faults = [fault.replace(".details.", ".modes.", 1) for fault in faults]
        if entry is not None and kind is not EventType:
            entry, faults = _spelled_out(entry, path)
        entries.faults.extend(f"{file}: {fault}" for fault in faults)
        if entry is not None and not faults:
            entries.good.append(entry)
    return entries


def _with_modes(data: Any) -> Any:
    """Turn `modes: {withdraw: {means: ...}}` of the file into the names and the details of EventType."""
    modes = data.get("modes") if isinstance(data, Mapping) else None
    if not isinstance(modes, Mapping):
        return data
    return {**data, "modes": [str(mode) for mode in modes], "details": modes}


def _spelled_out(entry: Any, path: str) -> tuple[Any, list[str]]:
    """Replace an actor's or place's aliases by all their spellings."""
    aliases: dict[str, tuple[str, ...]] = {}
    faults = []
    for language, written in entry.aliases.items():
        forms: dict[str, None] = {}
        for at, alias in enumerate(written):
            try:
                forms.update(dict.fromkeys(spellings(alias)))
            except ValueError as error:
                faults.append(f"{path}.aliases.{language}[{at}]: {alias!r} {error}")
        aliases[language] = tuple(forms)
    return msgspec.structs.replace(entry, aliases=aliases), faults


def _lexicon_faults(lexicon: Mapping[str, Any], types: Entries, actors: Entries) -> list[str]:
    known: dict[str, Any] = {} if types.ids else _Anything()
    known |= dict.fromkeys(types.ids, _Anything()) | {one.id: one for one in types.good}
    try:
        load_languages(lexicon, known, dict.fromkeys(actors.ids) if actors.read else _Anything())
    except SchemaError as error:
        return str(error).splitlines()
    return []


def _digest(content: Mapping[str, Any]) -> str:
    """Hash what the files say: names and values in a fixed order, so that layout and machine don't matter."""
    return hashlib.blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=16).hexdigest()
