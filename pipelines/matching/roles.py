"""From a trigger to a record: who, to whom, where, when, according to whom."""

from collections.abc import Iterable
from typing import Final

from pipelines.matching.antecedents import stranger
from pipelines.matching.claims import at_verb, claim_for, noun_of
from pipelines.matching.context import Context
from pipelines.matching.event_times import event_time
from pipelines.matching.implied import (
    TOOLS,
    companions,
    doers_of_noun,
    hosts,
    judged,
    names_each_other,
    owners,
    possessors,
    refused,
    requested_of,
    wielders,
)
from pipelines.matching.naming import CROWDS, by_name
from pipelines.matching.neighbours import is_date
from pipelines.matching.own_words import own_words
from pipelines.matching.people import person_like
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.realis import Moods, dated
from pipelines.matching.reported import behind, told
from pipelines.matching.triggers import NAMING, Found, is_argument
from pipelines.matching.whereabouts import places_of
from schemas.records import Claim, CodedEvent, Party, Realis, Trigger

_MOST_PARTIES: Final = 12
_EMPTY_WORDS: Final = frozenset(
    {"it", "there", "this", "that", "which", "who", "what", "one", "something", "nothing", "nobody"}
)
_OWN_WORDS: Final = frozenset({"neg", "future", "must", "may", "bid"})
"""Flags of patterns for what one refuses, or threatens with, by saying that one will or won't."""
_DONE_TO: Final = frozenset({"arrest", "detention", "removal", "release", "killing", "dismissal", "resignation"})
"""Nouns behind whose "of" stands to whom it is done ("warrants for the arrest of X")."""
_COUNT: Final = 3
"""Tokens of a number without a noun ("some 23")."""
_ANYBODY: Final = frozenset({"everyone", "everybody", "anyone", "anybody"})
"""Pronouns that "who" makes somebody of ("everyone who owns a rifle")."""
_STRANGERS: Final = frozenset({"he", "she", "they"})
"""Pronouns of subjects: whom "him" means is less sure."""
_SPEAKERS: Final = frozenset({"we", "us"})
"""Words for the one who is quoted, whoever that turns out to be."""
_WHOEVER: Final = _ANYBODY | {"those", "all", "whoever", "any"}
_CONTENT: Final = frozenset({"inf", "comp", "ger"})


def code_trigger(context: Context, found: Found, others: list[Found]) -> CodedEvent | None:
    """Code one trigger; None when it is the content of a demand or threat, or nothing ties it to anybody."""
    if _folded(found, others, context.moods) or _says_nothing(context, found):
        return None
    claim = claim_for(context, found)
    context.parties.speaker = next((source.id for source in reversed(claim.sources) if source.id is not None), None)
    actors, recipients, places = _roles(context, found)
    if found.nominal and not (context.everyone or actors or recipients or places or any(context.sentence.mentions)):
        return None
    group = found.rule.group
    if group.type in {"MOBILIZE", "COERCE"} and all(actor.id is None for actor in actors):
        actors = _own_force(context, found, claim) or actors
    idiom = ".i." in found.rule.id
    own = idiom or not _OWN_WORDS.isdisjoint(found.rule.pattern.flags) or context.moods.demands(found.clause)
    own = own or (found.clause.verb is not None and at_verb(found) and not found.clause.verb.passive)
    realis, negated = _mood(context, found)
    vocabulary, everyone = context.parties.vocabulary, context.everyone
    claim, actors = own_words(group.type, claim, actors, vocabulary, own=own, negated=negated, everyone=everyone)
    sentence = context.sentence
    trigger = sentence.offsets(found.start, found.end)
    time = event_time(context, found, realis)
    realis = dated(realis, time, context.today)
    if realis == "hypothetical" and claim.sources and context.moods.announces(found.clause):
        realis = "future"
    return CodedEvent(
        field="title" if sentence.title else "text",
        type=group.type,
        mode=group.mode,
        actors=actors,
        recipients=recipients,
        places=places,
        time=time.time() if time is not None else context.default_time,
        realis=realis,
        negated=negated,
        claim=claim,
        trigger=Trigger(text=sentence.text[trigger[0] : trigger[1]], span=trigger),
        sentence=sentence.span,
        score=_score(found, actors, recipients, places),
        rules=(found.rule.id,),
    )


