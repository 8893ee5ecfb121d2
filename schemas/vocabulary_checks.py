"""Checks across the entries of a schema folder. Each returns its faults as `file: key path: what; remedy`."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from schemas.strict_convert import near

_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TYPE: Final = re.compile(r"[A-Z]+(-[A-Z]+)*")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_CAMEO: Final = re.compile(r"(0[1-9]|1[0-9]|20)[0-9]{0,2}")
_HINTS: Final = 50
"""Faults of one check that get a "did you mean": looking for near names in thousands of faults would take minutes."""


class Head(NamedTuple):
    """What the three files say besides their entries. `ambiguous`: file -> language -> shared names."""

    name: str
    version: str
    topic: str
    languages: tuple[str, ...]
    ambiguous: Mapping[str, Mapping[str, tuple[str, ...]]]


class Entries(NamedTuple):
    """The entries of one file: those that could be read, all ids that stand there, and the faults of the others.

    `read` False: there is no list of entries that could be read, so that nothing can be said to be missing in it.
    """

    file: str
    key: str
    good: list[Any]
    ids: list[str]
    faults: list[str]
    read: bool = True

    def at(self, *parts: str) -> str:
        """Write a key path of this file."""
        return f"{self.file}: {self.key}.{'.'.join(parts)}"


def check_head(head: Head) -> list[str]:
    """Check name, version, topic and the declared languages."""
    faults = [
        f"schema.yaml: {key}: is empty; fill it in"
        for key in ("name", "version", "topic")
        if not getattr(head, key).strip()
    ]
    faults += [
        f"schema.yaml: languages[{at}]: {code!r} is no language code; use two or three small letters (ISO 639)"
        for at, code in enumerate(head.languages)
        if not _LANGUAGE.fullmatch(code)
    ]
    if not head.languages:
        faults.append("schema.yaml: languages: is empty; list the languages of the aliases")
    return faults


def check_entries(entries: Entries, head: Head) -> list[str]:
    """Check what one file alone can tell: ids, aliases, coordinates, counterparts."""
    faults = list(_ids(entries))
    if entries.key == "types":
        return faults + list(_types(entries))
    faults += _aliases(entries, head)
    faults += _shared(entries, head.ambiguous.get(entries.file, {}))
    if entries.key == "places":
        faults += _coordinates(entries)
    return faults


def check_references(types: Entries, actors: Entries, places: Entries) -> list[str]:
    """Check that ids that are named exist, that no chain bites its tail, and that each title has one holder a day."""
    faults = (
        []
        if types.ids or types.faults or not types.read
        else ["schema.yaml: types: is empty; a schema needs event types"]
    )
    faults += _unknown(actors, "member_of", lambda one: [one.member_of], actors, "actor")
    faults += _unknown(actors, "roles", lambda one: [role.organisation for role in one.roles], actors, "actor")
    faults += _unknown(places, "parent", lambda one: [one.parent], places, "place")
    faults += _unknown(places, "district", lambda one: [one.district], places, "place")
    faults += _unknown(places, "metonym", lambda one: [one.metonym], actors, "actor")
    faults += _cycles(actors, "member_of", {one.id: one.member_of for one in actors.good})
    faults += _cycles(places, "parent", {one.id: one.parent for one in places.good})
    faults += _tenures(actors)
    return faults


def _ids(entries: Entries) -> Iterator[str]:
    shape = _TYPE if entries.key == "types" else _ID
    wanted = "capitals" if entries.key == "types" else "small letters, digits and single hyphens"
    seen: set[str] = set()
    for name in entries.ids:
        if name in seen:
            yield f"{entries.at(name)}: the id stands twice; merge or rename one"
        seen.add(name)
        if not shape.fullmatch(name):
            yield f"{entries.at(name)}.id: {name!r} is no id; use {wanted}"


def _types(entries: Entries) -> Iterator[str]:
    for one in entries.good:
        for mode in one.modes:
            if not _ID.fullmatch(mode):
                yield f"{entries.at(one.id, 'modes')}: {mode!r} is no mode; use small letters, digits and hyphens"
        coded = [("", one), *((f".modes.{mode}", detail) for mode, detail in one.details.items())]
        for path, item in coded:
            for code in item.cameo:
                if not _CAMEO.fullmatch(code):
                    yield f"{entries.at(one.id)}{path}.cameo: {code!r} is no CAMEO code; use 01 to 20 and its subcodes"


def _aliases(entries: Entries, head: Head) -> Iterator[str]:
    for one in entries.good:
        if not any(one.aliases.values()):
            yield f"{entries.at(one.id, 'aliases')}: is empty; nothing would ever be recognised as {one.id}"
        for language, forms in one.aliases.items():
            path = entries.at(one.id, "aliases", language)
            if head.languages and language not in head.languages:
                yield f"{path}: unknown language; {near(language, head.languages)} (schema.yaml: languages)"
            for form in forms:
                fault = _form_fault(form)
                if fault:
                    yield f"{path}: {form!r} {fault}"


def _form_fault(form: str) -> str:
    if not form.strip():
        return "is empty; remove it"
    if form != form.strip():
        return "has blanks around it; remove them"
    if not unicodedata.is_normalized("NFC", form):
        return f"is not in normal form NFC; write {unicodedata.normalize('NFC', form)!r}"
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} and letter != "\u200c" for letter in form):
        return "holds an invisible character; remove it"
    return ""


def _shared(entries: Entries, ambiguous: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Find names of several entries that are not declared so, and declarations that nothing needs."""
    owners: dict[tuple[str, str], list[str]] = {}
    for one in entries.good:
        for language, forms in one.aliases.items():
            for form in dict.fromkeys(form.casefold() for form in forms):
                owners.setdefault((language, form), []).append(one.id)
    declared = {(language, form.casefold()) for language, forms in ambiguous.items() for form in forms}
    for (language, form), ids in owners.items():
        if len(ids) > 1 and (language, form) not in declared:
            yield (
                f"{entries.at(ids[-1], 'aliases', language)}: {form!r} also names {', '.join(ids[:-1])}; "
                f"remove it, or list it below ambiguous.{language}, likeliest entry first in the file"
            )
    for language, form in sorted(declared):
        if len(owners.get((language, form), ())) < 2 and entries.read and not entries.faults:
            yield f"{entries.file}: ambiguous.{language}: {form!r} is not shared by two entries; remove it"


