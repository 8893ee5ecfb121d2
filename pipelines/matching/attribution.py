"""Who says so: cue verbs before, after and inside what they report, "according to", documents, quotations."""

from typing import Final, NamedTuple

from pipelines.matching.parties import Parties
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.tokens import Sentence
from schemas.lexicon import Attribution
from schemas.lexicon_patterns import words
from schemas.records import Claim, ClaimSource, ClaimStatus, Party, SourceKind

_OUTLETS_OWN: Final = frozenset({"while", "whereas", "although", "though"})
"""What such a clause adds after a report is the outlet's ("X said that ..., while in Kirkuk ...")."""
_NO_SOURCES: Final = frozenset(
    {"i", "we", "you", "one", "nobody", "no-one", "anybody", "there", "what", "this", "that"}
)
"""Subjects of verbs of saying that credit nobody: who quotes stands elsewhere."""
_ANNOUNCING: Final = frozenset({"announce", "report", "claim", "deny", "confirm", "allege"})
"""Verbs whose object is what they tell of."""
_LONGEST_RELATIVE: Final = 14
"""Tokens of a clause that describes a source."""
_SAID: Final = frozenset({"ACCUSE", "REJECT", "REQUEST", "THREATEN", "STATEMENT", "SUPPORT", "SANCTION"})
"""Types that are done with words."""
_CLAIMS: Final = frozenset({"claimed", "claim", "claims", "alleged", "alleges"})
_MOST: Final = 4
"""Sources kept for one claim; nesting deeper than that is noise."""


_NOBODY: Final = ClaimSource(text="", kind="anonymous")
"""Stands for the speaker of "is alleged to": it makes a claim alleged and is not listed."""


class Credit(NamedTuple):
    """One source with the strength of its cue: said, claimed, denied or confirmed."""

    source: ClaimSource
    strength: str


