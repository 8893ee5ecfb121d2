"""Alert rules and channels: what an operator writes in alerts.toml, checked whole before anything runs."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from schemas.documents import MAGNITUDES
from schemas.errors import ConfigError, QueryError
from schemas.query import Query, parse_query
from schemas.strict_convert import convert, near
from schemas.vocabulary import Vocabulary

TERMINAL: Final = "terminal"
"""The channel that is always there: the screen, or standard output as JSON lines."""
KINDS: Final = ("opened", "denied", "confirmed", "corroborated", "magnitude", "spread")
_TRIGGER: Final = re.compile(r"(?P<kind>[a-z]+)(?::(?P<facet>[a-z-]*?)(?P<over>>=)?(?P<number>\d+(?:\.\d+)?)?)?")
_QUIET: Final = re.compile(r"(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d) (?P<zone>[A-Za-z0-9_/+-]+)")
_LONGEST_THROTTLE_S: Final = 366 * 86400.0

Realis = Literal["actual", "future", "hypothetical", "historical", "generic"]
Claim = Literal["alleged", "asserted", "confirmed", "denied", "disputed"]


class Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where alerts go: an Apprise URL, or better the name of the environment variable that holds it."""

    url: str = ""
    env: str = ""
    enabled: bool = True

    def __repr__(self) -> str:
        """Show no address: it may hold a secret, and tracebacks show values."""
        return f"Channel(env={self.env!r}, enabled={self.enabled})"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to alert on. Every condition that is given must hold; lists are alternatives.

    `changes`: opened, denied, confirmed, corroborated:N (independent sources), magnitude:KIND>=N (a figure reaches N),
    spread (another place). `only_alerted`: only for developments that a rule has alerted on before. `quiet_hours`:
    like "23:00-06:00 Asia/Baghdad". `throttle_s`: seconds during which the rule alerts once at most. What is held
    back by throttle, quiet hours or mute is stored with the reason.
    """

    name: str
    title: str = ""
    severity: Literal["info", "warning", "critical"] = "warning"
    enabled: bool = True
    query: str = ""
    types: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ("alleged", "asserted", "confirmed", "disputed")
    realis: tuple[Realis, ...] = ("actual",)
    changes: tuple[str, ...] = ("opened",)
    only_alerted: bool = False
    min_sources: int = 1
    throttle_s: float = 0.0
    quiet_hours: str = ""
    channels: tuple[str, ...] = (TERMINAL,)


class RulesFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may stand in alerts.toml."""

    rule: tuple[Rule, ...] = ()
    channels: Mapping[str, Channel] = {}


class Trigger(NamedTuple):
    """One entry of `changes`, read. `text` is how it stands in the file, and in an alert's id."""

    text: str
    kind: str
    facet: str = ""
    number: float = 0.0


class QuietHours(NamedTuple):
    """A stretch of each day in one time zone; it may go over midnight."""

    start: time
    end: time
    zone: str

    def hold(self, now: datetime) -> bool:
        """Tell whether `now` (aware) lies in them."""
        local = now.astimezone(ZoneInfo(self.zone)).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


class ReadyRule(NamedTuple):
    """A rule with what had to be read in it."""

    rule: Rule
    query: Query
    triggers: tuple[Trigger, ...]
    quiet: QuietHours | None


class Rules(NamedTuple):
    """All enabled rules, and the channels by name."""

    rules: tuple[ReadyRule, ...]
    channels: Mapping[str, Channel]
    file: str = ""

    def named(self, name: str) -> ReadyRule | None:
        """Return the rule of this name."""
        return next((ready for ready in self.rules if ready.rule.name == name), None)


def load_rules(path: Path | str) -> Rules:
    """Load a rules file. Raises ConfigError with a line for every fault: file, rule, key, remedy."""
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}; correct file under [rules]") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    parsed, faults = convert(_lists_as_tuples(raw), RulesFile, "")
    if parsed is not None:
        faults += [*_file_faults(parsed), *(fault for rule in parsed.rule for fault in _faults(rule, parsed.channels))]
    if faults or parsed is None:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    enabled = (rule for rule in parsed.rule if rule.enabled)
    return Rules(tuple(_ready(rule, parsed.channels) for rule in enabled), parsed.channels, str(path))


def unknown_names(rules: Rules, vocabulary: Vocabulary) -> list[str]:
    """Return a line for every type, mode, place, side or actor in the rules that the schema does not have.

    A rule that asks for one never fires. They are no fault of the file: a generation may have another schema.
    """
    modes = {mode for kind in vocabulary.types.values() for mode in kind.modes}
    sides = {actor.side for actor in vocabulary.actors.values()}
    known: Mapping[str, Collection[str]] = {
        "types": vocabulary.types, "modes": modes, "places": vocabulary.places, "sides": sides,
        "actors": vocabulary.actors,
    }  # fmt: skip
    return [
        f"{rules.file}: rule {ready.rule.name!r}: {key}: the schema has no {name!r}; {near(name, names)}"
        for ready in rules.rules
        for key, names in known.items()
        for name in getattr(ready.rule, key)
        if name not in names
    ]


