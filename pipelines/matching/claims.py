"""The claim of an event: all who are credited for it, and whose "we" it is."""

import msgspec

from pipelines.matching.attribution import claim_of
from pipelines.matching.context import Context, stands_in
from pipelines.matching.own_words import SPEAKERS, own_words
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.triggers import Found, clause_phrases
from schemas.records import Claim, CodedEvent
from schemas.vocabulary import Vocabulary


def claim_for(context: Context, found: Found) -> Claim:
    """Gather the sources of an event: clauses above it, asides, and the speaker who carries over."""
    sentence = context.sentence
    sources = context.cues.above(sentence, found.clause, context.parties)
    if at_verb(found):
        sources += context.cues.announcing(sentence, found.clause, context.parties)
    else:
        if (noun := noun_of(found)) is not None:
            sources += context.cues.announced(sentence, found.clause, noun, context.parties)
        sources += context.cues.published(sentence, context.clauses, found.end, context.parties)
    boundary = [at for at, low in enumerate(sentence.lows) if low == ";"] if context.beside else []
    for at, clause, credit in context.beside:
        if (clause.kind == "aside" and stands_in(found.clause, clause)) or not _covers(found.clause, clause, at):
            continue
        if clause.kind == "aside" and found.start < at and _opens_relative(context, clause):
            continue
        lower, upper = min(at, found.start), max(at, found.start)
        if not any(lower < mark < upper for mark in boundary):
            sources = [credit, *sources]
    if not sources:
        sources = list(context.speech.current(sentence))
    return claim_of([context.speech.introduced(credit) for credit in sources])


def _opens_relative(context: Context, aside: Clause) -> bool:
    """Tell an aside behind a relative pronoun, which says nothing of what stands before ("men who, he said, ...")."""
    tags = context.sentence.tags
    starts = [phrase.start for phrase in aside.subjects] + ([aside.verb.start] if aside.verb is not None else [])
    at = min(starts, default=0)
    return at > 1 and tags[at - 1] == "COMMA" and tags[at - 2] == "WH"


def _covers(clause: Clause, aside: Clause, at: int) -> bool:
    """Tell whether an aside reaches a clause: not from inside another relative clause ("who, he said, came"), nor
    what describes its own source ("according to X, which has ...").
    """
    inside = aside.parent if aside.kind == "aside" else None
    if inside is not None and inside.kind == "rel" and not stands_in(clause, inside):
        return False
    step: Clause | None = clause
    while step is not None:
        if step.kind == "rel" and any(phrase.start == at for phrase in step.antecedent):
            return False
        step = step.parent
    return True


def spoken(event: CodedEvent, claim: Claim, vocabulary: Vocabulary) -> CodedEvent:
    """Give an event of a quotation its source, once the text has said who that is; "we" is that one."""
    event = issued(event, next((source.id for source in reversed(claim.sources)), None))
    claim, actors = own_words(event.type, claim, event.actors, vocabulary, own=not event.actors)
    return msgspec.structs.replace(event, claim=claim, actors=actors)


def issued(event: CodedEvent, speaker: str | None) -> CodedEvent:
    """Tell whose the "we" of an event is: that of whoever speaks, or issued the text that is quoted in full."""
    actors, recipients = (
        tuple(
            msgspec.structs.replace(one, id=speaker) if one.id is None and one.text.lower() in SPEAKERS else one
            for one in role
        )
        for role in (event.actors, event.recipients)
    )
    return msgspec.structs.replace(event, actors=actors, recipients=recipients)


def at_verb(found: Found) -> bool:
    """Tell a trigger that holds the verb of its clause."""
    verb = found.clause.verb
    return verb is not None and found.start <= verb.head < found.end


def noun_of(found: Found) -> Phrase | None:
    """Return the phrase that an event noun stands in."""
    phrases = clause_phrases(found.clause)
    return next((phrase for phrase in phrases if phrase.start <= found.start < phrase.end), None)
