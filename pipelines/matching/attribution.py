"""Who says so: cue verbs before, after and inside what they report, "according to", documents, quotations."""

from itertools import pairwise
from typing import Final, NamedTuple

from pipelines.matching.antecedents import stranger
from pipelines.matching.parties import Parties
from pipelines.matching.phrases import Clause, Phrase, VerbGroup
from pipelines.matching.tokens import Sentence
from schemas.lexicon import Attribution
from schemas.lexicon_patterns import words
from schemas.records import Claim, ClaimSource, ClaimStatus, SourceKind

_OUTLETS_OWN: Final = frozenset({"while", "whereas", "although", "though"})
"""What such a clause adds after a report is the outlet's ("X said that ..., while in Kirkuk ...")."""
_NO_SOURCES: Final = frozenset(
    {"i", "we", "you", "one", "nobody", "no-one", "anybody", "there", "what", "this", "that", "worth"}
)
"""Subjects of verbs of saying that credit nobody: who quotes stands elsewhere."""
_ANNOUNCING: Final = frozenset(
    {"announce", "report", "claim", "deny", "confirm", "allege", "count", "estimate", "proclaim", "record", "register"}
    | {"describe", "put", "document"}
)
"""Verbs whose object is what they tell of."""
_PROCLAIMING: Final = frozenset({"announce", "report", "claim", "proclaim"})
"""Verbs that may be part of how a deed is told."""
_PUBLISHING: Final = frozenset({"announce", "report", "claim", "allege", "confirm", "describe"})
"""Participles behind what they tell of."""
_ENDS_SOURCE: Final = frozenset({"say", "tell", "show", "suggest", "report", "add", "indicate"})
_PUTTING: Final = frozenset({"put", "see", "tell", "describe", "have", "remember"})
"""Verbs of "X sees it differently: ..."."""
_SPEAKING_OF: Final = frozenset({"speak", "tell", "talk", "complain", "warn", "hear", "say", "know", "write"})
"""Verbs that tell of what stands behind "of" or "about"."""
_HEARING: Final = frozenset({"tell", "ask", "inform", "brief", "urge"})
"""Verbs behind which stands who is spoken to, never who speaks."""
_NO_SPEECH: Final = frozenset({"how", "why", "what", "when", "where", "who", "statement", "report", "letter"})
"""What a heading before a colon announces and does not say ("Men in uniform: how the convoy died")."""
_SERVING: Final = frozenset(
    {"official", "adviser", "advisor", "aide", "officer", "member", "employee", "nurse", "doctor"}
)
_BEHIND: Final = frozenset({"of", "at", "to", "for", "from", "with", "on"})
"""Nouns for nameless persons, and what ties them to the body that they speak with the knowledge of."""
_LONGEST_TAIL: Final = 6
"""Tokens of a source behind the "and" of another one."""
_PERCEIVING: Final = frozenset({"find", "hear", "see", "learn", "understand", "show", "agree", "hold", "ask", "urge"})
"""Cues that report only with a clause that says what."""
_DOING: Final = frozenset({"blame", "accuse", "charge", "suspect", "dismiss", "reject", "dispute", "demand", "propose"})
"""Cues that are deeds where nothing follows them."""
_SHORT_TITLE: Final = 3
"""Tokens of a source in a headline ("two security officials")."""
_LONGEST_RELATIVE: Final = 14
"""Tokens of a clause that describes a source."""
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
        self.strength = {verb.replace("_", " "): name for verb, name in self.strength.items()}
        self.verbs = frozenset(self.strength)
        self.phrases = frozenset(words(cues.phrases))
        self.accounts = frozenset(words(cues.accounts))
        self.quoting = frozenset(self.verbs - _PERCEIVING - _DOING)
        self.anonymous = frozenset(words(cues.anonymous_nouns))
        self.official = frozenset(words(cues.official_nouns))
        self.media = frozenset(words(cues.media_nouns))
        self.document = frozenset(words(cues.document_nouns))
        self.outlets = frozenset(words(cues.outlets))

    def source(self, sentence: Sentence, phrase: Phrase, cue: str, parties: Parties) -> ClaimSource:
        """Describe a phrase as a source; a pronoun is named or nameless as whom it goes back to."""
        ids = parties.ids(sentence, phrase) or parties.it(sentence, phrase.head)
        kind = self._kind(sentence, phrase, ids, parties)
        if not ids and sentence.tags[phrase.head] == "PRON":
            known = stranger(parties, sentence, phrase.head)
            kind = "named" if known is not None and known.text.split()[-1].istitle() else kind
        end = _relative_end(sentence, phrase, max(phrase.end, _tail(sentence, phrase)))
        start, finish = sentence.offsets(phrase.start, self._joined_end(sentence, end, cue))
        return ClaimSource(
            text=sentence.text[start:finish],
            id=ids[0] if ids else None,
            kind=kind,
            cue=cue,
            span=(start, finish),
        )

    def _joined_end(self, sentence: Sentence, end: int, cue: str) -> int:
        """Return the end of a source of several ("police and hospital sources said"): up to the cue."""
        if sentence.tags[end : end + 1] != ["CONJ"]:
            return end
        at = end + 1
        while at < min(len(sentence), end + _LONGEST_TAIL) and sentence.tags[at] in {"ADJ", "NOUN", "NAME"}:
            at += 1
        last = sentence.lemmas[at - 1]
        known = last in self.anonymous or last in self.official or last in self.media
        return at if known and at < len(sentence) and sentence.surface(at, at + 1) == cue else end

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

    def may_speak(self, sentence: Sentence, at: int) -> bool:
        """Tell a noun or pronoun for those who are quoted."""
        low, lemma = sentence.lows[at], sentence.lemmas[at]
        nouns = lemma in self.anonymous or lemma in self.official or lemma in self.media or lemma in self.document
        return nouns or low in self.outlets or low in {"he", "she", "they"}

    def is_source(self, sentence: Sentence, phrase: Phrase, parties: Parties) -> bool:
        """Tell whether a bare phrase before a colon, or behind a headline's dash, can be who speaks."""
        head, low = sentence.lemmas[phrase.head], sentence.lows[phrase.head]
        short = sentence.title and phrase.end - phrase.start <= _SHORT_TITLE
        if short and head in self.anonymous and (low != head or phrase.end - phrase.start == 1):
            return True
        if short and sentence.mentions[phrase.head] is not None and parties.ids(sentence, phrase):
            return True
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
                for phrase in self.speakers(sentence, parent):
                    found.insert(0, Credit(self.source(sentence, phrase, cue, parties), strength))
                told = any(_is_told(parent, phrase) for phrase in parent.doers())
                if not self.speakers(sentence, parent) and (strength == "claimed" or told):
                    found.insert(0, Credit(_NOBODY, strength))
            elif step.leader is not None and step.parent is None:
                found = self._led(sentence, step.leader, parties) + found
            step = parent
        return found

    def announced(self, sentence: Sentence, clause: Clause, phrase: Phrase, parties: Parties) -> list[Credit]:
        """Return who tells of an event by its noun: "X reported an attack", "announced control", "spoke of clashes"."""
        verb = clause.verb
        while phrase.holder is not None and phrase.prep is not None and phrase not in clause.undergoers():
            phrase = phrase.holder
        if verb is None or not self._tells_of(clause, verb, phrase):
            return []
        cue = sentence.text[sentence.starts[verb.head] : sentence.ends[verb.head]]
        strength = self.strength.get(verb.lemma, "said")
        return [Credit(self.source(sentence, one, cue, parties), strength) for one in self.speakers(sentence, clause)]

    def announcing(self, sentence: Sentence, clause: Clause, parties: Parties) -> list[Credit]:
        """Return who tells of an event by a verb that is part of its wording ("X announced control of Y")."""
        verb = clause.verb
        if verb is None or verb.passive or verb.lemma not in _PROCLAIMING or not clause.objects:
            return []
        cue = sentence.text[sentence.starts[verb.head] : sentence.ends[verb.head]]
        strength = self.strength.get(verb.lemma, "said")
        return [Credit(self.source(sentence, one, cue, parties), strength) for one in self.speakers(sentence, clause)]

    @staticmethod
    def _tells_of(clause: Clause, verb: VerbGroup, phrase: Phrase) -> bool:
        if phrase in clause.undergoers():
            return verb.lemma in _ANNOUNCING
        behind = any(prep in {"of", "about"} and inner is phrase for prep, inner in clause.preps)
        return (behind and verb.lemma in _SPEAKING_OF) or (
            verb.lemma == "put" and any(prep == "at" and inner is phrase for prep, inner in clause.preps)
        )

    def published(self, sentence: Sentence, clauses: list[Clause], end: int, parties: Parties) -> list[Credit]:
        """Return who tells of an event up to token `end` by a participle behind it ("an agreement, announced by X")."""
        return [
            Credit(
                self.source(sentence, one, sentence.lows[clause.verb.head], parties), self.strength[clause.verb.lemma]
            )
            for clause in clauses
            if clause.kind == "reduced" and clause.verb is not None and clause.verb.passive
            if clause.verb.lemma in _PUBLISHING
            if any(one.end == end or one.start == end + 1 for one in clause.subjects)
            for one in clause.doers()
        ]

    def _reports(self, step: Clause, parent: Clause) -> bool:
        assert parent.verb is not None
        strength = self.strength.get(parent.verb.lemma)
        if strength is None or (strength == "said" and parent.verb.negated):
            return False
        if step.kind == "comp":
            return parent.verb.lemma != "find" or step.mark == "that"
        if step.kind == "rel":
            return parent.verb.lemma in {"blame", "accuse"}
        if step.kind == "reduced":  # "sources claim three attacks beaten off"
            return parent.verb.lemma in _ANNOUNCING and bool(set(step.subjects) & set(parent.objects))
        if step.kind == "ger":
            return strength != "said" and step.mark in ({"of", "for", ""} if strength == "claimed" else {""})
        return step.kind == "inf" and (parent.verb.passive or strength == "claimed")

    @staticmethod
    def speakers(sentence: Sentence, clause: Clause) -> list[Phrase]:
        """Return the subject of a verb of saying, or nobody where it names none ("I", "nobody")."""
        doers = clause.doers()[:1]
        if not doers and clause.verb is not None and clause.verb.lemma in {"quote", "cite"}:
            doers = clause.subjects[:1]  # "X was quoted as saying"
        return [
            phrase
            for phrase in doers
            if not _is_told(clause, phrase)
            if sentence.lows[phrase.head] not in _NO_SOURCES or (phrase.preps and phrase.preps[0][0] == "of")
        ]

    def _led(self, sentence: Sentence, leader: Clause, parties: Parties) -> list[Credit]:
        """Credit what stands before a colon."""
        if leader.verb is not None and leader.verb.lemma in self.quoting and not leader.verb.negated:
            cue = sentence.text[sentence.starts[leader.verb.head] : sentence.ends[leader.verb.head]]
            return [
                Credit(self.source(sentence, phrase, cue, parties), self.strength[leader.verb.lemma])
                for phrase in self.speakers(sentence, leader)
            ]
        if leader.verb is not None:
            objects = [sentence.lows[one.head] for one in leader.objects]
            if leader.verb.lemma in _PUTTING and objects in (["it"], ["things"]):
                speakers = self.speakers(sentence, leader)
                return [Credit(self.source(sentence, one, leader.verb.lemma, parties), "said") for one in speakers]
            return self.above(sentence, leader, parties)
        if leader.verb is None and leader.subjects and self.is_source(sentence, leader.subjects[0], parties):
            end = leader.subjects[0].end
            if sentence.lows[end : end + 1] == [":"] and not _NO_SPEECH.isdisjoint(sentence.lows[end + 1 : end + 2]):
                return []
            return [Credit(self.source(sentence, leader.subjects[0], ":", parties), "said")]
        return []


