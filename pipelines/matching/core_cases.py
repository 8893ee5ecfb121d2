"""What a name is to the verb in a core language, read off particles before it, endings on it and words behind it.

The cases are this project's own, common to all core languages: `in`, `from`, `to`, `on`, `with`, `against`, `between`,
`by` (the doer of a passive), `for`, `acc` (a marked object), `gen` (a marked owner), and `bare` for a name without a
mark. Which words mark which is data (lexicon/<language>.core.yaml).
"""

import re
from collections.abc import Container, Mapping
from typing import Final, NamedTuple

from pipelines.matching.core_stems import Token
from pipelines.matching.normalise import fold
from pipelines.matching.scanner import Mention
from schemas.lexicon import Core
from schemas.lexicon_patterns import words

_BACK: Final = 3
"""Words between a particle and the name that it governs ("in the district of X")."""
_ON: Final = 2
"""Words behind a name that may be the head which bears its ending ("X's main positions")."""
_PAUSES: Final = frozenset('،,;؛:«»“”"()!؟?–—')
_POSSESSED: Final = ("ları", "leri", "sı", "si", "su", "sü", "sesi")
"""Endings of the head noun of a Turkish compound."""
_CIVIL: Final = ("residents",)
"""Common nouns ("families") are heads themselves."""


class Argument(NamedTuple):
    """A known name of a sentence, its case, and the first and last token that it touches."""

    mention: Mention
    case: str
    first: int
    last: int
    owner: bool = False
    """The name only qualifies the noun that bears the case ("X's positions")."""
    joined: bool = False
    """It is coordinated with the name before it."""


def folded(listed: str) -> frozenset[str]:
    """Split and fold a word list."""
    return frozenset(fold(word).text for word in words(listed))


def _table(listed: Mapping[str, str]) -> dict[str, str]:
    return {word: case for case, marks in listed.items() for word in folded(marks)}