def _own_force(context: Context, found: Found, claim: Claim) -> tuple[Party, ...]:
    """Take the force that tells of what nobody else did ("fresh units have been sent, the ministry says")."""
    verb = found.clause.verb
    source = claim.sources[-1] if claim.sources else None
    if verb is None or not verb.passive or found.clause.doers() or source is None or source.id is None:
        return ()
    if context.parties.kind(source.id) != "force" or source.span is None:
        return ()
    return (Party(id=source.id, text=source.text, span=source.span),)


def _says_nothing(context: Context, found: Found) -> bool:
    """Tell the "warned" of "our side warned, and was not heard": no threat, nobody threatened."""
    clause, tags = found.clause, context.sentence.tags
    if found.nominal or found.rule.group.type != "THREATEN" or clause.kind == "aside" or found.rule.pattern.weight:
        return False
    bare = not (clause.undergoers() or clause.preps or clause.children)
    return bare and tags[found.end : found.end + 1] in (["COMMA"], ["CONJ"], ["PUNCT"])


def _folded(found: Found, others: list[Found], moods: Moods) -> bool:
    """Tell whether a trigger is inside what another one demands, threatens, offers or refuses."""
    folding = {other.clause.index for other in others if other.rule.group.content == "folded" and not other.nominal}
    step: Clause | None = found.clause
    while step is not None and step.parent is not None and step.kind not in {"rel", "reduced"}:
        if step.kind in _CONTENT and step.parent.index in folding:
            return step.kind != "comp" or moods.realis(step) != "actual"
        step = step.parent
    return False


def _mood(context: Context, found: Found) -> tuple[Realis, bool]:
    moods, clause, flags = context.moods, found.clause, found.rule.pattern.flags
    if not found.nominal:
        realis, negated = moods.realis(clause), moods.negated(clause)
        if not _OWN_WORDS.isdisjoint(flags):
            # To say "will not leave" is to refuse, "will fight" to threaten, "must leave" to demand: said, it is done.
            done = flags & {"neg", "must", "may", "bid"}
            return ("actual" if clause.mark not in moods.marks else realis), negated and not done
        if ".i." in found.rule.id and "NEG" in context.sentence.tags[found.start : found.end]:
            negated = False
        spoken_idiom = ".i." in found.rule.id and found.rule.group.type in {"THREATEN", "REJECT"}
        if spoken_idiom and clause.mark not in moods.marks:
            return "actual", negated
        return "hypothetical" if realis == "actual" and _whoever(context, clause) else realis, negated
    phrase = noun_of(found)
    realis, negated = moods.of_noun(context.sentence, clause, phrase) if phrase is not None else ("actual", False)
    if clause.verb is None or not is_argument(found) or realis != "actual" or negated:
        return realis, negated
    return moods.realis(clause), moods.negated(clause)


def _whoever(context: Context, clause: Clause) -> bool:
    """Tell a deed of whoever may do it from one that was done: "those who fight will fight alone"."""
    above = clause.parent.verb if clause.kind == "rel" and clause.parent is not None else None
    if above is None or not above.modal:
        return False
    return any(context.sentence.lows[phrase.head] in _WHOEVER for phrase in clause.antecedent)


def _score(found: Found, actors: object, recipients: object, places: object) -> float:
    """Add up: the pattern's own trust, what is known of the roles, less for nouns."""
    score = found.rule.group.score + 0.01 * found.rule.pattern.weight
    score += 0.05 * bool(actors) + 0.02 * bool(recipients) + 0.03 * bool(places)
    return round(min(0.99, score - 0.1 * found.nominal - 0.15 * (not actors)), 3)


