"""YAML files of an event schema, read as plain data, and strict where YAML is lax.

Refused, because no schema needs them and each has bitten somebody: keys that stand twice (the last would win in
silence), anchors and aliases (a few lines of them unfold to gigabytes), nesting without end, several documents in one
file, bytes that are no UTF-8. Words are words: only `true` and `false` are truth values (`no` and `on` are text), and
dates stay text until a field asks for a date.
"""

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

MAX_BYTES: Final = 8 * 2**20
"""Far above any schema file that people write by hand; read whole, so it bounds the memory."""
MAX_DEPTH: Final = 20
"""Levels of nesting; the deepest shipped file has seven."""
_TRUTH: Final = re.compile("^(?:true|True|TRUE|false|False|FALSE)$")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LAX: Final = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"}


class Parsed(NamedTuple):
    """What stands in a file (None when it can't be read) and what is wrong with it, as `line 3: what; remedy`."""

    content: Any
    faults: tuple[str, ...]


class _Loader(yaml.CSafeLoader):
    """The C parser with fewer implicit types, noting keys that stand twice."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.faults: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    self.faults.append(f"line {_line(key.start_mark)}: key {key.value!r} stands twice; keep one")
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _LAX]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _TRUTH, list("tTfF"))


def read_yaml(path: Path) -> Parsed:
    """Read one file. Never raises for what stands in it or for a file that can't be opened."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Parsed(None, (f"can't be read: {error.strerror}",))
    if len(raw) > MAX_BYTES:
        return Parsed(None, (f"is larger than {MAX_BYTES} bytes; split it",))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Parsed(None, (f"line {line}: not UTF-8; save the file as UTF-8",))
    return parse_yaml(text)


def parse_yaml(text: str) -> Parsed:
    """Read the text of one file. Never raises for what stands in it."""
    try:
        refused = _refused(text)
        if refused:
            return Parsed(None, (refused,))
        loader = _Loader(text)
        content = loader.get_single_data()
    except yaml.YAMLError as error:
        return Parsed(None, (_told(error),))
    except ValueError as error:
        # PyYAML hands scalars that look like numbers to int() and float() without a mark.
        return Parsed(None, (f"a number can't be read ({error}); put it in quotes",))
    return Parsed(content, tuple(loader.faults))


def _refused(text: str) -> str:
    """Look for what is refused in the flat stream of events, before anything is built from them."""
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        return f"line {line}: control character U+{ord(control.group()):04X}; remove it"
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            return f"line {_line(event.start_mark)}: anchors and aliases (& and *) are refused; write the value out"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return f"line {_line(event.start_mark)}: nested deeper than {MAX_DEPTH} levels; flatten it"
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return ""


def _line(mark: Any) -> int:
    return int(mark.line) + 1


def _told(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    if mark is None:
        return f"{problem}; correct the YAML"
    return f"line {_line(mark)}, column {mark.column + 1}: {problem}; correct the YAML there"