class Cases:
    """One language's marks, compiled."""

    def __init__(self, core: Core) -> None:
        self._verb_first = core.verb_first
        self._before = _table(core.cases)
        self._attached = _table(core.attached)
        self._endings = _table(core.case_endings)
        self._heads = sorted(_table(core.head_endings).items(), key=lambda one: -len(one[0]))
        self._behind = _table(core.postpositions)
        self._and = folded(core.conjunctions)
        self._breaks = folded(core.breaks) | folded(core.complements)
        self._verbs = (
            folded(f"{core.said} {core.claimed} {core.denied} {core.confirmed}") if core.verb_first else frozenset()
        )
        self._closers = tuple(folded(core.closers))
        self._persons = tuple(folded(f"{core.anonymous} {core.members}"))
        self._embedded = re.compile(core.embedded) if core.embedded else None

    @property
    def particles(self) -> frozenset[str]:
        """The words that mark the case of what follows."""
        return frozenset(self._before)

    def arguments(
        self, text: str, tokens: list[Token], mentions: list[Mention], verbs: Container[int] = ()
    ) -> list[Argument]:
        """Return the names of a sentence with their cases, in order; `verbs` are tokens that end a phrase. Linear."""
        found: list[Argument] = []
        at = 0
        for number, mention in enumerate(mentions):
            while at < len(tokens) and tokens[at].end <= mention.start:
                at += 1
            last = at
            while last + 1 < len(tokens) and tokens[last + 1].start < mention.end:
                last += 1
            if at < len(tokens):
                limit = mentions[number + 1].start if number + 1 < len(mentions) else len(text)
                found.append(self._argument(text, tokens, mention, (at, last, limit), found[-1:], verbs))
        return self._coordinated_backwards(found)

    def _argument(
        self,
        text: str,
        tokens: list[Token],
        mention: Mention,
        touched: tuple[int, int, int],
        previous: list[Argument],
        verbs: Container[int],
    ) -> Argument:
        first, last, limit = touched
        lead = fold(text[tokens[first].start : mention.start]).text
        joined = bool(previous) and self._joins(text, tokens, previous[0], first, lead)
        ending_case, reached = self._ending(text, tokens, mention, last)
        case = self._behind_case(text, tokens, reached) or ending_case or self._attached_case(lead)
        owner = False
        if case == "gen" or (case is None and self._is_modifier(text, mention)):
            head = self._head(text, tokens, reached, limit)
            owner, case = head is not None, head or case
        if case is None and not joined:
            case = self._before_case(text, tokens, first, previous, verbs)
        if case is None and joined:
            case = previous[0].case
        return Argument(mention, case or "bare", first, reached, owner, joined)

    def _joins(self, text: str, tokens: list[Token], previous: Argument, first: int, lead: str) -> bool:
        """Tell whether only a conjunction stands between two names."""
        between = [token.text for token in tokens[previous.last + 1 : first]]
        gap = text[tokens[previous.last].end : tokens[first].start]
        if between:
            return len(between) == 1 and between[0] in self._and and _PAUSES.isdisjoint(gap)
        attached = self._verb_first and lead[:1] == "و"
        return attached and _PAUSES.isdisjoint(gap.replace("،", ""))

    def _attached_case(self, lead: str) -> str | None:
        """Read an Arabic particle that is written together with the name."""
        lead = lead[1:] if self._verb_first and lead[:1] in {"و", "ف"} else lead
        return self._attached.get(lead)

    def _ending(self, text: str, tokens: list[Token], mention: Mention, last: int) -> tuple[str | None, int]:
        """Read the ending on a name, behind an apostrophe or not; and the last token that belongs to it."""
        tail = fold(text[mention.end : tokens[last].end]).text
        if tail:
            return self._endings.get(tail), last
        apart = text[mention.end : mention.end + 1] in {"'", "’"} and last + 1 < len(tokens)
        if apart and tokens[last + 1].start == mention.end + 1:
            return self._endings.get(tokens[last + 1].text), last + 1
        return None, last

    def _behind_case(self, text: str, tokens: list[Token], last: int) -> str | None:
        if last + 1 >= len(tokens) or not self._behind or not _close(text, tokens, last):
            return None
        return self._behind.get(tokens[last + 1].text)

    def _is_modifier(self, text: str, mention: Mention) -> bool:
        """Tell a name that may qualify a noun behind it from one that has a head of its own ("Irak ordusu")."""
        name = fold(text[mention.start : mention.end]).text
        complete = " " in name and name.endswith(_POSSESSED)
        return bool(self._heads) and mention.actors[:1] != _CIVIL and not complete

    def _head(self, text: str, tokens: list[Token], last: int, limit: int) -> str | None:
        """Read the case off the noun that a name qualifies."""
        for at in range(last + 1, min(len(tokens), last + 1 + _ON)):
            word = tokens[at].text
            if not _close(text, tokens, at - 1) or tokens[at].start >= limit:
                return None
            if word in self._and or word in self._behind or word in self._breaks:
                return None
            if self._embedded is not None and self._embedded.search(tokens[at].text):
                return None
            for ending, case in self._heads:
                if tokens[at].text.endswith(ending) and len(tokens[at].text) > len(ending) + 1:
                    behind = self._behind_case(text, tokens, at)
                    return behind or case
        return None

    def _before_case(
        self, text: str, tokens: list[Token], first: int, previous: list[Argument], verbs: Container[int]
    ) -> str | None:
        """Walk back from a name to the particle that governs it."""
        stop = previous[0].last if previous else -1
        definite = self._verb_first and tokens[first].text.lstrip("و").startswith("ال")
        for at in range(first - 1, max(stop, first - 2 - _BACK), -1):
            if not _close(text, tokens, at) or at in verbs:
                return None
            word = tokens[at].text
            pair = f"{tokens[at - 1].text} {word}" if at else word
            bare = word[1:] if self._verb_first and word[:1] in {"و", "ف"} else word
            case = self._before.get(pair) or self._before.get(word) or self._before.get(bare)
            if case is not None:
                return None if at and self._is_person(tokens[at - 1].text) else case
            if (
                bare in self._verbs
                or word in self._breaks
                or word in self._and
                or (self._closers and word.endswith(self._closers))
            ):
                return None
            if self._verb_first:
                if word.startswith("ال") and definite:
                    return None
                attached = self._attached.get(word[:1])
                if attached and word[1:] in _GOVERNED:
                    return attached
        return None

    def _is_person(self, word: str) -> bool:
        """Tell the noun of "a source in X": who belongs to X is meant."""
        word = word[1:] if self._verb_first and word[:1] in {"و", "ف", "ل"} else word
        return bool(self._persons) and word.removeprefix("ال").startswith(self._persons)

    def _coordinated_backwards(self, found: list[Argument]) -> list[Argument]:
        """Give the first of two coordinated names the ending that only the second one bears."""
        if not self._endings:
            return found
        for at in range(len(found) - 2, -1, -1):
            one, other = found[at], found[at + 1]
            if other.joined and one.case in {"bare", "with"} and other.case != "bare" and not one.owner:
                found[at] = one._replace(case=other.case, owner=other.owner)
        return found


_GOVERNED: Final = folded("مدينة قضاء ناحية محافظة بلدة قرية حقل حقول مطار قاعدة معسكر مقر")
"""Arabic nouns before a name of a place that a particle is written together with ("bi-qadha' X")."""


def _close(text: str, tokens: list[Token], at: int) -> bool:
    """Tell whether nothing but a blank parts a token from the next one."""
    return at + 1 >= len(tokens) or _PAUSES.isdisjoint(text[tokens[at].end : tokens[at + 1].start])