def _coordinates(entries: Entries) -> Iterator[str]:
    for one in entries.good:
        # Written so that NaN, which compares false with everything, is refused too.
        if not -90 <= one.latitude <= 90:
            yield f"{entries.at(one.id, 'latitude')}: {one.latitude} is no latitude; use -90 to 90"
        if not -180 <= one.longitude <= 180:
            yield f"{entries.at(one.id, 'longitude')}: {one.longitude} is no longitude; use -180 to 180"


def _unknown(
    entries: Entries, key: str, named: Callable[[Any], Sequence[str | None]], known: Entries, what: str
) -> Iterator[str]:
    if not known.read:
        return
    ids = frozenset(known.ids)
    told = 0
    for one in entries.good:
        for name in named(one):
            if name is not None and name not in ids:
                told += 1
                remedy = near(name, ids) if told <= _HINTS else "correct it"
                yield f"{entries.at(one.id, key)}: unknown {what} {name!r}; {remedy}"


def _cycles(entries: Entries, key: str, above: Mapping[str, str | None]) -> Iterator[str]:
    """Follow each chain once; linear, because what has been followed is not followed again."""
    done: set[str] = set()
    for name in above:
        chain: dict[str, None] = {}
        at: str | None = name
        while at is not None and at in above and at not in done and at not in chain:
            chain[at] = None
            at = above[at]
        if at is not None and at in chain:
            ring = [*chain][[*chain].index(at) :]
            yield f"{entries.at(name, key)}: goes round in a circle ({' > '.join([*ring, at])}); cut it"
        done |= chain.keys()


def _tenures(actors: Entries) -> Iterator[str]:
    """A title must name one holder on any day, whatever the organisation: texts say "the governor" and no more."""
    held: dict[str, list[tuple[date, date, str]]] = {}
    for one in actors.good:
        for at, role in enumerate(one.roles):
            path = f"{actors.at(one.id)}.roles[{at}]"
            start, end = role.start or date.min, role.end or date.max
            if start > end:
                yield f"{path}: ends before it starts; correct the dates"
                continue
            if any(not title.strip() for title in role.titles):
                yield f"{path}.titles: a title is empty; remove it"
            for title in dict.fromkeys(title.casefold() for title in role.titles):
                held.setdefault(title, []).append((start, end, path))
    for title, terms in held.items():
        yield from _overlaps(title, sorted(terms))


def _overlaps(title: str, terms: Sequence[tuple[date, date, str]]) -> Iterator[str]:
    """Compare each term with the one that lasts longest of those that began before it."""
    _, until, holder = terms[0]
    for start, end, path in terms[1:]:
        if start <= until:
            yield f"{path}: {title!r} overlaps with {holder.partition(': ')[2]}; a title has one holder a day"
        if end > until:
            until, holder = end, path