def _roles(context: Context, found: Found) -> tuple[tuple[Party, ...], tuple[Party, ...], tuple[Party, ...]]:
    frame = found.rule.slots
    used: set[int] = set()
    context.parties.others = set()
    actors = _fill(context, found, frame.actors, used, union=frame.both)
    if not actors and (unsaid := doers_of_noun(context, found) or possessors(found)):
        actors = _parties(context, unsaid, used)
    actors = actors if any(actor.id for actor in actors) else wielders(context, found) or actors
    if frame.both and len(actors) == 1:
        actors = (*_other_side(context, found, used), *actors)
    actors += companions(context, found, actors)
    recipients = _fill(context, found, frame.recipients, used, union=False)
    if not recipients and "obj" in frame.recipients and found.rule.group.content == "folded":
        recipients = _from_content(context, found, used)
    if not recipients and (heard := told(found.rule.group.type, found.clause)):
        recipients = _parties(context, heard, used)
    if not recipients and found.rule.group.type == "REJECT" and found.clause.kind == "rel":
        recipients = _proposers(context, found, used, actors)
    if not recipients and (others := requested_of(found) or hosts(found)):
        recipients = _parties(context, others, used)
    if not recipients and names_each_other(context.sentence, found):
        recipients = actors
    if not recipients and found.rule.group.type == "REJECT":
        recipients = refused(context, actors)
    recipients = recipients or judged(context, found, actors)
    if not any(party.id for party in recipients):
        recipients = owners(context, found) or recipients
    places = places_of(context, found, frame.places)
    return actors, recipients, places


def _parties(context: Context, phrases: Iterable[Phrase], used: set[int]) -> tuple[Party, ...]:
    """Write phrases that stand outside the event's own slots down as parties."""
    return tuple(party for phrase in phrases for party in _party(context, phrase, used, strict=True))


def _proposers(context: Context, found: Found, used: set[int], actors: tuple[Party, ...]) -> tuple[Party, ...]:
    """Take whose offer it was from the clause above ("X proposed talks, an offer that was refused")."""
    above = found.clause.parent
    doers = above.doers() if above is not None else []
    known = [party for phrase in doers for party in _party(context, phrase, used, strict=True) if party.id is not None]
    return tuple(party for party in known if party.id not in {actor.id for actor in actors})


def _speaker(context: Context, found: Found) -> list[Party]:
    """Take the innermost source as the party: who says "nothing will stop us" is the one who threatens."""
    sources = claim_for(context, found).sources
    for source in reversed(sources):
        if source.span is not None and context.sentence.text[slice(*source.span)] == source.text:
            return [Party(id=source.id, text=source.text, span=source.span)]
    return []


def _audience(context: Context) -> list[Party]:
    """Resolve the "you" of a quotation: the group that the article named last."""
    sentence, groups = context.sentence, context.parties.memory.groups
    for at, low in enumerate(sentence.lows):
        if low in {"you", "your"} and groups:
            span = sentence.offsets(at, at + 1)
            return [Party(id=groups[-1], text=sentence.text[slice(*span)], span=span)]
    return []


def _other_side(context: Context, found: Found, used: set[int]) -> list[Party]:
    """Find who else clashes "with X" where the sentence's last clause has named them."""
    parent = found.clause.parent
    if "with" not in found.slots or not found.nominal or parent is None:
        return []
    return [
        party
        for phrase in parent.doers()
        if phrase.start not in used and context.parties.ids(context.sentence, phrase)
        for party in _party(context, phrase, used, strict=True)
    ]


def _from_content(context: Context, found: Found, used: set[int]) -> tuple[Party, ...]:
    """Take whom a demand is made of from its that-clause ("demanded that X leave", not "that X be freed"); a threat is
    made to whom it is done.
    """
    threat = found.rule.group.type == "THREATEN"
    for child in found.clause.children:
        passive = child.verb is not None and child.verb.passive
        content = child.subjects if child.kind == "comp" and passive == threat else ()
        if threat and (child.kind == "inf" or (child.kind == "comp" and not passive)):
            content = child.undergoers()
        if content:
            return tuple(party for phrase in content for party in _party(context, phrase, used, strict=True))
    return ()


