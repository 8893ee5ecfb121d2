"""Whether an event happened, is planned, is only imagined, is long past, or is denied by its own sentence."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from pipelines.matching.dates import When
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.tokens import Sentence
from schemas.lexicon import Times
from schemas.lexicon_patterns import words
from schemas.records import Realis

HISTORICAL_AFTER: Final = timedelta(days=60)
"""The event schema's limit between news and history."""

_FUTURE_MODALS: Final = frozenset({"will", "shall", "'ll", "wo"})
_MOTION: Final = frozenset(
    [
        "visit",
        "vote",
        "travel",
        "fly",
        "drive",
        "come",
        "go",
        "arrive",
        "march",
        "gather",
        "meet",
        "rally",
        "protest",
        "return",
        "move",
        "rush",
        "use",
        "help",
        "manage",
    ]
)
_BLAMING: Final = frozenset(
    [
        "blame",
        "accuse",
        "condemn",
        "criticise",
        "criticize",
        "praise",
        "thank",
        "fault",
        "reproach",
        "denounce",
        "arrest",
    ]
)
_PHASE: Final = frozenset(["begin", "start", "continue", "resume", "keep", "stop", "manage", "help", "proceed"])
_IMAGINED: Final = frozenset(["fear", "risk", "threat", "danger", "possibility", "prospect", "chance", "likelihood",
                              "plan", "preparation"])  # fmt: skip
"""Nouns that hold what may come."""
_AVERTING: Final = frozenset(["avoid", "prevent", "avert", "fear", "threaten", "forestall", "risk"])
_PLANNING: Final = frozenset(["prepare", "plan", "expect", "consider"])
_AWAITED: Final = frozenset({"when", "once"})
_CHAINED: Final = frozenset({"inf", "ger", "part"})


class Moods:
    """Verb classes of one language, as sets."""

    def __init__(self, times: Times) -> None:
        self.future = frozenset(words(times.future_verbs))
        self.hypothetical = frozenset(words(times.hypothetical_verbs))
        self.failing = frozenset(words(times.failing_verbs))
        self.marks = frozenset(words(times.hypothetical_marks))
        self.generic = frozenset(words(times.generic_adverbs))

    def realis(self, clause: Clause) -> Realis:
        """Return the realis of what a clause says, from its own verb and those above it."""
        worst: Realis = "actual"
        step: Clause | None = clause
        while step is not None:
            found = self._own(step)
            if found != "actual":
                worst = found if worst == "actual" or found == "hypothetical" else worst
            if step.kind not in _CHAINED:
                break
            step = step.parent
        if worst == "actual" and any(low in self.generic for _, low in clause.particles):
            return "generic"
        return worst

    def _own(self, clause: Clause) -> Realis:
        if clause.mark in self.marks:
            return "hypothetical"
        verb = clause.verb
        if verb is None:
            return "actual"
        if verb.modal in _FUTURE_MODALS:
            return "future"
        if verb.modal in {"would", "'d"}:
            return "future" if clause.kind == "comp" else "hypothetical"
        if verb.modal or _is_awaited(clause):
            return "hypothetical"
        if clause.kind == "inf":
            return self._infinitive(clause)
        above = clause.parent.verb if clause.parent is not None else None
        asked = verb.form == "VB" or not verb.finite
        if clause.kind == "comp" and asked and above is not None and above.lemma in self.hypothetical:
            return "hypothetical"
        if clause.kind in {"ger", "part"} and clause.parent is not None and clause.parent.verb is not None:
            blaming = clause.parent.verb.lemma in _BLAMING
            return "hypothetical" if clause.mark in {"from", "for", "against"} and not blaming else "actual"
        return "actual"

    def announces(self, clause: Clause) -> bool:
        """Tell the "would" of what somebody says is coming from that of an "if"."""
        verb = clause.verb
        would = verb is not None and verb.modal in {"would", "'d"} and clause.kind in {"main", "coord", "comp"}
        return would and not any(child.mark in self.marks for child in clause.children)

    @staticmethod
    def demands(clause: Clause) -> bool:
        """Tell whether a verb says what must be."""
        return clause.verb is not None and clause.verb.modal in {"must", "should"}

    def _infinitive(self, clause: Clause) -> Realis:
        parent = clause.parent
        if parent is None or parent.verb is None:
            return "future"
        lemma = parent.verb.lemma
        if lemma in self.hypothetical:
            return "hypothetical"
        if lemma in self.failing or lemma in _MOTION or lemma in _PHASE:
            return "actual"
        if clause.verb is not None and clause.verb.perfect:
            return "actual"
        return "future"

    def of_noun(self, sentence: Sentence, clause: Clause, phrase: Phrase) -> tuple[Realis, bool]:
        """Return realis and polarity that an event noun has from the words that govern it: "without a shot", "for fear
        of clashes", "preparing an attack".
        """
        if phrase.prep == "without":
            return "actual", True
        holder = phrase.holder
        if holder is not None and sentence.lemmas[holder.head] in _IMAGINED and phrase.prep in {"of", "for", "against"}:
            return "hypothetical", False
        verb = clause.verb
        if (
            verb is not None
            and verb.lemma in _BLAMING
            and phrase.prep in {"of", "for"}
            and _is_bare_plural(sentence, phrase)
        ):
            return "generic", False
        if verb is None or phrase not in clause.undergoers():
            return "actual", False
        if verb.lemma in _AVERTING:
            return "hypothetical", False
        return ("future" if verb.lemma in _PLANNING else "actual"), False

    def negated(self, clause: Clause) -> bool:
        """Tell whether the clause denies its own verb: "did not", "no soldier", "failed to", "without"."""
        verb = clause.verb
        if verb is None:
            return False
        negative = verb.negated or clause.mark == "without"
        negative ^= any(phrase.negated for phrase in clause.doers()[:1])
        if not negative:
            negative = any(phrase.negated for phrase in clause.undergoers()[:1])
        parent = clause.parent
        if clause.kind in {"inf", "ger"} and parent is not None and parent.verb is not None:
            negative ^= parent.verb.lemma in self.failing or (parent.verb.negated and clause.kind == "inf")
        return negative


