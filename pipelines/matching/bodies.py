"""Bodies known by what is near: a council by its chairman, "it" by who spoke before, "both sides" by the crisis."""

from collections.abc import Mapping, Sequence
from typing import Final

from pipelines.matching.phrases import Phrase
from pipelines.matching.scanner import Mention
from pipelines.matching.tokens import Sentence
from schemas.vocabulary import Actor

_LED: Final = frozenset({"chaired", "headed", "led", "commanded"})
_TITLE_WORDS: Final = 5
"""Words that may stand between "led by" and a name ("led by the deputy prime minister X")."""
_SIDES: Final = frozenset({"side", "party", "camp", "government"})
_SPEECH_WITHIN: Final = 4
"""Tokens after "it" among which its verb stands."""
_IMPERSONAL: Final = frozenset(
    ["seem", "appear", "take", "turn", "emerge", "happen", "follow", "remain", "become", "matter", "mean", "rain",
     "look", "help", "need", "come", "fall", "depend", "cost", "make", "hurt", "snow", "sound", "feel"]
)  # fmt: skip
"""Verbs of an "it" that stands for nothing."""
_ARMED: Final = frozenset({"army", "force"})
_PAIRS: Final = frozenset({"both", "two", "each", "either", "neither"})
_OPPOSED: Final = frozenset({"federal", "iran"})


def leader(sentence: Sentence, phrase: Phrase) -> Mention | None:
    """Return who leads the body that a phrase names: "the council, chaired by X", "a delegation led by X"."""
    at = phrase.end
    if at < len(sentence) and sentence.tags[at] == "COMMA":
        at += 1
    if at + 1 >= len(sentence) or sentence.lows[at] not in _LED or sentence.lows[at + 1] != "by":
        return None
    for mention in sentence.mentions[at + 2 : at + 2 + _TITLE_WORDS]:
        if mention is not None and mention.actors:
            return mention
    return None


def does_something(sentence: Sentence, at: int) -> bool:
    """Tell the "it" that acts ("it has called on ...") from the one that stands for nothing ("it seems", "it was")."""
    for one in range(at + 1, min(len(sentence), at + _SPEECH_WITHIN)):
        tag = sentence.tags[one]
        if tag in {"VBD", "VBZ", "VBN", "VB", "VBG"}:
            return sentence.lemmas[one] not in _IMPERSONAL
        if tag not in {"HAVE", "MODAL", "ADV", "NEG", "DO"}:
            return tag == "BE" and sentence.tags[one + 1 : one + 2] == ["VBG"]
    return False


def counts_two(sentence: Sentence, phrase: Phrase) -> bool:
    """Tell a phrase for two ("the two big Kurdish parties"), whatever its last word names."""
    return not _PAIRS.isdisjoint(sentence.lows[phrase.start : phrase.head])


def both_sides(sentence: Sentence, phrase: Phrase, groups: Sequence[str], actors: Mapping[str, Actor]) -> list[str]:
    """Resolve "both sides", "each side" and "the two armies" to the last two groups that fit.

    Sides are the Kurdish one and the other; their governments speak for them unless both are forces.
    """
    noun = sentence.lemmas[phrase.head].rpartition(" ")[2].replace("parties", "party")
    if noun not in _SIDES | _ARMED or _PAIRS.isdisjoint(sentence.lows[phrase.start : phrase.head]):
        return []
    if noun == "party" and "kurdish" in " ".join(sentence.lows[phrase.start : phrase.head + 1]):
        # The vocabulary names the weightiest first.
        return [one.id for one in actors.values() if one.kind == "party" and one.side == "kurdish"][:2]
    latest = list(dict.fromkeys(reversed(groups)))
    if noun in _ARMED:
        by_side = {actors[name].side: name for name in reversed(latest) if actors[name].kind == "force"}
        return [name for name in latest if name in by_side.values()][:2][::-1]
    kurdish = next((one for one in latest if actors[one].side == "kurdish"), None)
    other = next((one for one in latest if actors[one].side in _OPPOSED), None)
    if kurdish is None or other is None:
        return []
    if actors[kurdish].kind == actors[other].kind:
        return [kurdish, other]
    return [_government(kurdish, actors), _government(other, actors)]


def _government(name: str, actors: Mapping[str, Actor]) -> str:
    """Climb from a force or parliament to the government it belongs to."""
    step = actors[name]
    while step.kind not in {"state", "party"} and step.member_of is not None and step.member_of in actors:
        step = actors[step.member_of]
    return step.id