class Credits:
    """Cue tables of one language."""

    def __init__(self, cues: Attribution) -> None:
        self.strength: dict[str, str] = {}
        for name, block in (
            ("said", cues.said),
            ("claimed", cues.claimed),
            ("confirmed", cues.confirmed),
            ("denied", cues.denied),
        ):
            self.strength.update(dict.fromkeys(words(block), name))
        self.verbs = frozenset(self.strength)
        self.phrases = frozenset(words(cues.phrases))
        self.anonymous = frozenset(words(cues.anonymous_nouns))
        self.official = frozenset(words(cues.official_nouns))
        self.media = frozenset(words(cues.media_nouns))
        self.document = frozenset(words(cues.document_nouns))
        self.outlets = frozenset(words(cues.outlets))

    def source(self, sentence: Sentence, phrase: Phrase, cue: str, parties: Parties) -> ClaimSource:
        """Describe a phrase as a source."""
        ids = parties.ids(sentence, phrase) or parties.it(sentence, phrase.head)
        end = _relative_end(sentence, phrase, max(phrase.end, _tail(phrase)))
        start, finish = sentence.offsets(phrase.start, end)
        return ClaimSource(
            text=sentence.text[start:finish],
            id=ids[0] if ids else None,
            kind=self._kind(sentence, phrase, ids, parties),
            cue=cue,
            span=(start, finish),
        )

    def _kind(self, sentence: Sentence, phrase: Phrase, ids: list[str], parties: Parties) -> SourceKind:
        head, low = sentence.lemmas[phrase.head], sentence.lows[phrase.head]
        if low in self.outlets or head in self.media:
            return "media"
        if head in self.document:
            return "document"
        if sentence.mentions[phrase.head] is not None:
            return self._kind_of_named(low, ids, parties)
        if sentence.tags[phrase.head] == "PRON":
            return self._kind_of_named(low, ids, parties) if ids else "anonymous"
        if any(sentence.tags[apposed.head] == "NAME" for apposed in phrase.apposed):
            return "named"
        if head in self.official:
            return "official"
        if sentence.tags[phrase.head] == "NAME" and low not in self.anonymous:
            return "named"
        return "anonymous" if head in self.anonymous or not ids else "official"

    def _kind_of_named(self, low: str, ids: list[str], parties: Parties) -> SourceKind:
        """Tell a person from a body, and both from an alias that names nobody ("Kurdish officials")."""
        if ids and parties.kind(ids[0]) == "person":
            return "named"
        last = low.rpartition(" ")[2]
        return "anonymous" if last in self.anonymous or last.removesuffix("s") in self.anonymous else "official"

    def is_source(self, sentence: Sentence, phrase: Phrase) -> bool:
        """Tell whether a bare phrase before a colon can be who speaks."""
        head, low = sentence.lemmas[phrase.head], sentence.lows[phrase.head]
        mention = sentence.mentions[phrase.head]
        if mention is not None and mention.actors:
            return True
        return head in self.document or head in self.media or low in self.outlets or head in self.official

    def above(self, sentence: Sentence, clause: Clause, parties: Parties) -> list[Credit]:
        """Return the sources of the clauses that a clause is the content of, outermost first."""
        found: list[Credit] = []
        step: Clause | None = clause
        while step is not None and len(found) < _MOST and step.mark not in _OUTLETS_OWN:
            parent = step.parent
            if parent is not None and parent.verb is not None and self._reports(step, parent):
                strength = self.strength[parent.verb.lemma]
                cue = sentence.text[sentence.starts[parent.verb.head] : sentence.ends[parent.verb.head]]
                for phrase in self._speakers(sentence, parent):
                    found.insert(0, Credit(self.source(sentence, phrase, cue, parties), strength))
                if not self._speakers(sentence, parent) and strength == "claimed":
                    found.insert(0, Credit(_NOBODY, strength))
            elif step.leader is not None and step.parent is None:
                found = self._led(sentence, step.leader, parties) + found
            step = parent
        return found

    def announced(self, sentence: Sentence, clause: Clause, phrase: Phrase, parties: Parties) -> list[Credit]:
        """Return who tells of an event by its noun: "X reported an attack", "announced control of Y"."""
        verb = clause.verb
        if verb is None or phrase not in clause.undergoers() or verb.lemma not in _ANNOUNCING:
            return []
        cue = sentence.text[sentence.starts[verb.head] : sentence.ends[verb.head]]
        strength = self.strength.get(verb.lemma, "said")
        return [Credit(self.source(sentence, one, cue, parties), strength) for one in self._speakers(sentence, clause)]

    def _reports(self, step: Clause, parent: Clause) -> bool:
        assert parent.verb is not None
        strength = self.strength.get(parent.verb.lemma)
        if strength is None:
            return False
        if step.kind == "comp":
            return True
        if step.kind == "rel":
            return parent.verb.lemma in {"blame", "accuse"}
        if step.kind == "ger":
            return strength != "said" and step.mark in ({"of", "for", ""} if strength == "claimed" else {""})
        return step.kind == "inf" and (parent.verb.passive or strength == "claimed")

    @staticmethod
    def _speakers(sentence: Sentence, clause: Clause) -> list[Phrase]:
        return [phrase for phrase in clause.doers()[:1] if sentence.lows[phrase.head] not in _NO_SOURCES]

    def _led(self, sentence: Sentence, leader: Clause, parties: Parties) -> list[Credit]:
        """Credit what stands before a colon."""
        if leader.verb is not None and leader.verb.lemma in self.strength:
            cue = sentence.text[sentence.starts[leader.verb.head] : sentence.ends[leader.verb.head]]
            return [
                Credit(self.source(sentence, phrase, cue, parties), self.strength[leader.verb.lemma])
                for phrase in self._speakers(sentence, leader)
            ]
        if leader.verb is not None:
            return self.above(sentence, leader, parties)
        if leader.verb is None and leader.subjects and self.is_source(sentence, leader.subjects[0]):
            return [Credit(self.source(sentence, leader.subjects[0], ":", parties), "said")]
        return []

    def beside(self, sentence: Sentence, clauses: list[Clause], parties: Parties) -> list[tuple[int, Clause, Credit]]:
        """Return (token, clause, credit) of asides ("..., X said") and of "according to X" in a sentence."""
        found = []
        for clause in clauses:
            verb = clause.verb
            if clause.kind == "aside" and verb is not None and (verb.lemma in self.strength or verb.lemma == "put"):
                cue = sentence.text[sentence.starts[verb.head] : sentence.ends[verb.head]]
                for phrase in self._speakers(sentence, clause):
                    strength = self.strength.get(verb.lemma, "said")
                    credit = Credit(self.source(sentence, phrase, cue, parties), strength)
                    found.append((verb.head, clause, credit))
            for prep, phrase in clause.preps:
                if prep in self.phrases:
                    credit = Credit(self.source(sentence, phrase, prep, parties), "said")
                    found.append((phrase.start, clause, credit))
        return found


