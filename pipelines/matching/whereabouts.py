"""Where an event happened: the places of its own words, else those of what it stands in."""

from collections.abc import Sequence
from typing import Final

from pipelines.matching.around import is_bearing
from pipelines.matching.context import Context
from pipelines.matching.neighbours import is_date
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.tokens import Sentence
from pipelines.matching.triggers import Found, clause_phrases
from schemas.records import CodedEvent, Party

_MOST_PLACES: Final = 12
_ENTRANCES: Final = frozenset({"in", "at", "near", "outside", "inside", "from", "into", "to", "of"})
"""What is entered after a withdrawal is where the others went from; one goes to a place to do something there."""
_SETTINGS: Final = frozenset({"in", "at", "near", "outside", "inside"})
_BODILY: Final = frozenset(
    ["RETREAT", "SEIZE", "ASSAULT", "MOBILIZE", "COERCE", "DISPLACE", "OIL", "PROTEST", "CONSULT", "COOPERATE", "AID"]
)
"""Types that happen somewhere: words can be said anywhere."""
_GOES_ON: Final = frozenset({"RETREAT", "SEIZE", "ASSAULT", "MOBILIZE", "DISPLACE", "COERCE"})
"""Types that a sentence without a place goes on to tell of the place of the last one."""
_SETTLEMENTS: Final = frozenset(
    {"village", "town", "district", "subdistrict", "sub-district", "hamlet", "hill", "mountain"}
)
_AT_HOME: Final = frozenset({"PROTEST", "VOTE"})
"""Types whose people do it where they are ("voters in X")."""
_MEANWHILE: Final = frozenset({"as", "while", "when"})
"""What such a clause tells happened where the clause above it did."""


def places_of(context: Context, found: Found, names: tuple[str, ...]) -> tuple[Party, ...]:
    """Collect the places of an event; without any, the setting that opens the sentence."""
    places: dict[str, Party] = {}
    bearings: list[Phrase] = []
    for name in names:
        for phrase in found.slots.get(name, ()):
            if _tells_origin(context, found, phrase):
                continue
            if is_bearing(context.sentence, phrase):
                bearings.append(phrase)
                continue
            _add_place(context, phrase, places, unknown=name in _SETTINGS)
            if name in {"obj", "subj"}:
                _places_inside(context, phrase, places)
    if not places and found.rule.group.type in _BODILY:
        _pointed(context, found, places)
    for phrase in bearings if not places else ():
        _add_place(context, phrase, places)
    _fall_back(context, found, names, places)
    return tuple(places.values())[:_MOST_PLACES]


def _pointed(context: Context, found: Found, places: dict[str, Party]) -> None:
    """Take the place that "there" and "here" point back to: the one that the article named last."""
    verb, latest = found.clause.verb, context.parties.memory.places[-1:]
    for at, low in found.clause.particles if verb is not None else ():
        if low in {"there", "here"} and latest and verb is not None and at >= verb.end:
            span = context.sentence.offsets(at, at + 1)
            places[latest[0]] = Party(id=latest[0], text=context.sentence.text[slice(*span)], span=span)


def _fall_back(context: Context, found: Found, names: tuple[str, ...], places: dict[str, Party]) -> None:
    """Look for places where the event's own words name none."""
    if found.nominal:
        _modifying_place(context, found, places)
    if (
        not places
        and names
        and (found.clause.kind != "sub" or found.clause.mark in _MEANWHILE or found.rule.group.type == "SEIZE")
    ):
        _setting(context, found, places)
    if not places and found.rule.group.type in {"MOBILIZE", "SANCTION"}:
        _aim(context, found, places)
    group = found.rule.group
    if not places and names and group.mode != "resign" and (group.type in _BODILY or group.mode == "airspace"):
        _only_place(context, found, places)


def _only_place(context: Context, found: Found, places: dict[str, Party]) -> None:
    """Take the one place that the event's part of the sentence names, where that isn't about who says so."""
    sentence = context.sentence
    seen: dict[str, Phrase] = {}
    everywhere: dict[str, Phrase] = {}
    breaks = [at for at, low in enumerate(sentence.lows) if low in {";", ":"}]
    first = max((at for at in breaks if at < found.start), default=-1)
    last = min((at for at in breaks if at > found.start), default=len(sentence))
    for clause in context.clauses:
        # What has no verb is a dateline or a heading.
        for phrase in clause_phrases(clause) if clause.kind != "aside" and clause.verb is not None else ():
            for place in context.parties.place_ids(sentence, phrase) if _may_hold(context, phrase) else ():
                if phrase.prep in _SETTINGS and not phrase.early and _is_fronted(clause, phrase):
                    everywhere.setdefault(place, phrase)
                if first < phrase.start < last:
                    seen.setdefault(place, phrase)
    if not seen and found.rule.group.type in _GOES_ON:
        seen = everywhere
    together = all(phrase in found.clause.subjects or phrase in found.clause.objects for phrase in seen.values())
    if len(seen) == 1 or (seen and together):
        for phrase in seen.values():
            _add_place(context, phrase, places)
    elif not seen and _goes_on(sentence, found) and (setting := context.setting or _only_named(context)):
        places[setting.id or ""] = setting


def _is_fronted(clause: Clause, phrase: Phrase) -> bool:
    return clause.verb is not None and phrase.end <= clause.verb.start


