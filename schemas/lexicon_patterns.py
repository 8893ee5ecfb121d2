"""The small languages inside a lexicon file's strings: word lists, patterns of verbs, wordings of idioms.

The grammar is in docs/schema.md, section "Lexicon".
"""

from functools import lru_cache
from itertools import product
from typing import Final

import msgspec

FLAGS: Final = frozenset(
    ["inf", "that", "passive", "active", "noobj", "anyobj", "ger", "adv", "neg", "future", "oneobj", "twoobj",
     "must", "may", "if", "unless", "said", "bid", "done", "deed", "finite"]
)  # fmt: skip
ANY_VERB: Final = "*"
"""Stands for every verb that has a modal or is denied."""
_SAID_WEIGHT: Final = 4
"""What somebody says of a deed comes before the deed itself."""
CLASSES: Final = frozenset({"@actor", "@place", "@person", "@any", "@party", "@num", "@own"})
"""Word classes that the matcher computes; the others are lists in the events file."""


def words(text: str) -> tuple[str, ...]:
    """Split a word list: blanks separate, `_` stands for a blank."""
    return tuple(word.replace("_", " ") for word in text.split())


def lines(text: str) -> tuple[str, ...]:
    """Split a pattern block into its non-empty lines."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _is_said(flags: set[str]) -> bool:
    """Tell whether a pattern is about what somebody says of a deed: that he will not, for one."""
    return "said" in flags or {"neg", "future"} <= flags


class Constraint(msgspec.Struct, frozen=True):
    """`key:value,value`: the slot `key` must hold one of the words or classes; with `absent`, must not."""

    slot: str
    allowed: frozenset[str]
    absent: bool = False


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a `verbs` block, taken apart."""

    lemmas: tuple[str, ...]
    particles: frozenset[str] = frozenset()
    constraints: tuple[Constraint, ...] = ()
    flags: frozenset[str] = frozenset()
    frame: str | None = None
    weight: int = 0
    """Number of conditions: the more specific pattern of a verb wins."""


@lru_cache(maxsize=16_384)
def parse_pattern(line: str) -> Pattern:
    """Read `take obj:control,hold => frame`. Raises ValueError saying what is wrong with the line."""
    body, _, frame = line.partition("=>")
    first, *rest = body.split() or [""]
    if not first or ":" in first:
        raise ValueError(f"{line!r}: a pattern begins with a verb")
    particles: frozenset[str] = frozenset()
    flags, constraints = set(), []
    for part in rest:
        key, colon, value = part.partition(":")
        if colon:
            if not key.strip("!") or not value:
                raise ValueError(f"{line!r}: {part!r} is not slot:word,word")
            allowed = frozenset(word.replace("_", " ") for word in value.split(","))
            constraints.append(Constraint(key.lstrip("!"), allowed, key.startswith("!")))
        elif part in FLAGS:
            flags.add(part)
        elif particles:
            raise ValueError(f"{line!r}: two particles; write them as a|b")
        else:
            particles = frozenset(part.split("|"))
    return Pattern(
        lemmas=tuple(first.split("|")),
        particles=particles,
        constraints=tuple(constraints),
        flags=frozenset(flags),
        frame=frame.strip() or None,
        weight=len(constraints) * 2 + len(flags) + 2 * bool(particles) + _SAID_WEIGHT * _is_said(flags),
    )


def alternatives(line: str) -> tuple[str, ...]:
    """Return the lines that `on|upon:@any` (or `inf|that`, `inf|into:@any`) stands for, one a choice."""
    body, arrow, frame = line.partition("=>")
    first, *rest = body.split() or [""]
    choices = [_choices(part) for part in rest]
    tail = f" {arrow} {frame.strip()}" if arrow else ""
    return tuple(" ".join((first, *chosen)) + tail for chosen in product(*choices))


def _choices(part: str) -> tuple[str, ...]:
    """Return what one condition may be; a flag has no words, and particles stay together."""
    names, colon, value = part.partition(":")
    each = names.split("|")
    if len(each) == 1 or names.startswith("!") or not (colon or FLAGS.intersection(each)):
        return (part,)
    return tuple(name if name in FLAGS and value in {"", "@any"} else f"{name}:{value or '@any'}" for name in each)


class Wording(msgspec.Struct, frozen=True):
    """One line of an `idioms` block, taken apart: what may stand at each place, `...` for a gap."""

    parts: tuple[frozenset[str], ...]
    flags: frozenset[str] = frozenset()
    frame: str | None = None


def parse_idiom(line: str) -> Wording:
    """Read `take|pull ... off the air +neg => frame`. Raises ValueError saying what is wrong with the line."""
    body, _, frame = line.partition("=>")
    given = body.split()
    flags = frozenset(word[1:] for word in given if word.startswith("+"))
    parts = tuple(frozenset(word.split("|")) for word in given if not word.startswith("+"))
    if not parts or "..." in parts[0] or any(word.startswith("@") and word != "@num" for word in parts[0]):
        raise ValueError(f"{line!r}: an idiom begins with a word or @num")
    if "..." in parts[-1]:
        raise ValueError(f"{line!r}: an idiom ends with a word")
    if wrong := flags - FLAGS:
        raise ValueError(f"{line!r}: unknown flag +{min(wrong)}")
    return Wording(parts=parts, flags=flags, frame=frame.strip() or None)
