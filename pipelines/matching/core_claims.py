"""Who says so in a core language: verbs of saying and denial, "according to", "X: ...", and quotations that go on.

A cue credits a stretch of its sentence to a source. Where the verb comes first (Arabic) the source stands behind it,
up to "that" or to what is told of; where it comes last, before it, and what is said stands behind "that" (Persian,
Kurdish) or before the verb (Turkish).
"""

from collections.abc import Container
from typing import Final, NamedTuple

from pipelines.matching.attribution import Credit
from pipelines.matching.core_cases import Argument, folded
from pipelines.matching.core_stems import Token
from schemas.lexicon import Core
from schemas.records import ClaimSource, SourceKind
from schemas.vocabulary import Vocabulary

_LONGEST: Final = 14
"""Words that a source has at most."""
_LONGEST_UNKNOWN: Final = 6
"""Words of a speaker in whom nothing is known."""
_BEFORE_COLON: Final = 8
"""Words before a colon that still name a speaker."""
_PAUSES: Final = frozenset('،,;؛:«»“”"()')
_COMMAS: Final = frozenset("،,")
_CUE: Final = 3
"""Words of a verb of saying at most."""
_OPENING, _CLOSING = frozenset("«“"), frozenset("»”")


class Cue(NamedTuple):
    """A credit and the stretch [start, end) of the text that it covers; `speaker` is the stretch that names it."""

    credit: Credit
    start: int
    end: int
    speaker: tuple[int, int]


class Memory:
    """What one sentence leaves to the next: the last speaker, who acted, the town named, an open quotation."""

    def __init__(self) -> None:
        self.speaker: ClaimSource | None = None
        self.actor: str | None = None
        self.town: str | None = None
        self.quoted = False


class Line(NamedTuple):
    """One sentence as the cues see it; `hits` are the tokens that carry events."""

    text: str
    span: tuple[int, int]
    tokens: list[Token]
    arguments: list[Argument]
    hits: Container[int]
    speaker: ClaimSource | None
    """Who spoke last before it."""


