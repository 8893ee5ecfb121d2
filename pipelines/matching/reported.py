"""Parties that stand in the clause above an event: those told of it, and those who put out the text that says it."""

from collections.abc import Container, Mapping, Sequence
from typing import Final

from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.tokens import Sentence

_TELLING: Final = frozenset({"tell", "inform", "notify", "advise"})
_SAYING: Final = _TELLING | {"say", "announce", "declare", "add", "confirm", "deny", "warn", "promise", "vow"}
_MEASURES: Final = frozenset({"SANCTION", "THREATEN", "CONCEDE", "REQUEST"})


def told(event_type: str, clause: Clause) -> list[Phrase]:
    """Return to whom a measure is announced: "told X that it would halt ..." is done to X."""
    parent = clause.parent
    if event_type not in _MEASURES or clause.kind != "comp" or parent is None or parent.verb is None:
        return []
    if clause.verb is not None and clause.verb.passive:
        return []
    return parent.undergoers() if parent.verb.lemma in _TELLING else []


def behind(
    sentence: Sentence, clause: Clause, slots: Mapping[str, Sequence[Phrase]], name: str, documents: Container[str]
) -> Sequence[Phrase]:
    """Return what fills a slot; for a text or an "it" that does something, who is behind it.

    "X put out a statement that accuses Y" is X's accusation, "X said that it would close Y" X's plan.
    """
    doers = slots.get(name, ())
    if name != "subj":
        return doers
    return [
        one
        for phrase in doers
        for one in _issuers(sentence, clause, phrase, documents) or _sayer(sentence, clause, phrase) or (phrase,)
    ]


def _sayer(sentence: Sentence, clause: Clause, phrase: Phrase) -> list[Phrase]:
    parent = clause.parent
    if clause.kind != "comp" or parent is None or sentence.lows[phrase.head] != "it":
        return []
    return parent.doers()[:1] if parent.verb is not None and parent.verb.lemma in _SAYING else []


def _issuers(sentence: Sentence, clause: Clause, phrase: Phrase, documents: Container[str]) -> list[Phrase]:
    parent = clause.parent
    if clause.kind not in {"rel", "part"} or parent is None or sentence.lemmas[phrase.head] not in documents:
        return []
    if phrase.possessor is not None:
        return [phrase.possessor]
    return [inner for prep, inner in phrase.preps if prep in {"by", "from", "of"}] or parent.doers()