def _may_hold(context: Context, phrase: Phrase) -> bool:
    """Tell whether a phrase can be where a whole sentence plays: no bearing, no government, nothing about a source."""
    sentence, sayings = context.sentence, context.cues.phrases
    if phrase.prep in sayings or (phrase.holder is not None and phrase.holder.prep in sayings):
        return False
    if is_bearing(sentence, phrase) or any(is_bearing(sentence, inner) for _, inner in phrase.preps):
        return False
    return sentence.mentions[phrase.head] is None or context.parties.landmarks.is_place(sentence, phrase.head)


def setting_after(events: Sequence[CodedEvent]) -> Party | None:
    """Return the place that the events of a sentence leave to the next one: the only one of the last that has any."""
    last = next((event for event in reversed(events) if event.places and event.type in _GOES_ON), None)
    return last.places[0] if last is not None and len(last.places) == 1 and last.places[0].id else None


def _goes_on(sentence: Sentence, found: Found) -> bool:
    """Tell what can go on where the last sentence was: no purpose, nothing behind the clock of a live blog's entry."""
    return found.rule.group.type in _GOES_ON and found.clause.kind != "inf" and not sentence.lows[0][:1].isdigit()


def _only_named(context: Context) -> Party | None:
    """Return the one place that the last sentence names, if it is of the theatre and no government."""
    before, vocabulary = context.before, context.parties.vocabulary
    if before is None:
        return None
    named = {
        mention.places[0]: at
        for at, mention in enumerate(before.mentions)
        if mention is not None and context.parties.landmarks.is_place(before, at)
    }
    for name, at in named.items() if len(named) == 1 else ():
        place, span = vocabulary.places[name], before.offsets(at, at + 1)
        if place.theatre and place.metonym is None and place.kind != "region":
            return Party(id=name, text=before.text[slice(*span)], span=span)
    return None


def _tells_origin(context: Context, found: Found, phrase: Phrase) -> bool:
    """Tell whether "in X" describes somebody before the verb: then X says where they are from."""
    if not phrase.early or found.nominal or phrase.holder is None or found.rule.group.type in _AT_HOME:
        return False
    if phrase.prep in {"across", "throughout"}:
        return False
    return _is_somebody(context, phrase.holder)


def _aim(context: Context, found: Found, places: dict[str, Party]) -> None:
    """Take where forces are ordered to do something ("ordered the army to impose order in X")."""
    for child in found.clause.children:
        for prep, phrase in child.preps if child.kind == "inf" else ():
            if (prep in _ENTRANCES or prep in {"out of", "through", "across"}) and not places:
                _add_place(context, phrase, places)
        for phrase in child.objects if child.kind == "inf" and found.rule.group.type == "MOBILIZE" else ():
            _add_place(context, phrase, places)


def _places_inside(context: Context, phrase: Phrase, places: dict[str, Party]) -> None:
    """Take the places that an object names by its own prepositions, unless it is somebody."""
    if not context.parties.ids(context.sentence, phrase):
        for prep, inner in phrase.preps:
            if prep in {"of", "in", "near", "at", "around"} and not (places and is_bearing(context.sentence, inner)):
                _add_place(context, inner, places)


def _setting(context: Context, found: Found, places: dict[str, Party]) -> None:
    """Take the place of the clauses above ("In Kirkuk, X said that it had ...")."""
    wide = found.rule.group.type == "SEIZE" or found.clause.kind == "inf"
    settings = _ENTRANCES if wide else _SETTINGS
    step: Clause | None = found.clause
    while not places and step is not None:
        for prep, phrase in step.preps:
            if prep in settings and not phrase.early:
                _add_place(context, phrase, places, unknown=prep in {"in", "at"})
        step = step.parent if step.kind not in {"comp", "aside"} else None


def _is_somebody(context: Context, phrase: Phrase) -> bool:
    """Tell whether what "in X" describes is a party: then X says where they are from, not where it happened."""
    parties, head = context.parties, context.sentence.lemmas[phrase.head]
    return head in parties.persons or head in parties.heads or bool(parties.ids(context.sentence, phrase))


def _modifying_place(context: Context, found: Found, places: dict[str, Party]) -> None:
    for phrase in found.slots.get("own", ()):
        for at in range(phrase.start, phrase.head):
            mention = context.sentence.mentions[at]
            if mention is not None and mention.places and not mention.actors:
                _add_place(context, Phrase(at, at + 1, at), places)


def _names_inside(sentence: Sentence, phrase: Phrase) -> bool:
    """Tell "the village of X" and "the X district", where the schema knows no X."""
    inside = [*range(phrase.start, phrase.head), *(inner.head for prep, inner in phrase.preps if prep == "of")]
    return any(sentence.tags[at] == "NAME" and sentence.mentions[at] is None for at in inside)


def _add_place(context: Context, phrase: Phrase, places: dict[str, Party], *, unknown: bool = False) -> None:
    """Add what a phrase names as a place; with `unknown`, also a name that the schema has not."""
    sentence = context.sentence
    low = sentence.lows[phrase.head]
    strange = sentence.tags[phrase.head] == "NAME" and sentence.mentions[phrase.head] is None and not is_date(low)
    if unknown and strange and phrase.possessor is None and low.isalpha():
        places.setdefault(low, context.parties.party(sentence, phrase, None))
    known = context.parties.place_ids(sentence, phrase)
    if not known and sentence.lemmas[phrase.head] in _SETTLEMENTS and _names_inside(sentence, phrase):
        places.setdefault(low, context.parties.party(sentence, phrase, None))
    for place in known:
        if place not in places:
            party = context.parties.party(sentence, phrase, place)
            places[place] = party