def _fill(context: Context, found: Found, names: Iterable[str], used: set[int], *, union: bool) -> tuple[Party, ...]:
    """Fill a role from the first slot that gives a party, or from all of them."""
    parties: list[Party] = []
    for name in names:
        if name.startswith("own"):
            fresh = [] if parties else _own(context, found, name.partition(":")[2] or "own")
        elif name == "speaker":
            fresh = _speaker(context, found)
        elif name == "audience":
            fresh = _audience(context)
        else:
            fresh = [
                party
                for phrase in behind(context.sentence, found.clause, found.slots, name, context.cues.document)
                if _may_fill(found, phrase, name)
                and phrase.start not in used
                and not _is_place_only(context, found, phrase, name)
                for party in _party(context, phrase, used, strict=name not in {"subj", "obj"})
            ]
        if not fresh and name in {"obj", "on"} and found.rule.group.type == "REJECT":
            fresh = _own(context, found, name)
        if fresh:
            known = {(party.id, party.text) for party in parties}
            parties += [party for party in fresh if (party.id, party.text) not in known]
            context.parties.others |= {party.id for party in parties if party.id is not None}
        if parties and not union:
            break
    return tuple(parties[:_MOST_PARTIES])


def _may_fill(found: Found, phrase: Phrase, name: str) -> bool:
    """Leave out what only looks like a party: what somebody is called, and what is asked for."""
    verb = found.clause.verb
    if name == "obj" and verb is not None and verb.lemma in NAMING and len(found.clause.objects) > 1:
        return phrase is not found.clause.objects[-1]
    if name == "for" and found.rule.group.type == "REQUEST":
        below = [child.verb for child in found.clause.children if child.kind == "inf" and child.verb is not None]
        return bool(below) and not below[0].passive
    return True


def _is_place_only(context: Context, found: Found, phrase: Phrase, name: str) -> bool:
    """Tell whether a phrase fills the place of this frame, so that its metonym must not fill a role as well."""
    if name not in found.rule.slots.places or name in found.rule.slots.actors:
        return False
    mention = context.sentence.mentions[phrase.head]
    if mention is None or not mention.places:
        return False
    return found.rule.group.type != "AID" or not context.parties.ids(context.sentence, phrase)


def _party(context: Context, phrase: Phrase, used: set[int], *, strict: bool) -> list[Party]:
    sentence, parties = context.sentence, context.parties
    ids = parties.ids(sentence, phrase)
    if ids:
        used.add(phrase.start)
        found = [parties.party(sentence, phrase, actor) for actor in ids]
        # The first behind "of" tells who the head is: "forces of X, Y and Z" are X's, and Y, and Z.
        more = [inner for prep, inner in phrase.preps if prep == "of" and inner.coordinated][1:]
        found += [parties.party(sentence, inner, one) for inner in more for one in parties.ids(sentence, inner)[:1]]
        return list({party.id: party for party in found}.values())
    if (sentence.tags[phrase.head] == "PRON" or sentence.lows[phrase.head] in _EMPTY_WORDS) and not (
        phrase.preps and context.everyone
    ):
        return _pronoun(context, phrase)
    if sentence.tags[phrase.end - 1] == "NUM" and phrase.end - phrase.start <= _COUNT and not phrase.preps:
        return _counted(context, phrase, used)
    body = sentence.lemmas[phrase.head] in parties.heads
    if not body and phrase.possessor is not None and (owner := _party(context, phrase.possessor, used, strict=True)):
        return owner
    for prep, inner in phrase.preps:
        if prep in {"of", "by"} and parties.ids(sentence, inner):
            used.add(phrase.start)
            joined = [one for name, one in phrase.preps if name == prep and (one is inner or one.coordinated)]
            return [parties.party(sentence, one, actor) for one in joined for actor in parties.ids(sentence, one)[:1]]
        if prep == "of" and sentence.lemmas[phrase.head] in _DONE_TO and _nameable(context, inner, strict=True):
            used.add(phrase.start)
            return [parties.party(sentence, inner, None)]
    if phrase.negated or not _nameable(context, phrase, strict=strict):
        return []
    used.add(phrase.start)
    return [parties.party(sentence, by_name(sentence, phrase), None)]


