"""What the parser looks at before it decides: the next few tokens, and the clauses around the present one."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from pipelines.matching.participles import VERBS
from pipelines.matching.phrases import Clause, Phrase, VerbGroup, is_time
from pipelines.matching.tokens import Sentence

PHRASE_TAGS: Final = frozenset({"DET", "ADJ", "NOUN", "NAME", "NUM", "PRP$", "PRON"})
VERBAL_TAGS: Final = VERBS | {"BE", "HAVE", "DO", "MODAL"}
CLAUSE_PREPOSITIONS: Final = frozenset({"before", "after", "since", "until", "till", "as", "for", "like", "than"})
"""Prepositions that open a clause when a finite verb follows their noun."""
NON_FINITE: Final = frozenset({"inf", "part", "ger", "reduced"})
_DIRECTIONS: Final = ("north", "south", "east", "west", "close", "next")
_COMPASS: Final = ("north", "south", "east", "west")
_PARENTHESIS: Final = 12
"""Tokens of a parenthesis that is passed over ("(PUK)"): it explains, and hides what stands on both sides."""
_NEXT: Final = frozenset({"then", "later", "subsequently", "afterwards"})
"""Adverbs that go on with what the same subject did."""
_TELLING: Final = frozenset({"tell", "inform", "assure"})
"""Verbs of saying that take a listener before what is said."""


class Tables(NamedTuple):
    """Verbs that the parser knows by name.

    `cues` may have their subject after them; the object of `controls` does the infinitive below; `linked` are
    participles that say whose somebody is; `phrasal` are verbs with the particles after which their object may stand.
    """

    cues: frozenset[str]
    controls: frozenset[str]
    linked: frozenset[str]
    phrasal: Mapping[str, frozenset[str]]


def parenthesis(sentence: Sentence, at: int) -> int:
    """Return the token after a short parenthesis, 0 when it does not close soon."""
    lows = sentence.lows
    for ahead in range(at + 1, min(len(lows), at + _PARENTHESIS)):
        if lows[ahead] == ")":
            return ahead + 1
    return 0


def verb_follows(sentence: Sentence, at: int) -> bool:
    """Tell whether a participle comes next."""
    return at + 1 < len(sentence) and sentence.tags[at + 1] in {"VBG", "VBN"}


def list_goes_on(sentence: Sentence, at: int) -> bool:
    """Tell a list ("A, B and C") from an apposition: a conjunction follows within a few tokens."""
    tags, lows = sentence.tags, sentence.lows
    for ahead in range(at, min(len(tags), at + 12)):
        if tags[ahead] == "CONJ":
            return lows[ahead] in {"and", "or", "&"}
        if tags[ahead] not in PHRASE_TAGS and tags[ahead] != "POSS" and lows[ahead] not in {",", "of"}:
            return False
    return False


def finite_next(sentence: Sentence, at: int) -> bool:
    """Tell whether the phrase that ends at `at` is followed by its own finite verb."""
    tags = sentence.tags
    for ahead in range(at, min(len(tags), at + 10)):
        tag = tags[ahead]
        if tag in {"VBD", "VBZ", "MODAL", "BE", "HAVE", "DO", "VB"}:
            return tags[ahead - 1] != "TO"
        if tag not in PHRASE_TAGS and tag not in {"PREP", "ADV", "POSS", "NEG", "FIX", "TO", "CONJ"}:
            return False
    return False


def _at_verb(sentence: Sentence, phrase: Phrase) -> int:
    at = phrase.end
    while at < len(sentence) - 1 and sentence.tags[at] not in VERBAL_TAGS:
        at += 1
    return at


def is_cue_next(sentence: Sentence, phrase: Phrase, cues: frozenset[str]) -> bool:
    """Tell whether "X said" is an aside: nothing but an end, an adverb or a time follows the verb."""
    at = _at_verb(sentence, phrase)
    if sentence.lemmas[at] not in cues:
        return False
    after = sentence.tags[at + 1] if at + 1 < len(sentence) else "END"
    if sentence.lemmas[at] in _TELLING:
        return True
    return after in {"COMMA", "PUNCT", "END", "QUOTE", "PREP", "ADV", "NAME", "BREAK"}


def controller(parent: Clause) -> list[Phrase] | None:
    """Return the object that does the infinitive below, also after "on" ("called on X to")."""
    if parent.objects:
        return parent.objects[:1] + [phrase for phrase in parent.objects[1:] if phrase.coordinated]
    for prep, phrase in parent.preps:
        if prep in {"on", "upon", "to", "for", "with"}:
            return [phrase]
    return None


def verbal_ancestor(clause: Clause) -> Clause:
    """Climb from a clause that waits for its verb to the one that an infinitive can hang on."""
    while (
        clause.verb is None and clause.parent is not None and clause.kind not in {"sub", "rel"} and not clause.subjects
    ):
        clause = clause.parent
    return clause


def introductory(clause: Clause) -> bool:
    """Tell whether a clause stands before the subject of its parent, so that a comma ends it."""
    parent = clause.parent
    return parent is not None and parent.verb is None and not parent.subjects and clause.kind != "comp"


def stealable(clause: Clause) -> Phrase | None:
    """Return the last object: the subject of a finite verb that comes next."""
    return clause.objects[-1] if clause.objects else None


def enumerates(sentence: Sentence, clause: Clause, verb: VerbGroup) -> bool:
    """Tell the next predicate of the same subject ("army takes city, lowers flag"): its verb follows the comma at once.

    In a headline that is enough; elsewhere "then" must begin it or "and" end the list.
    """
    first = clause.verb
    if first is not None and sentence.lows[verb.start - 1] in _NEXT and sentence.tags[verb.start - 2] == "COMMA":
        return verb.form == first.form
    if first is None or first.form != verb.form or sentence.tags[verb.start - 1] != "COMMA":
        return False
    return verb.form in {"VB", "VBZ"} if sentence.title else verb.form == "VBD" and _series(sentence, verb)


def _series(sentence: Sentence, verb: VerbGroup) -> bool:
    """Tell whether "and" and another past tense end the list ("broke in, beat the guard and left")."""
    tags = sentence.tags
    for at in range(verb.end, len(tags) - 1):
        if tags[at] in {"BREAK", "PUNCT", "SUB", "QUOTE"}:
            return False
        if tags[at] == "CONJ" and tags[at + 1] in {"VBD", "HAVE"}:
            return True
    return False


def finite_above(clause: Clause) -> Clause:
    """Return the clause itself, or the one above an infinitive in which a new predicate is not awaited."""
    above = clause.parent
    if clause.kind != "inf" or clause.verb is None or above is None:
        return clause
    return above if above.kind in {"main", "coord", "comp"} else clause


def coordinated_above(clause: Clause) -> tuple[Clause, Phrase] | None:
    """Return what a relative clause describes, with its clause, where it waits for a verb of its own: the X of
    "..., and X, who had fled, has" looked like one more object.
    """
    above = clause.parent
    if clause.kind != "rel" or clause.verb is None or above is None or above.verb is None or not above.objects:
        return None
    last = above.objects[-1]
    return (above, last) if last.late == "conj" and clause.antecedent[-1:] == [last] else None


def perfect_above(clause: Clause, *, transitive: bool) -> Clause | None:
    """Return the clause whose "has" a participle after "and" goes on with ("has left as he fell, and taken it"). One
    with an object (`transitive`) is no second description: "has closed the road leading east, and sent tanks".
    """
    step: Clause | None = clause
    while step is not None:
        if step.verb is not None and step.verb.perfect and not step.verb.passive:
            return step
        step = step.parent if step.kind in {"sub", "rel"} or (transitive and step.kind == "reduced") else None
    return None


def purpose(sentence: Sentence, at: int) -> str:
    """Return the mark of the infinitive that "to" opens: "in order to", which only says what for, or "to"."""
    return "in order to" if sentence.lows[at - 2 : at] in (["in", "order"], ["so", "as"]) else "to"


def asking_above(clause: Clause, tables: Tables) -> Clause:
    """Return the clause of "asked X" that an infinitive behind ", who had come," belongs to; without one `clause`."""
    above = clause.parent
    described = clause.kind == "rel" or (clause.kind == "sub" and clause.mark in {"which", "whom", "whose"})
    if not described or clause.verb is None or above is None or above.verb is None or not above.undergoers():
        return clause
    asks = above.verb.lemma in tables.controls and not any(child.kind == "inf" for child in above.children)
    return above if asks and clause.verb.lemma not in tables.controls else clause


def resumed(clause: Clause, sentence: Sentence, verb: VerbGroup) -> Clause:
    """Return the clause that ", then" goes on with: behind what somebody said the one who said it may act."""
    above = clause.parent
    if clause.kind != "comp" or clause.verb is None or above is None or above.verb is None:
        return clause
    opens = sentence.lows[verb.start - 1] in _NEXT and sentence.tags[verb.start - 2] == "COMMA"
    return above if opens and clause.verb.form != verb.form == above.verb.form else clause


def dated(sentence: Sentence, phrase: Phrase) -> Phrase:
    """Return what a participle describes: not the day before it ("an order on Tuesday allowing ...")."""
    while phrase.holder is not None and is_time(sentence, phrase):
        phrase = phrase.holder
    return phrase


def prep_is_later(clause: Clause, stolen: Phrase) -> bool:
    """Tell whether "before X" comes after the last object, so that X is the better subject."""
    if not clause.preps or clause.preps[-1][1].start < stolen.start:
        return False
    prep, phrase = clause.preps[-1]
    return prep in CLAUSE_PREPOSITIONS or (phrase.holder is not None and phrase.holder.prep in CLAUSE_PREPOSITIONS)


def open_above(clause: Clause) -> Clause | None:
    """Return the nearest enclosing clause that has a subject and waits for its verb."""
    above = clause.parent
    while above is not None and above.verb is not None:
        above = above.parent
    return above if above is not None and above.subjects else None


def opens_infinitive(sentence: Sentence, at: int) -> bool:
    """Tell "to leave" from "to the city"; adverbs may stand between."""
    tags = sentence.tags
    ahead = at + 1
    while ahead < len(tags) and tags[ahead] in {"ADV", "NEG"}:
        ahead += 1
    return ahead < len(tags) and tags[ahead] in {"VB", "BE", "HAVE", "DO"}


def clause_opener(sentence: Sentence, clause: Clause, verb: VerbGroup) -> tuple[str, list[Phrase]] | None:
    """Return the last "before X (and Y)" of a clause, where a finite verb now makes it a clause of its own."""
    if not clause.preps:
        return None
    prep, phrase = clause.preps[-1]
    headline = prep == "as" and phrase.end == verb.start
    if clause.verb is None and clause.subjects and not headline:
        return None
    if prep in {"for", "since", "until", "till"} and is_time(sentence, phrase):
        return None
    if prep not in CLAUSE_PREPOSITIONS:
        holder = phrase.holder
        if holder is None or holder.prep is None or holder.prep not in CLAUSE_PREPOSITIONS:
            return None
        phrase, prep = holder, holder.prep
    group = [other for name, other in clause.preps if name == prep and (other is phrase or other.coordinated)]
    return prep, group or [phrase]


def is_insertion(sentence: Sentence, last: Phrase, verb: VerbGroup, cues: frozenset[str]) -> bool:
    """Tell "X, Y said, left" from an apposition: a verb of saying follows Y, and a comma that verb."""
    apposed = last.holder is not None and last in last.holder.apposed
    return apposed and verb.lemma in cues and closes(sentence, verb.end)


def closes(sentence: Sentence, at: int) -> bool:
    """Tell whether a comma comes before any other verb ("X, Y said on Monday, left")."""
    for ahead in range(at, min(len(sentence), at + _PARENTHESIS)):
        tag = sentence.tags[ahead]
        if tag == "COMMA":
            return True
        if tag in VERBAL_TAGS or tag in {"SUB", "WH", "BREAK", "PUNCT"}:
            return False
    return False


def _reporting_above(clause: Clause, cues: frozenset[str]) -> Clause:
    """Climb from what somebody said to the saying: "told them that the vote was void and urged X" goes on with that."""
    parent = clause.parent
    if clause.kind == "comp" and clause.verb is not None and parent is not None and parent.verb is not None:
        return parent if parent.verb.lemma in cues and clause.verb.lemma not in cues else clause
    return clause


def ends_sentence(sentence: Sentence, at: int) -> bool:
    """Tell whether no finite verb comes after token `at`."""
    for ahead in range(at, len(sentence)):
        if sentence.lows[ahead] == ";":
            return True
        tag = sentence.tags[ahead]
        if tag in {"VBD", "VBZ", "MODAL", "HAVE", "DO", "SUB"} or (tag == "BE" and sentence.tags[ahead - 1] != "TO"):
            return False
    return True


def near(prep: str) -> str:
    """Read "south of", "close to" and "next to" as "near"."""
    if prep.startswith("in the "):
        return "towards" if "direction" in prep else "near"
    return "near" if prep.endswith((" of", " to")) and prep.startswith(_DIRECTIONS) else prep


def is_bearing(sentence: Sentence, phrase: Phrase) -> bool:
    """Tell whether a place only says where another one lies ("Taza, south of Kirkuk")."""
    before = sentence.lemmas[phrase.start - 2] if phrase.start > 1 else ""
    return sentence.lows[phrase.start - 1] == "of" and before.startswith(_COMPASS)


def finite_ancestor(clause: Clause, tables: Tables, verb: VerbGroup, *, climb: bool) -> Clause:
    """Climb out of infinitives and participles, unless the last object there can be the new verb's subject.

    After a conjunction (`climb`) it can't, and not where a verb of saying waits for what was said: "said the plan to
    seize the base failed".
    """
    while clause.kind in NON_FINITE and clause.verb is not None and clause.parent is not None:
        if (
            not climb
            and stealable(clause) is not None
            and not open_above(clause)
            and not _awaits(clause.parent, tables)
        ):
            break
        clause = clause.parent
    return _reporting_above(clause, tables.cues) if climb and verb.lemma in tables.cues else clause


def _awaits(clause: Clause, tables: Tables) -> bool:
    verb = clause.verb
    reporting = verb is not None and verb.finite and verb.lemma in tables.cues - tables.controls - _TELLING
    return reporting and len(clause.objects) == 1 and not any(child.kind == "comp" for child in clause.children)
