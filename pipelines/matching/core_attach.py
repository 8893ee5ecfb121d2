"""Which verb of a sentence a name belongs to, in a core language.

Where the verb comes first, the verb before the name; where it comes last, the one behind it. A verb that opens or ends
the clause of a "that" keeps its own names.
"""

import re
from collections.abc import Sequence
from re import Pattern
from typing import Final, NamedTuple

from pipelines.matching.core_cases import Argument
from pipelines.matching.core_stems import Hit, Token

_OWNED: Final = 2
"""Characters between a noun and whose it is ("the withdrawal of the peshmerga")."""
_TAIL: Final = 3
"""Words behind a verb that comes last among which a marked name still belongs to it."""
_TAILED: Final = frozenset({"to", "on", "in", "with", "against", "between", "from", "for", "at"})
_SUBJECT_WITHIN: Final = 2
"""Words between a subject and a verb behind it in a language that puts the verb first."""
_PAUSES: Final = frozenset("،,;؛:.")
_ASKED: Final = frozenset({"to", "from", "acc"})
"""The cases of a party that is asked to do what a Turkish verbal noun says."""
_FINITE: Final = re.compile("(?:[dt][iıuü]|yor|m[iıuü]ş|c[ae]k)(?:l[ae]r)?$")
"""The end of a Turkish verb that closes a sentence; a comma behind its subject says that it is the one meant."""


class Attachment(NamedTuple):
    """One language's way of attaching names to verbs."""

    verb_first: bool
    endings: bool
    that: frozenset[str]
    breaks: frozenset[str]
    particles: frozenset[str]
    embedded: Pattern[str] | None

    def owners(
        self, text: str, tokens: Sequence[Token], hits: Sequence[Hit], arguments: Sequence[Argument]
    ) -> list[list[Argument]]:
        """Return the names of each verb, in the order of the verbs."""
        owned: list[list[Argument]] = [[] for _ in hits]
        home, latest = 0, -1
        for one in arguments:
            if hits:
                follows = one.joined and one.case != "bare"
                if not follows:
                    home = self._home(text, tokens, hits, one, latest)
                owned[home].append(one)
                latest = one.last
        return owned

    def _home(self, text: str, tokens: Sequence[Token], hits: Sequence[Hit], one: Argument, latest: int) -> int:
        """Return the verb of a name; `latest` is the last token of the name before it."""
        before = [at for at, hit in enumerate(hits) if hit.last <= one.first]
        after = [at for at, hit in enumerate(hits) if hit.first >= one.last]
        if not after:
            return before[-1] if before else 0
        if self.endings and one.case == "bare" and text[tokens[one.last].end :][:1] == ",":
            return next((at for at in after if _FINITE.search(tokens[hits[at].last].text)), after[-1])
        if not before:
            return after[0] if self.verb_first else self._around(tokens, hits, after, one)
        if self.verb_first:
            return after[0] if self._opens(text, tokens, hits[after[0]], one) else before[-1]
        if latest <= hits[before[-1]].last and self._trails(text, tokens, hits[before[-1]], one):
            return before[-1]
        return self._around(tokens, hits, after, one)

    def _around(self, tokens: Sequence[Token], hits: Sequence[Hit], after: list[int], one: Argument) -> int:
        """Pass over a verb inside another one's wording, or behind a particle of its own ("killed in clashes")."""
        nearest = hits[after[0]]
        asked = self.endings and bool(one.mention.actors) and one.case in _ASKED
        if asked and self.embedded is not None and self.embedded.search(tokens[nearest.last].text):
            verbs = ((at, tokens[hits[at].last].text) for at in after)
            return next((at for at, verb in verbs if not self.embedded.search(verb)), after[0])
        outer = next((at for at in after[1:] if one.last < hits[at].begin < nearest.first), None)
        if outer is not None:
            return outer
        governed = nearest.first > 0 and tokens[nearest.first - 1].text in self.particles
        if governed and len(after) > 1 and one.case == "bare" and one.last < nearest.first - 1:
            return after[1]
        return self._finite(tokens, hits, after, one)

    def _opens(self, text: str, tokens: Sequence[Token], verb: Hit, one: Argument) -> bool:
        """Tell whether a name in front of a verb is its subject: it opens a clause, and the verb follows."""
        if one.case != "bare":
            return False
        start = one.first
        opened = start > 0 and (tokens[start - 1].text.lstrip("وف") in self.that or tokens[start - 1].text in self.that)
        if opened:
            return True
        paused = start > 0 and not _PAUSES.isdisjoint(text[tokens[start - 1].end : tokens[start].start])
        return paused and verb.first - one.last - 1 <= _SUBJECT_WITHIN

    def _trails(self, text: str, tokens: Sequence[Token], verb: Hit, one: Argument) -> bool:
        """Tell whether a name stands behind the verb that it belongs to."""
        gap = text[tokens[verb.last].end : tokens[one.first].start]
        if not _PAUSES.isdisjoint(gap):
            return False
        if one.case == "bare":
            return len(gap) <= _OWNED and not self.endings
        between = [token.text for token in tokens[verb.last + 1 : one.first]]
        if self.endings or len(between) > _TAIL or one.case not in _TAILED:
            return False
        return self.breaks.isdisjoint(between) and self.that.isdisjoint(between)

    def _finite(self, tokens: Sequence[Token], hits: Sequence[Hit], after: list[int], one: Argument) -> int:
        """Pass over verbs of embedded clauses, whose subjects bear a mark of their own."""
        if self.embedded is None or one.case != "bare" or one.owner:
            return after[0]
        for at in after:
            verb = tokens[hits[at].last].text
            if not self.embedded.search(verb) or hits[at].first - one.last <= 1:
                return at
        return after[0]
