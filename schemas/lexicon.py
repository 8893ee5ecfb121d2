"""The language part of an event schema as data: words, patterns, cues, time words; validated into frozen values.

The files are `lexicon/<language>.<part>.yaml`; the parts are words, events, attribution, time and parties. More groups
of events may stand in files of their own, `<language>.events.<name>.yaml`; `topics` may be missing. The grammar is in
docs/schema.md, section "Lexicon". Word lists are YAML strings of words separated by blanks, with `_` for
a blank inside an entry; patterns stand one to a line.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from schemas.errors import SchemaError
from schemas.lexicon_patterns import CLASSES, lines, parse_idiom, parse_pattern

PARTS: Final = ("words", "events", "attribution", "time", "parties")


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Closed classes and inflection: everything that tagging needs."""

    determiners: str
    possessives: str
    pronouns: str
    prepositions: str
    conjunctions: str
    subordinators: str
    relatives: str
    modals: str
    negations: str
    adverbs: str
    adjectives: str
    nouns: str = ""
    plurals: str = ""
    abbreviations: str
    verbs: str
    irregular: Mapping[str, str]
    """Lemma -> "past participle" (one word where both are the same)."""
    doubling: str
    weak_verbs: str = ""
    """Verbs that are read as nouns unless the sentence leaves no other reading."""
    title_passives: str = ""
    """Verbs that in a headline without an object are done to somebody ("Kirkuk governor dismissed")."""


