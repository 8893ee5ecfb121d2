"""Verbs that change what the words before them were taken for: insertions, inversions, objects that are subjects."""

from typing import TYPE_CHECKING, Final

from pipelines.matching.around import (
    PHRASE_TAGS,
    clause_opener,
    closes,
    coordinated_above,
    ends_sentence,
    introductory,
    is_cue_next,
    is_insertion,
)
from pipelines.matching.phrases import Clause, Phrase, VerbGroup, read_phrase

if TYPE_CHECKING:
    from pipelines.matching.parse import Parser


_FINITE: Final = frozenset({"VBD", "VBZ", "BE", "HAVE", "DO", "MODAL"})
_PERCEIVING: Final = frozenset(
    {"hear", "see", "learn", "know", "hold", "understand", "show", "continue", "agree", "ask"}
    | {"urge", "promise", "brief", "describe", "signal", "demand", "pledge"}
    | {"reject", "dismiss", "dispute", "blame", "accuse", "charge", "suspect", "refute", "rebut", "contradict"}
)
"""Cues that after a comma are more often a new clause than an aside."""


_SPEAKER: Final = 6
"""Tokens of a speaker before the "who" that describes him."""


def inserts(parser: "Parser", clause: Clause, verb: VerbGroup) -> bool:
    """Take an insertion before the verb of `clause` for an aside of its own.

    "X, Y said, left" looks like an apposition, "who, he said, left" like the subject of the relative clause, and
    "X, say officers, left" like the verb itself.
    """
    last, aside = parser.last, None
    if last is not None and last.holder is not None and is_insertion(parser.sentence, last, verb, parser.tables.cues):
        last.holder.apposed.remove(last)
        aside = parser.open_clause("aside", clause)
        aside.subjects = [last]
    elif clause.kind == "rel" and _is_inside_relative(parser, clause, verb):
        aside = parser.open_clause("aside", clause)
        aside.subjects = [clause.subjects.pop()]
        clause.subjects, clause.gapped = list(clause.antecedent), True
    elif clause.subjects and parser.comma and _speaker_follows(parser, verb):
        aside = parser.open_clause("aside", clause)
        aside.inverted = True
    if aside is None:
        return False
    parser.clause = aside
    return True


def trails(parser: "Parser", verb: VerbGroup) -> bool:
    """Take "..., X said." at the end of a sentence for an aside, whatever the words before it still wait for."""
    last, clause = parser.last, parser.clause
    if last is None or parser.conj or not _quotes(parser, verb):
        return False
    while last.holder is not None and last.prep is not None and last.prep != "@time":
        last = last.holder
    speaker = clause.antecedent if clause.kind == "rel" and clause.verb is not None else _speakers(parser, last)
    if not speaker or parser.sentence.tags[speaker[0].start - 1] not in {"COMMA", "QUOTE"} or not speaker[0].start:
        return False
    if not any(one.verb is not None for one in parser.clauses):
        return False
    if not ends_sentence(parser.sentence, verb.end):
        follows = parser.sentence.tags[verb.end : verb.end + 1]
        if not closes(parser.sentence, verb.end) or (PHRASE_TAGS.intersection(follows) and verb.lemma != "put"):
            return False
    for one in speaker:
        _take_back(parser, one)
    aside = parser.open_clause("aside", None)
    aside.subjects = list(speaker)
    parser.clause = aside
    return True


def _quotes(parser: "Parser", verb: VerbGroup) -> bool:
    """Tell the verbs that quote ("said", "put it") from those that only may have a clause ("heard", "held")."""
    if verb.lemma == "put":
        return parser.sentence.lows[verb.end : verb.end + 2] in (["it", ","], ["it", "."])
    if verb.lemma == "find":
        return verb.perfect
    return verb.lemma in parser.tables.cues and verb.lemma not in _PERCEIVING


def _speakers(parser: "Parser", last: Phrase) -> list[Phrase]:
    """Return the phrase that ends here with those before it that it is coordinated with."""
    objects, at = parser.clause.objects or parser.clause.subjects, -1
    if not objects or objects[-1] is not last:
        return [last] if last.holder is not None and last in last.holder.apposed else []
    while objects[at].coordinated and not objects[at].late and len(objects) > -at:
        at -= 1
    return objects[at:]


def _take_back(parser: "Parser", phrase: Phrase) -> None:
    for clause in parser.clauses:
        for slot in (clause.objects, clause.subjects):
            if phrase in slot and (clause.verb is not None or clause is not parser.clause or len(slot) > 1):
                slot.remove(phrase)
    if phrase.holder is not None and phrase in phrase.holder.apposed:
        phrase.holder.apposed.remove(phrase)