def _tail(phrase: Phrase) -> int:
    """Return the end of what hangs on a phrase without a gap ("a source close to X")."""
    end, current = phrase.end, phrase
    for _ in range(3):
        if not current.preps:
            break
        current = current.preps[-1][1]
        if current.start > end + 3:
            break
        end = max(end, current.end)
    return end


def _relative_end(sentence: Sentence, phrase: Phrase, end: int) -> int:
    """Return the end of a nameless source with the clause that describes it ("a policeman who was not cleared to")."""
    if sentence.tags[end : end + 1] != ["WH"] or sentence.lows[end] != "who" or sentence.tags[phrase.head] == "NAME":
        return end
    for at in range(end + 1, min(len(sentence), end + _LONGEST_RELATIVE)):
        if sentence.tags[at] in {"COMMA", "PUNCT", "BREAK", "QUOTE"} or sentence.lemmas[at] in {"say", "tell"}:
            return at
    return end


def own_words(
    event_type: str, claim: Claim, actors: tuple[Party, ...], *, own: object
) -> tuple[Claim, tuple[Party, ...]]:
    """Settle who acts and who says so where both are one.

    To reject, demand or accuse is done by saying it: who does so needs no source, and where nobody else does (`own`),
    the speaker does. Who tells of a deed of his own side states it, named or not.
    """
    if not claim.sources:
        return claim, actors
    last = claim.sources[-1]
    if event_type in _SAID and own and not actors and last.id is not None and last.span is not None:
        actors = (Party(id=last.id, text=last.text, span=last.span),)
    same = [one for one in claim.sources if one.cue not in _CLAIMS and _is_actor(one, actors)]
    if event_type in _SAID:
        rest = tuple(one for one in claim.sources if one not in same)
        status = "asserted" if same and not rest and claim.status == "alleged" else claim.status
        return Claim(status=status, sources=rest), actors
    if same and claim.status == "alleged":
        claim = Claim(status="asserted", sources=claim.sources)
    return claim, actors


def _is_actor(source: ClaimSource, actors: tuple[Party, ...]) -> bool:
    return any(
        (source.id is not None and source.id == actor.id) or (source.span is not None and source.span == actor.span)
        for actor in actors
    )


def claim_of(credited: list[Credit]) -> Claim:
    """Combine the sources of one event, outermost first, into its claim."""
    unique: dict[str, Credit] = {}
    for credit in credited:
        unique.setdefault(credit.source.text, credit)
    chosen = list(unique.values())[:_MOST]
    strengths = {credit.strength for credit in chosen}
    status: ClaimStatus = "asserted"
    if "denied" in strengths:
        status = "denied"
    elif "confirmed" in strengths:
        status = "confirmed"
    elif "claimed" in strengths or any(credit.source.kind == "anonymous" for credit in chosen):
        status = "alleged"
    return Claim(status=status, sources=tuple(credit.source for credit in chosen if credit.source.text))