class Frame(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the roles of an event stand: `subj`, `obj`, `obj2`, `own` (possessor) or a preposition, first filled wins.

    With `both`, all filled slots count as actors (a clash, a meeting of equals).
    """

    actors: str = "subj"
    recipients: str = "obj"
    places: str = ""
    both: bool = False
    of: str = "obj"
    """What "of" after a noun stands for: subj, obj or place."""


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The patterns of one event type and mode."""

    type: str
    mode: str | None = None
    frame: str = "default"
    verbs: str = ""
    nouns: str = ""
    """Nouns that carry the event once they have an argument."""
    bare_nouns: str = ""
    """Nouns that carry the event even without any argument."""
    phrases: str = ""
    """Fixed wordings inside a noun phrase, token by token."""
    idioms: str = ""
    """Fixed wordings anywhere, lemma by lemma, with alternatives, word classes and gaps."""
    content: str = "free"
    """What an infinitive or that-clause below the trigger is: free, or folded (demands, threats: no event of its
    own)."""
    score: float = 0.8


class Events(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Patterns by type and mode, and the word classes and role frames that they use."""

    classes: Mapping[str, str]
    frames: Mapping[str, Frame]
    light_verbs: str
    occur_verbs: str
    void: str = ""
    """Idioms that are no event, whatever their words say elsewhere ("neither confirm nor deny")."""
    blocked: str = ""
    """Fixed wordings inside which no trigger counts ("by force of arms", "football")."""
    groups: tuple[Group, ...] = ()


class MoreEvents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Further groups, which use the classes and frames of the events file."""

    groups: tuple[Group, ...]


class Attribution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who says so: cue verbs by strength, phrases, and nouns that tell the kind of a source."""

    said: str
    claimed: str
    denied: str
    confirmed: str
    phrases: str
    accounts: str = ""
    """Nouns of "in the words of X" and "by X's account"."""
    anonymous_nouns: str
    official_nouns: str
    media_nouns: str
    document_nouns: str
    outlets: str


class Times(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words of dates, numbers and realis."""

    weekdays: str
    months: str
    numbers: Mapping[str, float]
    vague: Mapping[str, float]
    future_verbs: str
    hypothetical_verbs: str
    failing_verbs: str
    hypothetical_marks: str
    generic_adverbs: str


class Topics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What articles are about as a whole: words of other subjects by theme and of the crisis; weights of signs."""

    themes: Mapping[str, str]
    crisis: str
    wider: str
    """Words that the crisis shares with other wars and politics."""
    doors: str
    """Wordings, letter by letter, of which one is enough for an article to be read though it names no known party."""
    weights: Mapping[str, float]
    """Sign -> what it adds to the score of an article (pipelines/matching/subject.py names the signs)."""


class Parties(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How descriptions name parties: "Kurdish" + a noun of class force is the actor peshmerga."""

    heads: Mapping[str, str]
    """Class of head noun -> words."""
    adjectives: Mapping[str, Mapping[str, str]]
    """Adjective -> (class of head noun -> actor id)."""
    combine: Mapping[str, Mapping[str, str]] = {}
    """Actor id -> (actor id of a modifier -> the narrower actor id)."""
    forces: Mapping[str, str] = {}
    """Actor id of a modifier -> who its troops are ("PUK fighters")."""
    nouns: Mapping[str, str] = {}
    """Bare head nouns -> actor id ("civilians")."""
    place_nouns: str = ""
    linked: str = ""


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """One language's lexicon; only `words` and `events` are required of a language other than English."""

    code: str
    words: Words
    events: Events
    attribution: Attribution
    time: Times
    parties: Parties
    topics: Topics | None = None


class Core(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Core verbs of a language that is coded without syntax: surface forms by type and mode, see docs/schema.md.

    A group with the frame `passive` has the doer beside a word of `agents` and the sufferer as its subject.
    """

    verb_first: bool
    groups: tuple[Group, ...]
    negations: str = ""
    said: str = ""
    claimed: str = ""
    denied: str = ""
    confirmed: str = ""
    """Further cues of attribution, by strength."""
    according: str = ""
    """"according to", before the source; behind it where the verb comes last and endings mark the cases."""
    complements: str = ""
    """Words that open what is said ("that")."""
    anonymous: str = ""
    members: str = ""
    """Beginnings of nouns for parts of a body, before "of" it ("gunmen of X", "a column of X")."""
    documents: str = ""
    media: str = ""
    """Beginnings of nouns that tell the kind of a source."""
    same: str = ""
    """Words for whoever spoke last ("the same")."""
    cases: Mapping[str, str] = {}
    """What stands before a name, by case: in, from, to, on, with, against, between, by, for."""
    attached: Mapping[str, str] = {}
    """The same, written together with the name."""
    case_endings: Mapping[str, str] = {}
    """Endings on a name, by case; also acc and gen."""
    head_endings: Mapping[str, str] = {}
    """Endings of a noun that a name qualifies, by case."""
    postpositions: Mapping[str, str] = {}
    """Words behind a name, by case."""
    conjunctions: str = ""
    breaks: str = ""
    """Words that end a phrase ("today", "while")."""
    numbers: Mapping[str, float] = {}
    """Number words and their values."""
    people: str = ""
    """Beginnings of nouns for people, behind a number."""
    participles: str = ""
    """Forms whose subject is that of the verb before ("accusing")."""
    relative: str = ""
    """Regular expression of a verb whose subject stands behind it ("who fled")."""
    asides: str = ""
    """Words that open a clause of its own, no part of what is asked for before it."""
    blocked: str = ""
    """Beginnings of words of another subject (sport): an article with two of them holds no events."""
    closers: str = ""
    """Endings of the last word of a phrase."""
    pronouns: str = ""
    """Words for who acted last."""
    bearings: str = ""
    """"south of", "near": the place beside them only says where another one lies."""
    titles: str = ""
    """Nouns that a town behind them only qualifies ("the governor of X")."""
    here: str = ""
    """"the city", "the town": the place named last."""
    future: str = ""
    future_endings: str = ""
    """What the inside of a verb in the future holds; a regular expression."""
    hypothetical: str = ""
    """Words of fear, possibility and condition before a verb."""
    embedded: str = ""
    """Regular expression of a verb whose clause is part of another."""
    wished: str = ""
    """Regular expression of a verb in the content of a demand or threat."""
    negative: str = ""
    """Regular expression of what a verb stem is continued with when negated."""
    negative_prefixes: str = ""
    preverbs: str = ""
    """Particles that stay before a negative prefix."""
    negative_endings: Mapping[str, str] = {}


def _group_faults(name: str, at: int, group: Group, events: Events, types: Mapping[str, Any]) -> list[str]:
    where = f"{name}: groups[{at}] ({group.type}/{group.mode})"
    kind = types.get(group.type)
    faults = []
    if kind is None:
        faults.append(f"{where}: type: unknown event type {group.type!r}")
    elif group.mode and group.mode not in kind.modes:
        faults.append(f"{where}: mode: {group.type} has no mode {group.mode!r}")
    if group.content not in {"free", "folded"}:
        faults.append(f"{where}: content: {group.content!r} is neither free nor folded")
    if group.frame not in events.frames:
        faults.append(f"{where}: frame: no frame {group.frame!r}")
    for line in lines(group.verbs):
        try:
            pattern = parse_pattern(line)
        except ValueError as error:
            faults.append(f"{where}: verbs: {error}")
            continue
        used = {word for constraint in pattern.constraints for word in constraint.allowed}
        faults += _name_faults(f"{where}: verbs: {line!r}", pattern.frame, used, events)
    for line in lines(group.idioms):
        try:
            wording = parse_idiom(line)
        except ValueError as error:
            faults.append(f"{where}: idioms: {error}")
            continue
        used = {word for part in wording.parts for word in part}
        faults += _name_faults(f"{where}: idioms: {line!r}", wording.frame, used, events)
    return faults


def _name_faults(where: str, frame: str | None, used: set[str], events: Events) -> list[str]:
    faults = [f"{where}: no frame {frame!r}"] if frame and frame not in events.frames else []
    named = sorted(word for word in used - CLASSES if word.startswith("@"))
    return faults + [f"{where}: unknown class {word}" for word in named if word[1:] not in events.classes]


_STRUCTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "words": Words,
    "events": Events,
    "attribution": Attribution,
    "time": Times,
    "parties": Parties,
    "topics": Topics,
    "core": Core,
}


def _convert(files: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    parsed: dict[str, dict[str, Any]] = {}
    faults = []
    for stem, content in sorted(files.items()):
        code, _, part = stem.partition(".")
        kind = MoreEvents if part.startswith("events.") else _STRUCTS.get(part)
        if kind is None:
            faults.append(f"lexicon/{stem}.yaml: unknown part {part!r}; name files <language>.<part>.yaml")
            continue
        try:
            parsed.setdefault(code, {})[part] = msgspec.convert(content, kind)
        except msgspec.ValidationError as error:
            faults.append(f"lexicon/{stem}.yaml: {error}")
    return parsed, faults


def _check(parsed: Mapping[str, Mapping[str, Any]], types: Mapping[str, Any], actors: Mapping[str, Any]) -> list[str]:
    faults = []
    for code, parts in parsed.items():
        if "core" not in parts and (missing := [part for part in PARTS if part not in parts]):
            faults += [f"lexicon/{code}.{part}.yaml: is missing" for part in missing]
        events = parts.get("events")
        for line in lines(events.void if events is not None else ""):
            try:
                parse_idiom(line)
            except ValueError as error:
                faults.append(f"lexicon/{code}.events.yaml: void: {error}")
        for part, more in parts.items():
            for at, group in enumerate(more.groups if events is not None and part.startswith("events") else ()):
                assert events is not None
                faults += _group_faults(f"lexicon/{code}.{part}.yaml", at, group, events, types)
        core = parts.get("core")
        for at, group in enumerate(core.groups if core else ()):
            if group.type not in types:
                faults.append(f"lexicon/{code}.core.yaml: groups[{at}]: type: unknown event type {group.type!r}")
        if "parties" in parts:
            faults += _party_faults(f"lexicon/{code}.parties.yaml", parts["parties"], actors)
    return faults


def _party_faults(name: str, parties: Parties, actors: Mapping[str, Any]) -> list[str]:
    tables = {**parties.adjectives, **parties.combine}
    named = [(f"{key}.{sub}", actor) for key, table in tables.items() for sub, actor in table.items()]
    named += [(f"forces.{owner}", actor) for owner, force in parties.forces.items() for actor in (owner, force)]
    named += [(f"nouns.{noun}", actor) for noun, actor in parties.nouns.items()]
    return [f"{name}: {key}: unknown actor {actor!r}" for key, actor in named if actor not in actors]


def _all_events(parts: Mapping[str, Any]) -> Events:
    """Put the groups of further events files behind those of the first."""
    more = (group for part in sorted(parts) if part.startswith("events.") for group in parts[part].groups)
    events: Events = parts["events"]
    return msgspec.structs.replace(events, groups=(*events.groups, *more))


def load_languages(
    files: Mapping[str, Any], types: Mapping[str, Any], actors: Mapping[str, Any]
) -> tuple[dict[str, Language], dict[str, Core]]:
    """Validate parsed lexicon files (stem -> content) against the schema's event types and actors.

    Returns fully described languages and core-verb languages by code. Raises SchemaError listing every fault.
    """
    parsed, faults = _convert(files)
    faults += _check(parsed, types, actors)
    if faults:
        raise SchemaError("\n".join(faults))
    return _languages(parsed)


def checked_languages(files: Mapping[str, Any]) -> tuple[dict[str, Language], dict[str, Core]]:
    """Do the same with the lexicon of a vocabulary, whose references were checked when it was loaded.

    Raises SchemaError for a file of another shape.
    """
    parsed, faults = _convert(files)
    if faults:
        raise SchemaError("\n".join(faults))
    return _languages(parsed)


def _languages(parsed: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Language], dict[str, Core]]:
    full = {
        code: Language(
            code=code,
            **{part: parts[part] for part in PARTS} | {"events": _all_events(parts), "topics": parts.get("topics")},
        )
        for code, parts in parsed.items()
        if all(part in parts for part in PARTS)
    }
    return full, {code: parts["core"] for code, parts in parsed.items() if "core" in parts}