class Cues:
    """One language's cues, compiled."""

    def __init__(self, core: Core, vocabulary: Vocabulary) -> None:
        self._verb_first = core.verb_first
        self._vocabulary = vocabulary
        self._endings = bool(core.case_endings)
        self._strength: dict[str, str] = {}
        for name, listed in (
            ("said", core.said),
            ("claimed", core.claimed),
            ("confirmed", core.confirmed),
            ("denied", core.denied),
        ):
            self._strength.update(dict.fromkeys(folded(listed), name))
        self._according = folded(core.according)
        self._that = folded(core.complements)
        self._breaks = folded(core.breaks)
        self._titles = folded(core.titles)
        self._same = folded(core.same) | folded(core.pronouns)
        self._kinds: tuple[tuple[SourceKind, tuple[str, ...]], ...] = (
            ("document", tuple(folded(core.documents))),
            ("media", tuple(folded(core.media))),
            ("anonymous", tuple(folded(core.anonymous))),
        )

    def find(self, line: Line, memory: Memory) -> list[Cue]:
        """Return the cues of a sentence, outermost first, and remember who spoke."""
        quoted = _quoted(line, began=memory.quoted)
        found = [*self._colon(line), *self._opened(line, quoted), *self._accordings(line)]
        found += self._verbs(line, memory, quoted)
        if memory.quoted and memory.speaker is not None:
            end = next((at for at in range(*line.span) if line.text[at] in _CLOSING), line.span[1])
            found.append(Cue(Credit(memory.speaker, "said"), line.span[0], end, (0, 0)))
        for letter in line.text[slice(*line.span)]:
            memory.quoted = (memory.quoted or letter in _OPENING) and letter not in _CLOSING
        if found:
            memory.speaker = found[-1].credit.source
        return found

    def _opened(self, line: Line, quoted: frozenset[int]) -> list[Cue]:
        """Read "X, “..." without an end as what X says, where nothing but X stands before."""
        if not quoted or 0 in quoted or len(line.tokens) - 1 not in quoted:
            return []
        first = len(line.tokens) - 1
        while first - 1 in quoted:
            first -= 1
        before = [one for one in line.arguments if one.last < first]
        if (
            len(before) != 1
            or before[0].case != "bare"
            or first > _BEFORE_COLON
            or line.text[slice(*line.span)][-1:] in _CLOSING
        ):
            return []
        source = self._source(line, 0, first)
        return [Cue(Credit(source, "said"), line.tokens[first].start, line.span[1], source.span or (0, 0))]

    def _verbs(self, line: Line, memory: Memory, quoted: frozenset[int]) -> list[Cue]:
        found: list[Cue] = []
        last = -1
        for at, width, strength in self._cue_tokens(line.tokens):
            if at <= last or at in quoted:
                continue
            cue = self._of_verb(line, (at, at + width), strength, memory, quoted, follows=bool(found))
            if cue is not None:
                found.append(cue)
                memory.speaker = cue.credit.source
            last = at + width - 1
        return found

    def _cue_tokens(self, tokens: list[Token]) -> list[tuple[int, int, str]]:
        """Find the verbs of saying: first token, number of tokens, strength; longer wordings win."""
        found = []
        for at, token in enumerate(tokens):
            for width in (3, 2, 1):
                word = " ".join(one.text for one in tokens[at : at + width])
                bare = word[1:] if self._verb_first and token.text[:1] in {"و", "ف"} else word
                strength = self._strength.get(word) or self._strength.get(bare)
                if strength is not None and at + width <= len(tokens):
                    found.append((at, width, strength))
                    break
        return found

    def _of_verb(
        self, line: Line, at: tuple[int, int], strength: str, memory: Memory, quoted: frozenset[int], *, follows: bool
    ) -> Cue | None:
        if self._verb_first:
            return self._verb_before_speaker(line, at, strength, memory, follows=follows)
        speaker = self._speaker_before(line, at[0], quoted)
        start, end = self._content(line, at, speaker)
        source = self._source(line, *speaker) if speaker else memory.speaker
        if source is None or start >= end:
            return None
        return Cue(Credit(source, strength), start, end, source.span if speaker and source.span else (0, 0))

    def _verb_before_speaker(
        self, line: Line, at: tuple[int, int], strength: str, memory: Memory, *, follows: bool
    ) -> Cue | None:
        stop = self._stop(line, at[1])
        tokens = line.tokens
        source: ClaimSource | None
        if stop > at[1]:
            source = self._source(line, at[1], self._cut(line, at[1], stop))
            speaker = source.span or (0, 0)
        else:
            opening = (one for one in reversed(line.arguments) if one.last < at[0] and one.case == "bare")
            before = None if follows else next(opening, None)
            source = self._source(line, before.first, before.last + 1) if before is not None else memory.speaker
            speaker = (source.span or (0, 0)) if before is not None and source is not None else (0, 0)
        if source is None:
            return None
        start = tokens[stop].start if stop < len(tokens) else line.span[1]
        if start < line.span[1]:
            return Cue(Credit(source, strength), start, line.span[1], speaker)
        return Cue(Credit(source, strength), line.span[0], tokens[at[0]].start, speaker)

    def _content(self, line: Line, at: tuple[int, int], speaker: tuple[int, int] | None) -> tuple[int, int]:
        """What is said: behind a verb that something follows, else before it."""
        tokens = line.tokens
        behind = at[1] < len(tokens)
        if behind and not self._endings:
            return tokens[at[1]].start, line.span[1]
        start = tokens[speaker[1] - 1].end if speaker and speaker[1] <= at[0] and speaker[0] < 1 else line.span[0]
        return start, tokens[at[0]].start

    def _speaker_before(self, line: Line, verb: int, quoted: frozenset[int]) -> tuple[int, int] | None:
        """Return the tokens of the noun phrase that opens the clause of a verb that comes last."""
        begin = max((at + 1 for at in range(verb) if line.tokens[at].text in self._that), default=0)
        begin = self._after_quote(line, begin, verb)
        begin = next((at for at in range(begin, verb) if at not in quoted), verb)
        closing = self._closing_clause(line, begin, verb)
        if closing is not None:
            return closing, verb
        stop = next((at for at in range(begin, verb) if self._ends(line, at)), verb)
        named = [
            one
            for one in line.arguments
            if begin <= one.first < verb and one.case == "bare" and one.first not in quoted
        ]
        head = " ".join(token.text for token in line.tokens[begin:stop])
        if self._unnamed(head) and stop - begin <= _LONGEST:
            return begin, self._noun_end(line, begin, stop) if self._endings and stop == verb else stop
        if not named or (self._endings and named[0].first >= stop and not self._is_close(line, named[0], verb)):
            named = named[:1]
        if not named:
            unknown = 0 < stop - begin <= _LONGEST_UNKNOWN and (not self._endings or self._opens(line, begin, stop))
            return (begin, stop) if unknown and line.tokens[begin].text not in self._same else None
        one = named[0]
        return (begin, max(stop, one.last + 1)) if begin <= one.first < stop else (one.first, one.last + 1)

    def _closing_clause(self, line: Line, begin: int, verb: int) -> int | None:
        """Return where the speaker begins that stands with its verb at the end ("..., the mayor said")."""
        commas = [at for at in range(begin, verb) if _COMMAS & set(self._gap(line, at))]
        told = bool(commas) and any(at in line.hits for at in range(begin, commas[-1] + 1))
        last = all(at not in line.hits for at in range(verb, len(line.tokens)))
        if not (told and last and len(line.tokens) - verb <= _CUE):
            return None
        said = " ".join(token.text for token in line.tokens[commas[-1] + 1 : verb])
        return commas[-1] + 1 if not self._endings or (said and self._unnamed(said)) else None

    def _noun_end(self, line: Line, begin: int, stop: int) -> int:
        """Return the end of a speaker that no comma ends: behind the noun that tells its kind."""
        return next((at + 1 for at in range(begin, stop) if self._unnamed(line.tokens[at].text)), stop)

    def _opens(self, line: Line, begin: int, stop: int) -> bool:
        """Tell a subject at the sentence's head that a comma ends, as in Turkish ("Vali, ... said")."""
        ended = stop > 0 and bool(_COMMAS & set(self._gap(line, stop - 1)))
        return begin == 0 and ended and not any(at in line.hits for at in range(begin, stop))

    def _is_close(self, line: Line, one: Argument, verb: int) -> bool:
        return verb - one.last <= 2 and line.tokens[one.first].start >= line.span[0]

    def _after_quote(self, line: Line, begin: int, verb: int) -> int:
        """Return the first token behind the last quotation that ends before the verb."""
        closing = [at for at in range(begin, verb) if _CLOSING & set(self._gap(line, at))]
        return closing[-1] + 1 if closing and closing[-1] + 1 < verb else begin

    def _gap(self, line: Line, at: int) -> str:
        end = line.tokens[at + 1].start if at + 1 < len(line.tokens) else line.span[1]
        return line.text[line.tokens[at].end : end]

    def _ends(self, line: Line, at: int) -> bool:
        """Tell whether a speaker's noun phrase ends before a token."""
        token = line.tokens[at]
        paused = at > 0 and not _PAUSES.isdisjoint(self._gap(line, at - 1))
        return paused or token.text in self._breaks or (not self._endings and at in _hits(line))

    def _stop(self, line: Line, at: int) -> int:
        """Return the token at which a source that begins at `at` ends."""
        for place in range(at, min(len(line.tokens), at + _LONGEST)):
            word = line.tokens[place].text
            paused = place > at and not _PAUSES.isdisjoint(self._gap(line, place - 1))
            following = line.tokens[place + 1].text if place + 1 < len(line.tokens) else ""
            to_that = self._verb_first and following in self._that and len(word) <= _SHORT
            if paused or to_that or word in self._that or word in self._breaks or place in line.hits:
                return place
        return min(len(line.tokens), at + _LONGEST)

    def _cut(self, line: Line, first: int, stop: int) -> int:
        """End a source at its last name where no word or comma ends it."""
        ended = stop >= len(line.tokens) or line.tokens[stop].text in self._that
        if ended or _PAUSES & set(self._gap(line, stop - 1)):
            return stop
        named = [one.last + 1 for one in line.arguments if first <= one.first < stop]
        return max(named, default=stop)

    def _accordings(self, line: Line) -> list[Cue]:
        found = []
        for at in range(len(line.tokens)):
            for width in (3, 2, 1):
                word = " ".join(token.text for token in line.tokens[at : at + width])
                bare = word[1:] if self._verb_first and word[:1] == "و" else word
                if (word in self._according or bare in self._according) and at + width <= len(line.tokens):
                    found += self._according_to(line, at, at + width)
                    break
        return found

    def _according_to(self, line: Line, first: int, behind: int) -> list[Cue]:
        if self._endings:
            begin = max((at + 1 for at in range(first - 1) if _PAUSES & set(self._gap(line, at))), default=0)
            start, stop = max(begin, first - _LONGEST), first
        else:
            start, stop = behind, self._stop(line, behind)
            named = next((one for one in line.arguments if start <= one.first < stop), None)
            if stop < len(line.tokens) and not _PAUSES & set(self._gap(line, stop - 1)) and named is not None:
                stop = named.last + 1
        if start >= stop:
            return []
        source = self._source(line, start, stop)
        return [Cue(Credit(source, "said"), *line.span, source.span or (0, 0))]

    def _colon(self, line: Line) -> list[Cue]:
        """Read "X: ..." as what X says."""
        colon = line.text.find(":", *line.span)
        opening = [at for at, token in enumerate(line.tokens) if token.end <= colon]
        named = any(one.last < len(opening) and one.case == "bare" for one in line.arguments)
        if not opening or len(opening) > _BEFORE_COLON or not named or any(at in line.hits for at in opening):
            return []
        source = self._source(line, 0, len(opening))
        return [Cue(Credit(source, "said"), colon + 1, line.span[1], source.span or (0, 0))]

    def _unnamed(self, words: str) -> bool:
        stems = [stem for _, listed in self._kinds for stem in listed]
        return any(word.startswith(tuple(stems)) for word in words.split()) if stems else False

    def _source(self, line: Line, first: int, stop: int) -> ClaimSource:
        """Describe the tokens [first, stop) as a source."""
        inside = [one for one in line.arguments if first <= one.first < stop]
        ids = [name for one in inside if (name := self._id(one)) is not None]
        if line.speaker is not None and any(token.text in self._same for token in line.tokens[first:stop]):
            ids = [line.speaker.id] if line.speaker.id else []
        start, end = line.tokens[first].start, line.tokens[stop - 1].end
        head = line.tokens[first].text
        if self._verb_first and head.startswith("ل") and len(head) > _SHORT and "ل" in self._leads(line, first):
            start += 1
        return ClaimSource(
            text=line.text[start:end],
            id=ids[0] if ids else None,
            kind=self._kind([token.text for token in line.tokens[first:stop]], ids),
            span=(start, end),
        )

    def _leads(self, line: Line, first: int) -> str:
        """Return the particle that "according" asks for, where it stands before a source."""
        return "ل" if first and line.tokens[first - 1].text.endswith("قا") else ""

    def _id(self, argument: Argument) -> str | None:
        if argument.mention.actors:
            return argument.mention.actors[0]
        place = self._vocabulary.places.get(argument.mention.places[0])
        return place.metonym if place is not None else None

    def _kind(self, said: list[str], ids: list[str]) -> SourceKind:
        known = self._vocabulary.actors
        if any(name in known and known[name].kind == "person" for name in ids[:1]):
            return "named"
        bare = [word[1:] if self._verb_first and word[:1] in {"و", "ل"} else word for word in said]
        for kind, stems in self._kinds:
            reach = None if kind == "anonymous" else _HEAD
            if stems and any(word.startswith(stems) for word in (*said[:reach], *bare[:reach])):
                return kind
        return "official" if ids or not self._titles.isdisjoint(said) else "anonymous"


_SHORT: Final = 3
_HEAD: Final = 2
"""Words of a source among which its head noun stands."""


def _quoted(line: Line, *, began: bool) -> frozenset[int]:
    """Return the tokens inside quotation marks; `began`: the sentence opens inside a quotation."""
    inside, found, at = began, set(), line.span[0]
    for number, token in enumerate(line.tokens):
        for letter in line.text[at : token.start]:
            inside = (inside or letter in _OPENING or letter == '"') and not (
                letter in _CLOSING or (inside and letter == '"')
            )
        at = token.end
        if inside:
            found.add(number)
    return frozenset(found)


def _hits(line: Line) -> Container[int]:
    return line.hits
