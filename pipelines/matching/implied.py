"""Parties that an event's own slots don't name: whose house burned, who had asked, who is to be seen."""

from collections.abc import Iterable
from typing import Final

from pipelines.matching.antecedents import whose
from pipelines.matching.context import Context
from pipelines.matching.people import person_like
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.tokens import Sentence
from pipelines.matching.triggers import Found, clause_phrases
from schemas.records import CodedEvent, Party

_HARMED: Final = frozenset({"ASSAULT", "COERCE", "SANCTION", "DISPLACE"})
"""Types that are done to whom a thing belongs."""
_ASKED: Final = frozenset({"REQUEST", "CONCEDE", "THREATEN", "AGREE", "ACCUSE"})
"""Types that a refusal answers."""
_SEEING: Final = frozenset({"ask", "press", "lobby", "tell", "beg"}) | frozenset(
    {"see", "meet", "confer", "consult", "talk", "speak", "brief", "persuade", "urge", "congratulate"}
)
"""What one travels for when one visits somebody."""
TOOLS: Final = frozenset(
    ["truck", "lorry", "mortar", "artillery", "tank", "rocket", "shell", "missile", "gun", "drone", "plane", "vehicle",
     "bulldozer", "traffic", "poll", "armour", "armor", "humvee", "bomb", "bullet", "sniper", "fire", "shelling",
     "convoy", "ship", "boat"]
)  # fmt: skip
"""What does something only in somebody's hands."""
_DOING: Final = frozenset(
    ["impose", "launch", "carry", "order", "announce", "stage", "wage", "make", "issue", "mount", "conduct", "set",
     "call", "declare", "organise", "organize", "lead", "send", "deliver", "give", "voice", "blame", "commit", "decree"]
)  # fmt: skip
"""Participles behind an event noun whose agent does it ("the ban imposed by X")."""


_HELPING: Final = frozenset({"back", "support", "accompany", "join", "assist", "reinforce", "flank", "aid"})
"""Participles that tell who takes part ("X, backed by Y, took the town")."""
_JOINT: Final = frozenset({"RETREAT", "SEIZE", "ASSAULT", "MOBILIZE", "COERCE", "CONSULT", "DISPLACE"})
"""Types that are done together by those who are somewhere together."""


def _tells_verb(found: Found) -> bool:
    """Tell whether the verb of its clause is the event, and no noun or wording beside it."""
    verb = found.clause.verb
    return not found.nominal and verb is not None and found.start <= verb.head < found.end


def owners(context: Context, found: Found) -> tuple[Party, ...]:
    """Take whose the thing is that is hit, taken or closed ("PKK hideouts", "every Kurdish house")."""
    if found.rule.group.type not in _HARMED or "obj" not in found.rule.slots.recipients:
        return ()
    things = [phrase for name in ("obj", "on", "at", "into", "under", "to") for phrase in found.slots.get(name, ())]
    counted = [inner for phrase in things for prep, inner in phrase.preps if prep == "of"]
    for phrase in (*things, *counted):
        if name := _owner(context, phrase):
            return (context.parties.party(context.sentence, phrase, name),)
    return ()


def wielders(context: Context, found: Found) -> tuple[Party, ...]:
    """Take whose a weapon or vehicle is that does something ("UN trucks delivered", "a Kurdish mortar killed")."""
    sentence, parties = context.sentence, context.parties
    for phrase in found.slots.get("subj", ()) if "subj" in found.rule.slots.actors else ():
        if sentence.lemmas[phrase.head] not in TOOLS:
            continue
        for at in range(phrase.head - 1, phrase.start - 1, -1):
            mention, table = sentence.mentions[at], parties.adjectives.get(sentence.lows[at], {})
            name = parties.choose(mention.actors) if mention is not None and mention.actors else None
            if name := name or table.get("force") or table.get("gov"):
                return (parties.party(sentence, phrase, name),)
    return ()


def _owner(context: Context, phrase: Phrase) -> str | None:
    """Return the people or party that a modifier of a thing names."""
    sentence, parties = context.sentence, context.parties
    head = sentence.lemmas[phrase.head]
    if head in parties.everybody or person_like(head) or parties.place_ids(sentence, phrase):
        return None
    if sentence.tags[phrase.start] == "PRP$" and (whose_it_is := whose(parties, sentence, phrase.start)):
        return whose_it_is
    for prep, inner in phrase.preps:
        if prep == "linked" and (ids := parties.ids(sentence, inner)):
            return ids[0]
    for at in range(phrase.head - 1, phrase.start - 1, -1):
        mention = sentence.mentions[at]
        if mention is not None and mention.actors:
            return parties.choose(mention.actors)
        people = parties.adjectives.get(sentence.lows[at], {}).get("people")
        if people is not None:
            return people
    return None


def requested_of(found: Found) -> list[Phrase]:
    """Return who does something "at the request of X": it was asked of them."""
    if found.rule.group.type != "REQUEST" or _tells_verb(found):
        return []
    inside = (one for one in clause_phrases(found.clause) if found.start <= one.head < found.end)
    return list(found.clause.doers()) if any(one.prep in {"at", "upon"} for one in inside) else []


def hosts(found: Found) -> list[Phrase]:
    """Return whom somebody travels to see ("flew to X to meet Y")."""
    if found.rule.group.mode != "visit" or found.nominal:
        return []
    return [
        phrase
        for child in found.clause.children
        if child.kind == "inf" and child.verb is not None and child.verb.lemma in _SEEING
        for phrase in child.objects or [inner for prep, inner in child.preps if prep in {"with", "to"}]
    ]