def _is_told(clause: Clause, phrase: Phrase) -> bool:
    """Tell who is spoken to from who speaks ("then, if so, told the widow that ...")."""
    verb = clause.verb
    return verb is not None and not verb.passive and verb.lemma in _HEARING and phrase.start > verb.head


def _tail(sentence: Sentence, phrase: Phrase) -> int:
    """Return the end of what hangs on a phrase without a gap or comma ("a source close to X")."""
    end, current = phrase.end, phrase
    for _ in range(3):
        if not current.preps:
            break
        current = current.preps[-1][1]
        if current.start > end + 3 or "COMMA" in sentence.tags[end : current.start]:
            break
        end = max(end, current.end)
    return end


def _relative_end(sentence: Sentence, phrase: Phrase, end: int) -> int:
    """Return the end of a nameless source with what describes it ("a policeman who was not cleared to speak", "people
    briefed on the talks").
    """
    tags = sentence.tags
    if tags[phrase.head] == "NAME" or end >= len(tags):
        return end
    described = tags[end] == "WH" and sentence.lows[end] == "who"
    briefed = tags[end] in {"VBN", "VBG", "ADJ"} and tags[end + 1 : end + 2] in (["PREP"], ["TO"])
    if not described and not briefed:
        return end
    for at in range(end + 1, min(len(sentence), end + _LONGEST_RELATIVE)):
        if tags[at] in {"COMMA", "PUNCT", "BREAK", "QUOTE"} or sentence.lemmas[at] in _ENDS_SOURCE:
            return at
    return end


def _is_hearsay(source: ClaimSource) -> bool:
    """Tell a nameless source from one who speaks with an office behind him ("an adviser to the oil ministry")."""
    if source.kind != "anonymous":
        return False
    low = source.text.lower().split()
    pairs = pairwise(low)
    return not any(noun.removesuffix("s") in _SERVING and prep in _BEHIND for noun, prep in pairs)


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
    elif "claimed" in strengths or any(_is_hearsay(credit.source) for credit in chosen):
        status = "alleged"
    return Claim(status=status, sources=tuple(credit.source for credit in chosen if credit.source.text))
