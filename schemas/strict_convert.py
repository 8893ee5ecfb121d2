"""Plain data to structs, with every fault named by its key path instead of only the first one."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, get_args, get_origin

import msgspec

Kind = TypeVar("Kind")
_CANDIDATES: Final = 400
"""More names than this are not searched for a near one: a hint must not cost more than the check."""


def convert(data: Any, kind: type[Kind], path: str) -> tuple[Kind | None, list[str]]:
    """Convert `data` strictly; return the value, or None with every fault as `path: what; remedy`.

    Structs must forbid unknown fields, else those pass.
    """
    try:
        return msgspec.convert(data, kind), []
    except msgspec.ValidationError as error:
        found = list(_explain(data, kind, path))
        return None, found or [f"{path}: {error}"]


def near(name: str, known: Collection[str]) -> str:
    """Return a remedy: the name that was probably meant, or the names that there are."""
    if len(known) <= _CANDIDATES and (close := difflib.get_close_matches(name, known, n=1)):
        return f"did you mean {close[0]!r}?"
    if 0 < len(known) <= 12:
        return f"use one of {', '.join(sorted(known))}"
    return "correct it or add that id"


def _explain(data: Any, kind: Any, path: str) -> Iterator[str]:
    origin = get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _explain_struct(data, kind, path)
    elif origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _explain_mapping(data, get_args(kind)[1], path)
    elif origin is tuple and isinstance(data, Sequence) and not isinstance(data, str):
        for at, item in enumerate(data):
            yield from _explain(item, get_args(kind)[0], f"{path}[{at}]")
    else:
        yield from _explain_leaf(data, kind, path)


def _explain_struct(data: Any, kind: type[msgspec.Struct], path: str) -> Iterator[str]:
    if not isinstance(data, Mapping):
        yield f"{path}: expected keys with values, got {_named(data)}; indent its keys below it"
        return
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for key in data:
        if key not in fields:
            yield f"{_below(path, key)}: unknown key; {near(str(key), fields)}"
    for name, field in fields.items():
        if name in data:
            yield from _explain(data[name], field.type, _below(path, name))
        elif field.required:
            yield f"{_below(path, name)}: is missing; add it"


def _explain_mapping(data: Any, kind: Any, path: str) -> Iterator[str]:
    if not isinstance(data, Mapping):
        yield f"{path}: expected keys with values, got {_named(data)}; indent its keys below it"
        return
    for key, value in data.items():
        if not isinstance(key, str):
            yield f"{_below(path, key)}: the key is {_named(key)}; put it in quotes"
        yield from _explain(value, kind, _below(path, key))


def _explain_leaf(data: Any, kind: Any, path: str) -> Iterator[str]:
    try:
        msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        what = str(error).replace("`", "").partition(" - at $")[0]
        yield f"{path}: {what[:1].lower()}{what[1:]}; {_remedy(data, kind)}"


def _remedy(data: Any, kind: Any) -> str:
    choices = [choice for choice in get_args(kind) if isinstance(choice, str)]
    if choices:
        return near(str(data), choices)
    if kind is bool:
        return "write true or false"
    if get_origin(kind) in {tuple, list}:
        return "write it as a list"
    return "put it in quotes" if kind is str and isinstance(data, bool | int | float) else "correct the value"


def _below(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _named(data: Any) -> str:
    return "nothing" if data is None else f"a {type(data).__name__}"