def _is_inside_relative(parser: "Parser", clause: Clause, verb: VerbGroup) -> bool:
    late = len(clause.subjects) == 1 and clause.subjects[0].late == "comma" and clause.subjects[0] is parser.last
    return late and verb.lemma in parser.tables.cues and parser.sentence.tags[verb.end : verb.end + 1] == ["COMMA"]


def _speaker_follows(parser: "Parser", verb: VerbGroup) -> bool:
    """Tell ", say officers who saw it, came" from ", say what they want": a name or noun stands after the cue at once,
    and a comma follows.
    """
    tags = parser.sentence.tags
    if verb.lemma not in parser.tables.cues or verb.end - verb.start > 1:
        return False
    if tags[verb.end : verb.end + 1] == ["PRON"] or not PHRASE_TAGS.intersection(tags[verb.end : verb.end + 1]):
        return False
    return closes(parser.sentence, verb.end + 1) or "WH" in tags[verb.end : verb.end + _SPEAKER]


def inverts(parser: "Parser", verb: VerbGroup) -> bool:
    """Take `..., said X` : the subject follows a verb of saying after a comma or a quotation mark."""
    tags = parser.sentence.tags
    if verb.lemma not in parser.tables.cues or not (parser.comma or parser.quote) or parser.conj:
        return False
    if verb.end == len(tags) or tags[verb.end] not in PHRASE_TAGS:
        return False
    behind = read_phrase(parser.sentence, verb.end).end
    if parser.last is not None and parser.comma and tags[behind : behind + 1] and tags[behind] in _FINITE:
        return False  # "X, the spokesman, said forces had left"
    clause = parser.open_clause("aside", None)
    clause.inverted = True
    parser.clause = clause
    return True


def steal(parser: "Parser", clause: Clause, phrase: Phrase) -> None:
    """Make the last object of `clause` the subject of the verb that has just come."""
    stolen = [phrase]
    clause.objects.pop()
    verb = clause.verb
    assert verb is not None
    while phrase.coordinated and clause.objects and clause.objects[-1].coordinated:
        stolen.insert(0, clause.objects.pop())
    if phrase.late == "comma" and len(stolen) == 1 and _explains_late(clause.objects, phrase):
        stolen.insert(0, clause.objects.pop())
        phrase = stolen[0]
    cues = parser.tables.cues
    waits = verb.lemma in cues and not any(child.kind == "comp" for child in clause.children)
    reported = waits and phrase.late == "comma" and not is_cue_next(parser.sentence, phrase, cues)
    after_break = bool(phrase.late) and not reported
    joined = parser.sentence.tags[stolen[0].start - 1] == "CONJ"
    aside = after_break and not joined and is_cue_next(parser.sentence, phrase, cues)
    kind = "aside" if aside else "coord" if after_break else "comp"
    fronted = _fronted(clause) if phrase.late == "comma" else None
    if fronted is not None and not reported:
        # "While X says that ..., Y left", "After X asked whether ..., Y said": the main clause begins.
        fronted.subjects = stolen
        parser.clause = fronted
        return
    new = parser.open_clause(kind, clause if kind == "comp" else None)
    new.subjects = stolen
    new.leader = clause.leader if kind != "comp" else None
    if kind == "coord" and clause.kind == "comp":
        new.kind, new.parent = "comp", clause.parent
    parser.clause = new


def _explains_late(objects: list[Phrase], phrase: Phrase) -> bool:
    """Tell whether a name only says who the subject before it is (", and the governor, X, forbade")."""
    return bool(objects) and objects[-1].late == "conj" and objects[-1].end == phrase.start - 1


def _fronted(clause: Clause) -> Clause | None:
    """Return the main clause that still waits for its subject behind the one that stands before it."""
    step: Clause | None = clause
    while step is not None and step.kind == "comp":
        step = step.parent
    waits = step is not None and step.kind == "sub" and introductory(step)
    return step.parent if waits and step is not None else None


def resumes(parser: "Parser") -> bool:
    """Take what a relative clause describes for the subject of the verb after its comma, where it had looked like one
    more object ("..., and X, who had fled, has").
    """
    waiting = coordinated_above(parser.clause) if parser.comma and not parser.conj else None
    if waiting is not None:
        steal(parser, *waiting)
    return waiting is not None


def steal_prep(parser: "Parser", clause: Clause, verb: VerbGroup) -> bool:
    """Turn "before X" into a clause when a finite verb follows X."""
    opener = clause_opener(parser.sentence, clause, verb)
    if opener is None:
        return False
    prep, group = opener
    clause.preps = [entry for entry in clause.preps if entry[1] not in group]
    new = parser.open_clause("sub", clause, prep)
    new.subjects = group
    for one in new.subjects:
        one.prep, one.holder = None, None
    parser.clause = new
    return True
