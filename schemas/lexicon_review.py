"""What a lexicon's author should look at though it is valid: patterns that can never win, contradict, or are unused."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.lexicon import Events, Group, Language
from schemas.lexicon_patterns import lines, parse_idiom, parse_pattern, words

_READ_ELSEWHERE: Final = frozenset({"the_vote", "person", "holding", "default"})
"""Classes and frames that are asked for by their name alone."""


class Note(NamedTuple):
    """One remark. kind: conflict (two types for one wording), shadowed (never reached), unused."""

    kind: str
    text: str


def review(language: Language) -> list[Note]:
    """Return what is worth a look in a language's events, conflicts first."""
    events = language.events
    notes = [*_wordings(events), *_nouns(events), *_unused(events)]
    return sorted(notes, key=lambda note: (("conflict", "shadowed", "unused").index(note.kind), note.text))


def _name(group: Group) -> str:
    return f"{group.type}/{group.mode}" if group.mode else group.type


def _keys(group: Group) -> Iterator[tuple[object, str]]:
    """Yield what a wording asks for, one verb at a time, and how to show it."""
    for line in lines(group.verbs):
        pattern = parse_pattern(line)
        asked = (pattern.particles, frozenset(pattern.constraints), pattern.flags)
        yield from ((("verb", lemma, *asked), f"{lemma} {line.partition(' ')[2]}".strip()) for lemma in pattern.lemmas)
    for line in lines(group.idioms):
        yield ("idiom", parse_idiom(line).parts), line
    for line in lines(group.phrases):
        yield ("phrase", line), line


def _wordings(events: Events) -> Iterator[Note]:
    """Of two wordings that ask for the same only one can ever be taken."""
    first: dict[object, str] = {}
    for group in events.groups:
        for key, shown in _keys(group):
            before = first.setdefault(key, _name(group))
            if before != _name(group):
                yield Note("conflict", f"{shown!r}: {before} and {_name(group)}")
            elif (key, "seen") in first:
                yield Note("shadowed", f"{shown!r}: twice in {before}")
            first[key, "seen"] = before


def _nouns(events: Events) -> Iterator[Note]:
    first: dict[str, str] = {}
    for group in events.groups:
        for noun in words(group.nouns) + words(group.bare_nouns):
            before = first.setdefault(noun, _name(group))
            if before != _name(group):
                yield Note("conflict", f"noun {noun!r}: {before} is taken, {_name(group)} never")


def _unused(events: Events) -> Iterator[Note]:
    text = " ".join(part for group in events.groups for part in (group.verbs, group.idioms)) + events.void
    asked = {word for part in text.split() for word in part.replace(":", ",").replace("|", ",").split(",")}
    classes = events.classes.keys() - _READ_ELSEWHERE
    yield from (Note("unused", f"class @{name}") for name in classes if f"@{name}" not in asked)
    framed = {line.partition("=>")[2].strip() for group in events.groups for line in lines(group.verbs + group.idioms)}
    framed |= {group.frame for group in events.groups}
    yield from (Note("unused", f"frame {name}") for name in events.frames.keys() - framed - _READ_ELSEWHERE)
