"""Event patterns of one language compiled for look-up by verb or noun lemma."""

from collections import Counter
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from schemas.lexicon import Frame, Group, Language
from schemas.lexicon_patterns import Constraint, Pattern, alternatives, lines, parse_idiom, parse_pattern, words


class Slots(NamedTuple):
    """A role frame with its lists split."""

    actors: tuple[str, ...]
    recipients: tuple[str, ...]
    places: tuple[str, ...]
    both: bool
    of: str


class Rule(NamedTuple):
    """One pattern with what it yields."""

    id: str
    group: Group
    pattern: Pattern
    slots: Slots
    needs: frozenset[str] = frozenset()
    """Slots that must hold something, so that most rules of a verb are not even tried."""
    key: tuple[str, frozenset[str]] | None = None
    """A slot, and the words of which something in it must be called, so that of the others most are not."""


class Idiom(NamedTuple):
    """A wording of several words, by what may stand at each place."""

    parts: tuple[frozenset[str], ...]
    closes: frozenset[str]
    """Words of which the sentence must hold one, so that most idioms are not even tried."""
    rule: Rule | None
    """None for wordings that are no event."""


class Starts:
    """The idioms that begin with one word."""

    def __init__(self) -> None:
        self._idioms: list[Idiom] = []
        self._by_close: dict[str, list[int]] = {}

    def add(self, idiom: Idiom) -> None:
        """Take an idiom; of two that match alike the earlier one counts."""
        for word in idiom.closes:
            self._by_close.setdefault(word, []).append(len(self._idioms))
        self._idioms.append(idiom)

    @property
    def closing(self) -> AbstractSet[str]:
        """Return the closing words of all."""
        return self._by_close.keys()

    def fitting(self, here: AbstractSet[str]) -> list[Idiom]:
        """Return the idioms of which a sentence with the words `here` holds a closing one."""
        if self._by_close.keys().isdisjoint(here):
            return []
        shared = self._by_close.keys() & here
        if len(shared) == 1:
            return [self._idioms[at] for at in self._by_close[shared.pop()]]
        return [self._idioms[at] for at in sorted({at for word in shared for at in self._by_close[word]})]


def _split(names: str) -> tuple[str, ...]:
    return tuple(name for name in words(names) if name != "none")


def _slots(frame: Frame) -> Slots:
    return Slots(_split(frame.actors), _split(frame.recipients), _split(frame.places), frame.both, frame.of)


_BELOW: Final = frozenset({"that", "inf", "ger", "obj2"})
"""Slots that hold no phrases of their own."""


