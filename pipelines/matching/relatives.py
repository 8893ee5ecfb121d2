"""What relative clauses and participles describe: "leaders in X who", "several of whom", "A and B, which"."""

from typing import TYPE_CHECKING, Final

from pipelines.matching.phrases import Phrase

if TYPE_CHECKING:
    from pipelines.matching.parse import Parser

_QUANTITIES: Final = frozenset({"DET", "NUM", "PRON"})


def described_by(parser: "Parser", low: str) -> list[Phrase]:
    """Return what a relative word refers to: "who" is nobody's town ("leaders in Erbil who ...")."""
    last = parser.last
    if last is not None and last.holder is not None and low in {"who", "whom"}:
        named = parser.sentence.mentions[last.head]
        if named is not None and named.places and not named.actors:
            return [last.holder]
    described = group(parser, last)
    clause = parser.clause
    if parser.comma and clause.kind == "inf" and clause.parent is not None and low == "which":
        # "an offer to patrol the area, which X dismissed": the offer is meant as likely as the area.
        described = [*described, *clause.parent.objects[-1:]]
    return described


def counted(parser: "Parser") -> list[Phrase] | None:
    """Return of whom "several of whom" tells, and forget the "several"; None where it isn't a mere quantity."""
    last = parser.last
    if last is None or not _QUANTITIES.issuperset(parser.sentence.tags[last.start : last.end]):
        return None
    if last.holder is not None and last in last.holder.apposed:
        last.holder.apposed.remove(last)
        return [last.holder]
    if parser.slot and parser.slot[-1] is last and len(parser.slot) > 1:
        parser.slot.pop()
        return group(parser, parser.slot[-1])
    return None


def group(parser: "Parser", phrase: Phrase | None) -> list[Phrase]:
    """Return the phrase with those that it is coordinated with."""
    if phrase is None:
        return []
    if parser.slot and phrase in parser.slot[-3:]:
        return [*parser.slot] if phrase.coordinated else [phrase]
    if parser.sentence.lows[phrase.head] == "those":
        return [phrase]
    return [phrase.holder] if phrase.holder is not None and phrase.prep == "of" and not phrase.strong else [phrase]