def _lists_as_tuples(raw: Any) -> Any:
    if isinstance(raw, dict):
        return {key: _lists_as_tuples(value) for key, value in raw.items()}
    return tuple(map(_lists_as_tuples, raw)) if isinstance(raw, list) else raw


def _file_faults(parsed: RulesFile) -> Iterator[str]:
    names = [rule.name for rule in parsed.rule]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"rule {name!r}: there are {names.count(name)} of this name; rename the others"
    for name, channel in parsed.channels.items():
        if name == TERMINAL:
            yield f"channels.{name}: this name is taken by the screen; choose another"
        if bool(channel.url) == bool(channel.env):
            yield f"channels.{name}: give url or env, one of them"


def _faults(rule: Rule, channels: Mapping[str, Channel]) -> Iterator[str]:
    found = (*_condition_faults(rule), *_change_faults(rule), *_sending_faults(rule, channels))
    yield from (f"rule {rule.name!r}: {fault}" for fault in found)


def _condition_faults(rule: Rule) -> Iterator[str]:
    if not rule.name:
        yield "name: is empty; name the rule"
    try:
        parse_query("developments", rule.query)
    except QueryError as error:
        where = "" if error.position is None else f" (column {error.position})"
        yield f"query: {error}{where}"
    if rule.min_sources < 1:
        yield "min_sources: must be 1 or more"


def _change_faults(rule: Rule) -> Iterator[str]:
    if not rule.changes:
        yield f"changes: is empty, so that the rule never fires; use some of {', '.join(KINDS)}"
    for text in rule.changes:
        trigger = _trigger(text)
        if trigger is None:
            yield f"changes: {text!r} can't be read; {_change_remedy(text)}"
        elif trigger.facet and trigger.facet not in MAGNITUDES:
            yield f"changes: {text!r}: no figure is called {trigger.facet!r}; {near(trigger.facet, MAGNITUDES)}"


def _change_remedy(text: str) -> str:
    kind = text.partition(":")[0]
    form = {"corroborated": "write corroborated:3", "magnitude": "write magnitude:killed>=10"}.get(kind)
    return form or (f"write {kind}" if kind in KINDS else near(kind, KINDS))


def _sending_faults(rule: Rule, channels: Mapping[str, Channel]) -> Iterator[str]:
    for name in rule.channels:
        if name != TERMINAL and name not in channels:
            yield f"channels: {name!r} is not under [channels]; {near(name, [*channels, TERMINAL])}"
    if rule.quiet_hours and _quiet(rule.quiet_hours) is None:
        yield f"quiet_hours: {rule.quiet_hours!r} can't be read; write 23:00-06:00 Asia/Baghdad"
    if not 0 <= rule.throttle_s <= _LONGEST_THROTTLE_S:
        yield f"throttle_s: must be 0 or more, and {_LONGEST_THROTTLE_S:g} (a year) at most"


def _trigger(text: str) -> Trigger | None:
    """Read one entry of `changes`."""
    found = _TRIGGER.fullmatch(text)
    if found is None or found["kind"] not in KINDS:
        return None
    kind, facet, number = found["kind"], found["facet"] or "", found["number"]
    whole = {
        "corroborated": not facet and not found["over"] and number is not None,
        "magnitude": bool(facet) and bool(found["over"]) and number is not None,
    }.get(kind, ":" not in text)
    return Trigger(text, kind, facet, float(number or 0)) if whole else None


def _quiet(text: str) -> QuietHours | None:
    found = _QUIET.fullmatch(text)
    if found is None:
        return None
    try:
        ZoneInfo(found["zone"])
        return QuietHours(time.fromisoformat(found["start"]), time.fromisoformat(found["end"]), found["zone"])
    except (ValueError, OSError, KeyError):
        return None


def _ready(rule: Rule, channels: Mapping[str, Channel]) -> ReadyRule:
    """Read a sound rule. Channels that are switched off are none of its: nothing waits for them."""
    triggers = [trigger for text in rule.changes if (trigger := _trigger(text)) is not None]
    names = tuple(name for name in dict.fromkeys(rule.channels) if name == TERMINAL or channels[name].enabled)
    ready = msgspec.structs.replace(rule, channels=names)
    return ReadyRule(ready, parse_query("developments", rule.query), _ordered(triggers), _quiet(rule.quiet_hours))


def _ordered(triggers: Collection[Trigger]) -> tuple[Trigger, ...]:
    """Put the highest number of a kind first: when several are reached at once, that one is told."""
    first: dict[tuple[str, str], int] = {}
    for trigger in triggers:
        first.setdefault((trigger.kind, trigger.facet), len(first))
    return tuple(sorted(triggers, key=lambda trigger: (first[trigger.kind, trigger.facet], -trigger.number)))