def _is_bare_plural(sentence: Sentence, phrase: Phrase) -> bool:
    """Tell "attacks on civilians" from "the attacks", "two attacks" and "Thursday's attacks"."""
    low = sentence.lows[phrase.head]
    inside = sentence.tags[phrase.start : phrase.head]
    return low.endswith("s") and phrase.possessor is None and not {"DET", "NUM", "PRP$", "NAME"} & set(inside)


def is_pluperfect(sentence: Sentence, clause: Clause) -> bool:
    """Tell whether a clause speaks of what had happened before."""
    verb = clause.verb
    return verb is not None and verb.perfect and "had" in sentence.lows[verb.start : verb.head]


def is_past(time: When, today: date | None) -> bool:
    """Tell whether a time is history on a day."""
    return today is not None and today - time.last > HISTORICAL_AFTER


def dated(realis: Realis, time: When | None, today: date | None) -> Realis:
    """Turn what happened long before publication into history."""
    if realis == "actual" and time is not None and is_past(time, today):
        return "historical"
    return realis


def nearest(times: Sequence[When], at: int, limits: tuple[int, int]) -> When | None:
    """Return the time expression that belongs to a trigger at offset `at`: the closest, inside its clause first."""
    inside = [time for time in times if limits[0] <= time.start < limits[1]]
    return min(inside or times, key=lambda time: (abs(time.start - at), time.start), default=None)


def _is_awaited(clause: Clause) -> bool:
    """Tell a deed that is yet to come: "when we turn off the valve, it is over", "once they leave, we will talk"."""
    verb, above = clause.verb, clause.parent.verb if clause.parent is not None else None
    if clause.mark not in _AWAITED or verb is None or above is None or verb.perfect or verb.form not in {"VB", "VBZ"}:
        return False
    return above.modal in _FUTURE_MODALS or above.lemma == "be"