def doers_of_noun(context: Context, found: Found) -> list[Phrase]:
    """Return who does what an event noun tells, where a participle says so ("a curfew imposed by X")."""
    for clause in () if _tells_verb(found) else context.clauses:
        verb = clause.verb
        if verb is None or verb.lemma not in _DOING or clause.kind not in {"reduced", "rel"}:
            continue
        if any(phrase.start <= found.start < phrase.end for phrase in _told_of(clause)):
            return list(clause.doers())
    return []


def companions(context: Context, found: Found, actors: tuple[Party, ...]) -> tuple[Party, ...]:
    """Return who does it beside the subject: "X, backed by Y", "X together with Y"."""
    subjects = () if found.rule.group.type not in _JOINT or found.nominal else found.clause.subjects
    known, beside = {actor.id for actor in actors}, list[Phrase]()
    for clause in context.clauses if subjects else ():
        if clause.verb is not None and clause.verb.lemma in _HELPING and clause.kind in {"reduced", "part"}:
            beside += clause.doers() if any(phrase in subjects for phrase in _told_of(clause)) else ()
    for phrase in clause_phrases(found.clause) if subjects else ():
        before = context.sentence.lows[max(phrase.start - 2, 0) : phrase.start]
        if phrase.prep == "alongside" or before in (["together", "with"], ["along", "with"]):
            beside.append(phrase)
    parties = context.parties
    found_ids = {one: phrase for phrase in beside for one in parties.ids(context.sentence, phrase)}
    return tuple(parties.party(context.sentence, phrase, one) for one, phrase in found_ids.items() if one not in known)


def _told_of(clause: Clause) -> Iterable[Phrase]:
    return (*clause.undergoers(), *clause.antecedent)


def possessors(found: Found) -> list[Phrase]:
    """Return whose the deed is where a passive names nobody else ("X's trips were made at ...")."""
    verb = found.clause.verb
    if found.nominal or verb is None or not verb.passive or found.clause.doers():
        return []
    inside = (phrase for phrase in found.clause.subjects if phrase.head < found.end or phrase.possessor is not None)
    deeds = found.rule.pattern.constraints
    return [phrase.possessor for phrase in inside if deeds and phrase.possessor is not None]


def names_each_other(sentence: Sentence, found: Found) -> bool:
    """Tell "accused each other" and "turned on one another"."""
    phrases = [phrase for name in ("obj", "on", "at", "against", "to") for phrase in found.slots.get(name, ())]
    return any(
        sentence.lows[phrase.start : phrase.end] in (["each", "other"], ["one", "another"]) for phrase in phrases
    )


def refused(context: Context, actors: tuple[Party, ...]) -> tuple[Party, ...]:
    """Return who had asked, offered or threatened just before: what is refused without a name was theirs."""
    known = {actor.id for actor in actors}
    return tuple(party for party in context.asked if party.id is not None and party.id not in known)


def asked_after(events: Iterable[CodedEvent]) -> tuple[Party, ...]:
    """Return who asks or offers something in a sentence, for a refusal that follows."""
    latest = [event for event in events if event.type in _ASKED and event.actors and not event.negated]
    return latest[-1].actors if latest else ()


_FORCE: Final = ("ASSAULT", "SEIZE", "MOBILIZE", "COERCE")
_RULING: Final = ("SANCTION", "COERCE", "REQUEST")
_OFFER: Final = ("CONCEDE", "AGREE", "REQUEST")
_DEEDS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("attack", "assault", "raid", "offensive", "operation", "campaign", "deployment"), _FORCE),
    **dict.fromkeys(("decision", "order", "verdict", "ruling", "measure", "ban"), _RULING),
    **dict.fromkeys(("embargo", "closure", "blockade"), ("SANCTION", "COERCE")),
    **dict.fromkeys(("proposal", "offer", "pledge", "plan", "idea", "initiative"), _OFFER),
    **dict.fromkeys(("call", "plea", "demand", "request", "appeal"), ("REQUEST",)),
    **dict.fromkeys(("ultimatum", "threat", "deadline", "warning"), ("THREATEN",)),
    **dict.fromkeys(("claim", "charge", "accusation", "allegation"), ("ACCUSE",)),
    **dict.fromkeys(("move", "act", "step", "action", "behaviour", "behavior"), ()),
    **dict.fromkeys(("word", "speech", "remark", "comment", "statement"), ()),
    "arrest": ("COERCE",),
}
"""What somebody did or said and others judge, with its types; none: whatever was done last."""


def judged(context: Context, found: Found, actors: tuple[Party, ...]) -> tuple[Party, ...]:
    """Return whose the deed is that is judged without a name ("called the decision a punishment")."""
    if found.rule.group.type not in {"ACCUSE", "SUPPORT", "REJECT"}:
        return ()
    sentence, known = context.sentence, {actor.id for actor in actors}
    for name in ("obj", "subj", "to", "of", "with", "by", "at", "for"):
        for phrase in found.slots.get(name, ()):
            types = _DEEDS.get(sentence.lemmas[phrase.head])
            if types is None or phrase.preps or sentence.lows[phrase.start] not in {"the", "this", "that", "these"}:
                continue
            done = [context.deeds[one] for one in types or [*context.deeds][-1:] if one in context.deeds]
            return tuple(party for party in done[0] if party.id not in known) if done else ()
    return ()


def note_deed(context: Context, event: CodedEvent) -> None:
    """Remember who did what, for those who judge it."""
    doers = tuple(actor for actor in event.actors if actor.id is not None)
    if doers and event.realis == "actual" and not event.negated:
        context.deeds.pop(event.type, None)
        context.deeds[event.type] = doers
