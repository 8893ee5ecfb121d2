"""Who says so without a clause above: "..., X said", "according to X", "by X's count", "as X tells it", "- X"."""

from collections.abc import Iterator
from typing import Final

from pipelines.matching.attribution import Credit, Credits
from pipelines.matching.parties import Parties
from pipelines.matching.phrases import Clause, Phrase, read_phrase
from pipelines.matching.tokens import QUOTES, Sentence

_TELLS_IT: Final = frozenset({"tell", "put", "see", "say", "describe", "have", "recall", "remember", "report"})
"""Verbs of "as X tells it"."""
_BY: Final = frozenset({"in", "by", "on", "from", "to"})
"""Prepositions before what somebody's account is called."""
_SEVERAL: Final = frozenset({"those", "these", "several", "some", "various", "different", "most", "all", "both"})
"""Before accounts that stand for themselves ("by those accounts")."""
_DASHES: Final = frozenset({"-", "–", "—"})
_LONGEST_TAIL: Final = 6
"""Tokens of a source behind the dash at the end of a headline."""
_LONGEST_SPEAKER: Final = 9
"""Tokens of a source before the last verb of a sentence."""
_AFTER_CUE: Final = 7
"""Tokens that may follow that verb ("said by telephone from Erbil on Monday")."""
_YARDSTICKS: Final = frozenset(
    {"plan", "principle", "stance", "law", "constitution", "schedule", "rule", "custom", "procedure", "need", "size"}
    | {"taste", "wish", "agreement", "understanding", "order", "instruction", "timetable", "programme", "program"}
)
"""What something may be done according to, without anybody's saying so."""
_SHOWING: Final = frozenset({"shows", "show", "showed", "suggests", "suggest"})
_LISTENERS: Final = frozenset({"us", "me", "reporters", "journalists"})
_PAST_OR_THIRD: Final = frozenset({"VBD", "VBZ", "VB", "VBN", "NOUN"})
"""Tags of a verb of saying behind its subject, as well or as badly as it may have been read."""


def beside(
    credits_: Credits, sentence: Sentence, clauses: list[Clause], parties: Parties
) -> list[tuple[int, Clause, Credit]]:
    """Return (token, clause, credit) of all asides of a sentence."""
    found = [one for clause in clauses for one in _of_clause(credits_, sentence, clause, parties)]
    if not any(clause.kind == "aside" for _, clause, _ in found):
        found += _trailing(credits_, sentence, clauses, parties)
    return found + _behind_dash(credits_, sentence, parties)


def _of_clause(
    credits_: Credits, sentence: Sentence, clause: Clause, parties: Parties
) -> Iterator[tuple[int, Clause, Credit]]:
    verb = clause.verb
    if (
        clause.kind == "aside"
        and verb is not None
        and not verb.negated
        and (verb.lemma in credits_.strength or verb.lemma == "put")
    ):
        cue = sentence.text[sentence.starts[verb.head] : sentence.ends[verb.head]]
        strength = credits_.strength.get(verb.lemma, "said")
        for phrase in credits_.speakers(sentence, clause):
            yield verb.head, clause, Credit(credits_.source(sentence, phrase, cue, parties), strength)
    for prep, phrase in clause.preps:
        if prep in credits_.phrases and sentence.lemmas[phrase.head] not in _YARDSTICKS:
            yield phrase.start, clause, Credit(credits_.source(sentence, phrase, prep, parties), "said")
        elif prep in _BY and sentence.lemmas[phrase.head] in credits_.accounts:
            for whose in _whose(sentence, phrase, prep):
                cue = sentence.lows[phrase.head]
                yield phrase.start, clause, Credit(credits_.source(sentence, whose, cue, parties), "said")
    if clause.kind == "sub" and clause.mark == "as" and verb is not None and verb.lemma in _TELLS_IT:
        told = [sentence.lows[phrase.head] for phrase in clause.objects]
        for phrase in credits_.speakers(sentence, clause) if told in ([], ["it"], ["things"]) else ():
            yield verb.head, clause, Credit(credits_.source(sentence, phrase, "as", parties), "said")


def _whose(sentence: Sentence, phrase: Phrase, prep: str) -> list[Phrase]:
    """Return whose words or account it is ("in the words of X", "by X's count"); "those accounts" are themselves it."""
    whose = [inner for within, inner in phrase.preps if within == "of"][:1]
    if whose or phrase.possessor is not None:
        return whose or [phrase.possessor] if phrase.possessor is not None else whose
    if sentence.tags[phrase.start] == "PRP$":
        return [phrase]
    return [phrase] if prep == "by" and sentence.lows[phrase.start] in _SEVERAL else []