def _closing(parts: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the words of the part behind the first that sentences are least likely to hold: the shortest words are
    the commonest. The first part's when no other names nothing but words.
    """
    plain = [part for part in reversed(parts[1:]) if not any(word[0] in "@." for word in part)]
    return max(plain, key=lambda part: min(map(len, part)), default=parts[0])


def _needed(pattern: Pattern) -> frozenset[str]:
    """Return the slots that a pattern asks to hold something."""
    named = {constraint.slot for constraint in pattern.constraints if not constraint.absent}
    return frozenset(named - _BELOW)


def _key(pattern: Pattern) -> tuple[str, frozenset[str]] | None:
    """Return the condition with the fewest words of those that a look at the words of one slot can refute."""
    plain = [
        (constraint.slot, constraint.allowed)
        for constraint in pattern.constraints
        if not constraint.absent and constraint.slot not in _BELOW and not any(map(_is_computed, constraint.allowed))
    ]
    return min(plain, key=lambda one: len(one[1]), default=None)


def _is_computed(word: str) -> bool:
    """Tell what stands for more than phrases that are called so: classes, and "troop" for any force."""
    return word.startswith("@") or word == "troop"


def _asked(rules: Sequence[Rule]) -> frozenset[str]:
    """Return the flags that rules ask for, but for the one that is found out last."""
    return frozenset(flag for rule in rules for flag in rule.pattern.flags) - {"said"}


def _can_hold(rule: Rule, filled: frozenset[str], flags: frozenset[str], particles: frozenset[str]) -> bool:
    pattern = rule.pattern
    if not (rule.needs <= filled and pattern.flags - {"said"} <= flags):
        return False
    return not pattern.particles or not pattern.particles.isdisjoint(particles)


_MOST_KEPT: Final = 20_000
"""Combinations of verb and filled slots whose rules are kept at hand."""
_OBJECT_FOLLOWS: Final = frozenset({"over", "off", "up", "out", "down", "back", "away", "aside"})
"""Particles after which the object of a phrasal verb may stand; after "in" or "on" it would be a place."""


def _particles(rules: list[Rule]) -> frozenset[str]:
    return frozenset(word for rule in rules for word in rule.pattern.particles) & _OBJECT_FOLLOWS


class Patterns:
    """Rules by lemma; word classes resolved; the most specific rules first."""

    def __init__(self, language: Language) -> None:
        events = language.events
        self.classes = {name: frozenset(words(block)) for name, block in events.classes.items()}
        self.verbs: dict[str, list[Rule]] = {}
        self.nouns: dict[str, list[Rule]] = {}
        self.phrases: dict[str, list[tuple[tuple[str, ...], Rule]]] = {}
        self.idioms: dict[str, Starts] = {}
        self.bare: set[str] = set()
        self._counts = Counter[str]()
        self._shared: dict[frozenset[str], frozenset[str]] = {}
        self.light = frozenset(words(events.light_verbs))
        self.occur = frozenset(words(events.occur_verbs))
        self.blocked = frozenset(words(events.blocked))
        for line in lines(events.void):
            parts = self._places(parse_idiom(line).parts)
            for first in parts[0]:
                self.idioms.setdefault(first, Starts()).add(Idiom(parts, _closing(parts), None))
        frames = {name: _slots(frame) for name, frame in events.frames.items()}
        for group in events.groups:
            self._add(group, frames)
        self._needed = {
            lemma: frozenset(slot for rule in rules for slot in rule.needs) for lemma, rules in self.verbs.items()
        }
        self.asked = {lemma: _asked(rules) for lemma, rules in self.verbs.items()}
        self._particles = {
            lemma: frozenset(word for rule in rules for word in rule.pattern.particles)
            for lemma, rules in self.verbs.items()
        }
        self._applicable: dict[tuple[str, frozenset[str], frozenset[str], frozenset[str]], list[Rule]] = {}
        self.closing = frozenset(word for starts in self.idioms.values() for word in starts.closing)
        """Words of which a sentence must hold one before any idiom can be in it."""
        self.phrasal = {lemma: _particles(rules) for lemma, rules in self.verbs.items()}
        for rules in self.verbs.values():
            rules.sort(key=lambda rule: (-rule.pattern.weight, rule.id))

    def _add(self, group: Group, frames: dict[str, Slots]) -> None:
        name = f"{group.type}.{group.mode}" if group.mode else group.type
        for line in lines(group.verbs):
            self._counts[name] += 1
            for one in alternatives(line):
                pattern = self._resolve(parse_pattern(one))
                frame = frames[pattern.frame or group.frame]
                rule = Rule(f"{name}.{self._counts[name]}", group, pattern, frame, _needed(pattern), _key(pattern))
                for lemma in pattern.lemmas:
                    self.verbs.setdefault(lemma, []).append(rule)
        self.bare.update(words(group.bare_nouns))
        for noun in words(group.nouns) + words(group.bare_nouns):
            rule = Rule(f"{name}.n.{noun}", group, Pattern(lemmas=(noun,)), frames[group.frame])
            self.nouns.setdefault(noun, []).append(rule)
        for phrase in lines(group.phrases):
            tokens = tuple(phrase.split())
            rule = Rule(f"{name}.p.{'-'.join(tokens)}", group, Pattern(lemmas=tokens), frames[group.frame])
            self.phrases.setdefault(tokens[0], []).append((tokens, rule))

        for line in lines(group.idioms):
            self._add_idiom(name, group, line, frames)

    def _add_idiom(self, name: str, group: Group, line: str, frames: dict[str, Slots]) -> None:
        wording = parse_idiom(line)
        parts = self._places(wording.parts)
        pattern = Pattern(lemmas=(), flags=wording.flags, frame=wording.frame, weight=len(parts))
        label = "-".join("|".join(sorted(part)) for part in wording.parts)
        rule = Rule(f"{name}.i.{label}", group, pattern, frames[wording.frame or group.frame])
        for first in parts[0]:
            self.idioms.setdefault(first, Starts()).add(Idiom(parts, _closing(parts), rule))

    def _places(self, parts: tuple[frozenset[str], ...]) -> tuple[frozenset[str], ...]:
        """Add the words of named classes to what may stand at each place of an idiom."""
        named = (part | frozenset().union(*(self.classes.get(word[1:], ()) for word in part)) for part in parts)
        return tuple(named)

    def applicable(
        self, lemma: str, filled: Collection[str], flags: frozenset[str], particles: Collection[str]
    ) -> list[Rule]:
        """Return the rules of a verb that can hold, the most specific first: they need no other slots than those that
        are filled, no other flags than `flags`, and a particle that is there. `flags` are of those that are `asked`.
        """
        rules = self.verbs.get(lemma)
        if rules is None:
            return []
        key = lemma, self._needed[lemma].intersection(filled), flags, self._particles[lemma].intersection(particles)
        known = self._applicable.get(key)
        if known is None:
            if len(self._applicable) >= _MOST_KEPT:
                self._applicable.clear()
            known = self._applicable[key] = [rule for rule in rules if _can_hold(rule, *key[1:])]
        return known

    def _resolve(self, pattern: Pattern) -> Pattern:
        """Put the words of named classes in the place of their names; computed classes stay."""
        constraints = []
        for one in pattern.constraints:
            allowed: set[str] = set()
            for word in one.allowed:
                allowed |= self.classes.get(word[1:], {word}) if word.startswith("@") else {word}
                if word == "@person":
                    allowed.add("@person")
            words_allowed = self._shared.setdefault(frozenset(allowed), frozenset(allowed))
            constraints.append(Constraint(one.slot.replace("_", " "), words_allowed, one.absent))
        return Pattern(
            lemmas=pattern.lemmas,
            particles=pattern.particles,
            constraints=tuple(constraints),
            flags=pattern.flags,
            frame=pattern.frame,
            weight=pattern.weight,
        )