def _pronoun(context: Context, phrase: Phrase) -> list[Party]:
    """Write a pronoun without an id down: a stranger by his own words, the "we" of a quotation as it stands."""
    sentence, parties = context.sentence, context.parties
    unknown = stranger(parties, sentence, phrase.head) if sentence.lows[phrase.head] in _STRANGERS else None
    if unknown is not None:
        return [unknown]
    if sentence.lows[phrase.head] in _ANYBODY and sentence.tags[phrase.end : phrase.end + 1] == ["WH"]:
        return [parties.party(sentence, phrase, None)]
    quoted = context.speech.unattributed or "QUOTE" in sentence.tags
    return [parties.party(sentence, phrase, None)] if sentence.lows[phrase.head] in _SPEAKERS and quoted else []


def _counted(context: Context, phrase: Phrase, used: set[int]) -> list[Party]:
    """Read a bare number as some of those counted before it ("five fighters were killed and 23 wounded")."""
    for clause in context.clauses:
        for other in (*clause.subjects, *clause.objects):
            counted = other.start < phrase.start and "NUM" in context.sentence.tags[other.start : other.head]
            if counted and (ids := context.parties.ids(context.sentence, other)):
                used.add(phrase.start)
                return [context.parties.party(context.sentence, phrase, ids[0])]
    return []


def _nameable(context: Context, phrase: Phrase, *, strict: bool) -> bool:
    """Tell whether an unknown phrase can be a party at all."""
    sentence, parties = context.sentence, context.parties
    head, tag = sentence.lemmas[phrase.head], sentence.tags[phrase.head]
    if parties.place_ids(sentence, phrase):
        return False
    if head in parties.persons or head in parties.heads or head in CROWDS:
        return True
    if sentence.lows[phrase.head] == "those" and sentence.tags[phrase.end : phrase.end + 1] == ["WH"]:
        return True
    if tag == "NOUN" and person_like(head):
        return True
    if tag == "NAME":
        return not is_date(sentence.lows[phrase.head]) and head not in TOOLS
    return context.everyone and not strict and tag in {"NOUN", "PRON"}


def _own(context: Context, found: Found, slot: str) -> list[Party]:
    """Take the party that stands as a modifier before an event noun ("Kurdish pull-out", "PUK withdrawal")."""
    sentence, parties = context.sentence, context.parties
    for phrase in found.slots.get(slot, ()):
        for at in range(phrase.start, phrase.head):
            mention = sentence.mentions[at]
            single = Phrase(at, at + 1, at)
            if mention is not None and (ids := parties.ids(sentence, single)) and mention.actors:
                return [parties.party(sentence, single, ids[0])]
            table = parties.adjectives.get(sentence.lows[at])
            if table is not None:
                kinds = _ADJECTIVE_CLASS.get(found.rule.group.type, ("gov", "people"))
                actor = next((table[kind] for kind in kinds if kind in table), None)
                return [parties.party(sentence, single, actor or next(iter(table.values())))]
    return []


_ADJECTIVE_CLASS: Final = {
    **dict.fromkeys(("RETREAT", "ASSAULT", "SEIZE", "MOBILIZE"), ("force", "gov")),
    **dict.fromkeys(("PROTEST", "DISPLACE"), ("people", "gov")),
}
"""What an adjective before an event noun stands for ("a Kurdish pull-out", "Kurdish protesters")."""
