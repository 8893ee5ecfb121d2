"""Quotations that run on: who is speaking when a sentence does not say."""

import re
from typing import Final

import msgspec

from pipelines.matching.asides import beside
from pipelines.matching.attribution import Credit, Credits
from pipelines.matching.parties import Parties
from pipelines.matching.phrases import Clause
from pipelines.matching.tokens import QUOTES, Sentence
from schemas.records import ClaimSource

_SOURCES: Final = re.compile(r"\b(?:source|official|officer|commander|diplomat|lawmaker|adviser|aide|witness)\b")
"""Those without a name who are taken up again as "the ..."."""


_AGAIN: Final = frozenset({"he", "she", "it", "they"})
"""Words that take up who spoke before."""
_MORE: Final = frozenset({"added", "adds", "continued", "continues", "went", "goes"})
"""Cues that only who has just spoken can have."""


class Speech:
    """Follows the speaker from sentence to sentence of one field.

    A speaker carries over while a quotation is open, and over the paragraph that follows a colon.
    """

    def __init__(self, cues: Credits) -> None:
        self._credits = cues
        self.speaker: list[Credit] = []
        self._open = False
        self._colon_until = -1
        self._last: list[Credit] = []
        self._end = 0
        self._paused = self._resumed = False
        self.revealed: list[Credit] = []
        self._introduced: dict[str, ClaimSource] = {}

    def reset(self) -> None:
        """Begin another field."""
        self.speaker, self._open, self._colon_until, self._last, self.revealed = [], False, -1, [], []
        self._end, self._paused = 0, False
        self._introduced.clear()

    def begin(self, sentence: Sentence) -> None:
        """Turn to the next sentence: a quotation goes on in a new paragraph that opens with a mark."""
        self._resumed = self._paused and bool(sentence.lows) and sentence.lows[0] in QUOTES
        self._open, self._paused = self._open or self._resumed, False

    def introduced(self, credit: Credit) -> Credit:
        """Return "the source" as it was introduced ("an informed source at the council")."""
        low = credit.source.text.lower()
        if low in _AGAIN:
            return self._taken_up(credit)
        known = self._introduced.get(low.removeprefix("the ").removeprefix("same "))
        if low.startswith("the ") and credit.source.id is None and known is not None:
            return Credit(msgspec.structs.replace(known, cue=credit.source.cue), credit.strength)
        return credit

    def _taken_up(self, credit: Credit) -> Credit:
        """Return "he" or "it" with what is known of the one who spoke last, unless it is told to be another."""
        for one in self._last or self.speaker:
            source, known = one.source, credit.source
            more = known.cue in _MORE and source.id is not None
            if source.text.lower() not in _AGAIN and (more or known.id in {None, source.id}):
                return Credit(msgspec.structs.replace(known, id=source.id, kind=source.kind), credit.strength)
        return credit

    def _introduce(self, credits_: list[Credit]) -> None:
        for credit in credits_:
            text = credit.source.text
            if text.lower().startswith(("a ", "an ", "one ", "two ")):
                for noun in _SOURCES.findall(text.lower()):
                    self._introduced[noun] = credit.source

    @property
    def unattributed(self) -> bool:
        """Tell whether a quotation is open of which nobody has said yet whose it is."""
        return (self._open or self._paused) and not self.speaker

    def current(self, sentence: Sentence) -> list[Credit]:
        """Return the sources that a sentence inherits."""
        start = sentence.span[0]
        if self._open or start < self._colon_until:
            return self.speaker
        quoted = bool(self._last and sentence.lows) and sentence.lows[0] in QUOTES
        return self._last if quoted and (sentence.lows[-1] in QUOTES or self._goes_on(sentence)) else []

    def _goes_on(self, sentence: Sentence) -> bool:
        """Tell whether a sentence stands in the same paragraph as the one before."""
        return "\n" not in sentence.text[self._end : sentence.span[0]]

    def after(self, sentence: Sentence, clauses: list[Clause], parties: Parties) -> None:
        """Take note of quotation marks, of a closing colon, and of who spoke."""
        spoke = self._spoke(sentence, clauses, parties)
        self.revealed = spoke if self.unattributed else []
        if not self._open and not self._paused and sentence.span[0] >= self._colon_until:
            self.speaker = self.current(sentence)
        for low in sentence.lows[self._resumed :] if not QUOTES.isdisjoint(sentence.lows) else ():
            self._open = _turned(low, opened=self._open)
        self._introduce(spoke)
        if spoke:
            spoke = [self.introduced(credit) for credit in spoke]
            self._last = spoke
            self.speaker = spoke
        elif not self.current(sentence):
            self._last = []
        text, end = sentence.text, sentence.span[1]
        self._end = end
        if spoke and text[end - 1] == ":":
            begin = end
            while begin < len(text) and text[begin].isspace():
                begin += 1
            stop = text.find("\n", begin)
            self._colon_until = stop if stop >= 0 else len(text)
        if "\n" in text[end : end + 2] and end >= self._colon_until:
            self._open, self._paused = False, self._open

    def _spoke(self, sentence: Sentence, clauses: list[Clause], parties: Parties) -> list[Credit]:
        asides = beside(self._credits, sentence, clauses, parties)
        if outside := [credit for at, _, credit in asides if not self._is_quoted(sentence, at)]:
            return outside
        for clause in clauses:
            verb = clause.verb
            if verb is None or self._is_quoted(sentence, verb.head):
                continue
            if clause.kind in {"main", "coord"} and verb.lemma in self._credits.quoting:
                cue = sentence.text[sentence.starts[verb.head] : sentence.ends[verb.head]]
                strength = self._credits.strength[verb.lemma]
                if speakers := self._credits.speakers(sentence, clause):
                    return [Credit(self._credits.source(sentence, one, cue, parties), strength) for one in speakers]
        return []

    def _is_quoted(self, sentence: Sentence, at: int) -> bool:
        """Tell whether a token stands inside quotation marks: what is said there credits nobody outside."""
        opened = self._open
        if QUOTES.isdisjoint(sentence.lows):
            return opened
        for low in sentence.lows[self._resumed : at]:
            opened = _turned(low, opened=opened)
        return opened


def _turned(low: str, *, opened: bool) -> bool:
    """Return whether a quotation is open behind a token."""
    if low not in QUOTES:
        return opened
    return low in "“«„" if low in "“”«»„" else not opened
