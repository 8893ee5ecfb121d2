"""What is done by saying it: who rejects, demands or accuses needs no source, and who says so is who does it."""

from typing import Final

from schemas.records import Claim, ClaimSource, Party
from schemas.vocabulary import Vocabulary

_SAID: Final = frozenset({"ACCUSE", "REJECT", "REQUEST", "THREATEN", "STATEMENT", "SUPPORT", "SANCTION"})
"""Types that are done with words."""
_OFFERED: Final = _SAID | {"AGREE", "CONCEDE"}
"""Types whose speaker is no source of his own words."""
_CLAIMS: Final = frozenset({"claimed", "claim", "claims", "alleged", "alleges"})
_TOLD_BY: Final = frozenset({"account", "accounts", "version", "versions", "telling"})
"""Cues of those who tell what others did ("by those accounts the party has until noon")."""
_HIMSELF: Final = frozenset({"he", "she", "it", "they"})
SPEAKERS: Final = frozenset({"we", "us", "i", "me"})
"""Words for the one who is quoted, whoever that turns out to be."""


def own_words(
    event_type: str,
    claim: Claim,
    actors: tuple[Party, ...],
    vocabulary: Vocabulary,
    *,
    own: object,
    negated: bool = False,
    everyone: bool = False,
) -> tuple[Claim, tuple[Party, ...]]:
    """Settle who acts and who says so where both are one.

    To reject, demand or accuse is done by saying it: who does so needs no source, and where nobody else does (`own`),
    the speaker does. Who tells of a deed of his own side states it, named or not; who announces his own is no source.
    `everyone`: all speakers stay credited, as general-purpose sets of attributions have it.
    """
    if not claim.sources:
        return claim, actors
    last = claim.sources[-1]
    actors = tuple(_speaker(one, last) for one in actors)
    if event_type in _SAID and own and not actors and last.span is not None and last.cue not in _TOLD_BY:
        actors = (Party(id=last.id, text=last.text, span=last.span),)
    same = [one for one in claim.sources if one.cue not in _CLAIMS and _is_actor(one, actors)]
    if everyone:
        return claim, actors
    if event_type in _OFFERED and claim.status != "denied":
        # Who speaks for a body without a name is asked for what that body wants: a source.
        same = [one for one in same if one.kind != "anonymous" or _is_himself(one, actors)]
        same += [one for one in claim.sources if one not in same and _speaks_for(one, actors, vocabulary)]
        rest = tuple(one for one in claim.sources if one not in same)
        status = "asserted" if same and not rest and claim.status == "alleged" else claim.status
        return Claim(status=status, sources=rest), actors
    plain = [one for one in claim.sources if one.cue not in _CLAIMS and one.kind != "anonymous"]
    himself = [one for one in plain if _tells_of_himself(one, actors)]
    if himself and not negated:
        return Claim(status="asserted", sources=tuple(one for one in claim.sources if one not in himself)), actors
    if same and claim.status == "alleged":
        claim = Claim(status="asserted", sources=claim.sources)
    return claim, actors


def _speaker(party: Party, source: ClaimSource) -> Party:
    """Tell who the "we" of a quotation is."""
    if party.id is not None or party.text.lower() not in SPEAKERS:
        return party
    return Party(id=source.id, text=party.text, span=party.span)


def _is_actor(source: ClaimSource, actors: tuple[Party, ...]) -> bool:
    same = source.id is not None and any(source.id == actor.id for actor in actors)
    return same or _is_same_words(source, actors)


def _tells_of_himself(source: ClaimSource, actors: tuple[Party, ...]) -> bool:
    """Tell "X announced that he would leave": a deed of the speaker's own, announced in his own name."""
    return any(actor.id == source.id and actor.text.lower() in _HIMSELF for actor in actors)


def _is_same_words(source: ClaimSource, actors: tuple[Party, ...]) -> bool:
    """Tell a source that is the actor by its very words, or who says "we"."""
    here = source.span is not None and any(source.span == actor.span for actor in actors)
    return here or any(actor.text.lower() in SPEAKERS for actor in actors)


def _is_himself(source: ClaimSource, actors: tuple[Party, ...]) -> bool:
    """Tell who speaks of himself from one of many who says "we" for them ("a member of the staff")."""
    one_of_many = source.text.lower().startswith(("a ", "an ", "one "))
    others = [actor for actor in actors if not (one_of_many and actor.text.lower() in {"we", "us"})]
    return _is_same_words(source, tuple(others))


def _speaks_for(source: ClaimSource, actors: tuple[Party, ...], vocabulary: Vocabulary) -> bool:
    """Tell a person who speaks of what the body that he belongs to does ("Abadi said his government would not")."""
    member = vocabulary.actors.get(source.id or "")
    if member is None or member.kind != "person":
        return False
    bodies = {actor.id for actor in actors}
    body = member.member_of
    while body and body not in bodies:
        above = vocabulary.actors.get(body)
        body = above.member_of if above is not None else None
    return bool(body)
