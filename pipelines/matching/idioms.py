"""Fixed wordings with gaps ("took ... off the air", "on strike"), found by lemmas whatever the clauses look like."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pipelines.matching.lexicon import Patterns, Rule
from pipelines.matching.parties import Parties
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.tokens import Sentence

GAP: Final = "..."
_WIDEST: Final = 5
"""Tokens that a gap may leave out."""
_STOPS: Final = frozenset({"COMMA", "PUNCT", "BREAK", "QUOTE", "CONJ", "VBD", "VBZ", "MODAL", "WH", "SUB"})
"""What no gap reaches across."""
_KINDS: Final = {"BE": "be", "HAVE": "have", "DO": "do", "NUM": "@num"}


class Wording(NamedTuple):
    """Where a wording stands in a sentence: tokens [start, end)."""

    start: int
    end: int
    rule: Rule | None


def find_wordings(sentence: Sentence, patterns: Patterns, parties: Parties) -> list[Wording]:
    """Return the wordings of a sentence, the longest of those that begin at a token, none inside another."""
    words = {*sentence.lows, *sentence.lemmas, *(_KINDS[tag] for tag in _KINDS.keys() & set(sentence.tags))}
    here = patterns.closing & words
    if not here:
        return []
    beginning = {
        form: fitting for form in patterns.idioms.keys() & words if (fitting := patterns.idioms[form].fitting(here))
    }
    if not beginning:
        return []
    forms = list(map(_forms, sentence.lows, sentence.lemmas, sentence.tags))
    found: list[Wording] = []
    behind = 0
    for at, alike in enumerate(forms):
        best: Wording | None = None
        for form in alike if at >= behind else ():
            for idiom in beginning.get(form, ()):
                end = _end(sentence, forms, idiom.parts, at, parties)
                if end is not None and (best is None or end > best.end):
                    best = Wording(at, end, idiom.rule)
        if best is not None:
            found.append(best)
            behind = best.end
    return found


def _forms(low: str, lemma: str, tag: str) -> tuple[str, ...]:
    """Return what a token may stand for: itself, its lemma, and "be" or "@num" for what it is."""
    kind = _KINDS.get(tag)
    if kind is not None:
        return (low, kind) if low != kind else (low,)
    return (low, lemma) if lemma != low else (low,)


def _end(
    sentence: Sentence, forms: Sequence[tuple[str, ...]], parts: Sequence[frozenset[str]], at: int, parties: Parties
) -> int | None:
    """Return the token behind the wording, were it to begin at `at`, whose first part is there."""
    open_at = {at + 1}
    for part in parts[1:]:
        if GAP in part:
            open_at = {further for one in open_at for further in _reach(sentence, one)}
        else:
            open_at = {
                one + 1 for one in open_at if one < len(forms) and _fits(sentence, forms[one], one, part, parties)
            }
        if not open_at:
            return None
    return min(open_at)


def _reach(sentence: Sentence, at: int) -> Iterator[int]:
    yield at
    for step in range(at, min(at + _WIDEST, len(sentence))):
        if sentence.tags[step] in _STOPS:
            return
        yield step + 1


def _fits(sentence: Sentence, forms: tuple[str, ...], at: int, part: frozenset[str], parties: Parties) -> bool:
    if not part.isdisjoint(forms):
        return True
    mention = sentence.mentions[at]
    if mention is not None and (("@actor" in part and mention.actors) or ("@place" in part and mention.places)):
        return True
    if "@person" in part and (sentence.lemmas[at] in parties.persons or sentence.tags[at] == "PRON"):
        return True
    return "@any" in part and sentence.tags[at] in {"NOUN", "NAME", "PRON"}


def clause_of(wording: Wording, clauses: Sequence[Clause], phrases: Sequence[tuple[Clause, Phrase]]) -> Clause | None:
    """Return the clause that a wording belongs to: the one whose verb or phrase is in it, else the last before it."""
    inside = [one for one in clauses if one.verb is not None and wording.start <= one.verb.head < wording.end]
    if inside:
        return inside[0]
    for clause, phrase in phrases:
        if phrase.start < wording.end and wording.start < phrase.end:
            return clause
    before = [one for one in clauses if one.verb is not None and one.verb.head < wording.start]
    return before[-1] if before else next(iter(clauses), None)
