"""Which of a sentence's dates an event has: its own clause's, never that of another verb."""

from typing import Final

from pipelines.matching.context import Context
from pipelines.matching.dates import When
from pipelines.matching.phrases import Clause
from pipelines.matching.realis import is_past, is_pluperfect, nearest
from pipelines.matching.tokens import Sentence
from pipelines.matching.triggers import Found
from schemas.records import Realis

_INNER: Final = frozenset({"rel", "reduced", "ger", "part", "sub"})
"""Clauses that stand inside another one."""
_EARLIER: Final = frozenset({"after", "since"})
"""What such a clause tells came before what the clause above it does."""


def event_time(context: Context, found: Found, realis: Realis) -> When | None:
    """Return the time that belongs to a trigger. What is done can't lie ahead, and what "had" been done before a
    statement or another deed, or after which something is told, isn't dated by the day of that.
    """
    trigger, limits = context.sentence.starts[found.start], _limits(context.sentence, found.clause)
    times = [time for time in context.times if realis != "actual" or not context.today or time.first <= context.today]
    past = found.clause.kind in {"comp", "rel", "sub"} and is_pluperfect(context.sentence, found.clause)
    if past or (found.clause.kind == "sub" and found.clause.mark in _EARLIER):
        times = [time for time in times if limits[0] <= time.start < limits[1]]
    times = [time for time in times if not (is_past(time, context.today) and _of_another(context, found, time))]
    return nearest(times, trigger, limits)


def _of_another(context: Context, found: Found, time: When) -> bool:
    """Tell whether another verb stands between a trigger and a date: then the date is that one's."""
    sentence, trigger = context.sentence, context.sentence.starts[found.start]
    lower, upper = min(trigger, time.start), max(trigger, time.start)
    verbs = [clause.verb.head for clause in context.clauses if clause.verb is not None and clause is not found.clause]
    if all(sentence.starts[head] > time.start for head in verbs):
        return False  # A date that opens the sentence holds for all of it.
    if any(lower < sentence.starts[head] < upper for head in verbs):
        return True
    others = (clause for clause in context.clauses if clause is not found.clause and clause.kind in _INNER)
    return time.start < trigger and any(_holds(_limits(sentence, clause), time, trigger) for clause in others)


def _holds(limits: tuple[int, int], time: When, trigger: int) -> bool:
    return limits[0] <= time.start < limits[1] <= trigger


def _limits(sentence: Sentence, clause: Clause) -> tuple[int, int]:
    """Return the offsets between which a clause's own words stand."""
    verb = clause.verb
    tokens = [phrase.start for phrase in clause.subjects] + [phrase.end - 1 for phrase in clause.objects]
    tokens += [phrase.end - 1 for _, phrase in clause.preps] + ([verb.start, verb.end - 1] if verb else [])
    if not tokens:
        return sentence.span
    return sentence.starts[min(tokens)], sentence.ends[max(tokens)]