def _behind_dash(credits_: Credits, sentence: Sentence, parties: Parties) -> list[tuple[int, Clause, Credit]]:
    """Credit who stands at the end of a headline ("Army takes Kirkuk - officials")."""
    if not sentence.title:
        return []
    for at in range(len(sentence) - 2, max(0, len(sentence) - _LONGEST_TAIL), -1):
        if sentence.lows[at] in _DASHES or sentence.lows[at] == ":":
            phrase = read_phrase(sentence, at + 1)
            if phrase.end < len(sentence) or not credits_.is_source(sentence, phrase, parties):
                break
            credit = Credit(credits_.source(sentence, phrase, sentence.lows[at], parties), "said")
            return [(at, Clause(-1, "aside", None, ""), credit)]
    return []


def _trailing(
    credits_: Credits, sentence: Sentence, clauses: list[Clause], parties: Parties
) -> list[tuple[int, Clause, Credit]]:
    """Credit the speaker at the end of a sentence whose verb of saying was not read as such (", state television
    announced on Monday").
    """
    cue = _last_cue(credits_, sentence)
    comma = _comma_before(sentence, cue) if cue else 0
    if not comma or any(_explains(clause, cue) for clause in clauses):
        return []
    phrase = read_phrase(sentence, comma + 1)
    whole = phrase.end < cue and sentence.tags[phrase.end] not in {"PREP", "CONJ", "WH", "VBN", "ADJ"}
    head = cue - 1 if whole else phrase.head
    described = phrase.end < cue and sentence.lows[phrase.end] == "of"
    speaker = Phrase(comma + 1, cue if described or head == cue - 1 else phrase.end, head)
    plural = sentence.lemmas[cue] == "say" and sentence.tags[head] == "NOUN" and sentence.lows[head].endswith("s")
    if sentence.tags[head] != "NAME" and not plural and not credits_.may_speak(sentence, head):
        return []
    words = sentence.text[sentence.starts[cue] : sentence.ends[cue]]
    strength = credits_.strength[sentence.lemmas[cue]]
    found = credits_.source(sentence, speaker, words, parties)
    return [(cue, Clause(-1, "aside", None, ""), Credit(found, strength))]


def _last_cue(credits_: Credits, sentence: Sentence) -> int:
    """Return the token of the verb of saying that ends a sentence but for a time or an addressee; 0 without one."""
    tags, lows = sentence.tags, sentence.lows
    if credits_.quoting.isdisjoint(sentence.lemmas) and _SHOWING.isdisjoint(lows):
        return 0
    last = len(sentence) - 1
    while last > 0 and tags[last] in {"PUNCT", "QUOTE"}:
        last -= 1
    for at in range(last, max(1, last - _AFTER_CUE), -1):
        if (sentence.lemmas[at] in credits_.quoting or lows[at] in _SHOWING) and tags[at] in _PAST_OR_THIRD:
            rest = range(at + 1, last + 1)
            plain = all(tags[one] not in {"COMMA", "VBD", "VBZ", "MODAL", "SUB", "WH", "QUOTE"} for one in rest)
            opened = at == last or tags[at + 1] in {"PREP", "ADV"} or lows[at + 1] in _LISTENERS
            opened = opened or (sentence.lemmas[at] == "tell" and tags[at + 1] in {"DET", "NAME"})
            return at if plain and opened else 0
        if tags[at] == "COMMA":
            return 0
    return 0


def _comma_before(sentence: Sentence, cue: int) -> int:
    """Return the comma before the speaker whose verb is at `cue`; 0 where it is too far, or a verb stands between."""
    relative = 0
    for at in range(cue - 1, max(0, cue - 2 * _LONGEST_SPEAKER), -1):
        if sentence.tags[at] == "COMMA" or sentence.lows[at] in QUOTES:
            return at if at < (relative or cue) - 1 else 0
        if sentence.lows[at] == "who":
            relative = at
        elif (cue - at > _LONGEST_SPEAKER and not relative) or sentence.tags[at] in {
            "MODAL",
            "SUB",
            "WH",
            "PUNCT",
            "BREAK",
        }:
            return 0
    return 0


def _explains(clause: Clause, cue: int) -> bool:
    """Tell whether a clause of some other kind has the verb at `cue` with a subject of its own."""
    verb = clause.verb
    return verb is not None and verb.head == cue and clause.kind in {"main", "coord", "rel"} and bool(clause.subjects)
