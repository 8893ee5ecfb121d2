"""Past tense or participle: "the militia seized the base" and "the base seized by the militia" look the same."""

from typing import Final

from pipelines.matching.neighbours import NOMINAL, following, is_date, previous
from pipelines.matching.tokens import Sentence

VERBS: Final = frozenset({"VB", "VBZ", "VBD", "VBN", "VBG"})
LOOKAHEAD: Final = 24
"""Tokens searched for the finite verb that makes a participle a reduced relative."""
QUANTITIES: Final = frozenset({"all", "some", "many", "several", "those", "most", "few", "both"})
_FINITE: Final = frozenset({"VBZ", "VBD", "MODAL", "BE", "HAVE", "DO"})
_SUBLIKE: Final = frozenset({"after", "before", "since", "until", "as", "when", "while"})
_OPENS_CLAUSE: Final = frozenset({"after", "before", "since", "until", "till", "as", "for", "than", "like"})
"""Words between a finite verb and a noun after which the noun may have a finite verb of its own."""
COPULAS: Final = frozenset({"remain", "stay", "seem", "appear", "become", "feel", "look"})
_MAKING: Final = frozenset({"make", "leave", "keep", "find", "hold"})
"""Verbs with a predicate: "a proposal made public" is as short as "a base seized in May"."""
_SAYING: Final = frozenset(["say", "tell", "explain", "add", "insist", "argue", "stress", "recall", "remark", "reply",
                            "respond", "complain", "conclude", "warn", "claim"])  # fmt: skip
"""Verbs that after somebody's name are hardly ever passive."""
_WITH_OBJECT: Final = frozenset({"tell", "inform", "ask", "urge", "warn", "brief", "hold", "quote", "cite", "describe"})
"""Verbs of saying and thinking whose noun is an object: "told the crowd gathered there"."""
_NAMING: Final = frozenset({"use", "know", "describe", "see", "regard", "serve"})
"""Verbs with "as": "a mosque used as a base" opens no clause."""
_HELD: Final = frozenset({"say", "believe", "think", "know", "suspect", "allege", "report", "understand", "rumour"})
"""Verbs whose participle tells with "to" what is held of somebody ("men believed to be armed")."""
_MEANS: Final = frozenset(
    ["telephone", "phone", "letter", "email", "force", "car", "air", "land", "sea", "hand", "night", "day", "noon",
     "midnight", "dawn", "mistake", "then", "now", "train", "road", "video", "name"]
)  # fmt: skip
"""What follows "by" without being somebody."""
_FEELINGS: Final = frozenset(["concern", "worri", "alarm", "disappoint", "pleas", "surpris", "determin", "delight"])
"""Stems of participles for what one is, so that what follows "and" is no passive ("was concerned and called on X")."""
_STOPS: Final = frozenset({"SUB", "WH", "BREAK", "QUOTE", "CONJ", "PUNCT"})
_OBJECTS: Final = frozenset({"DET", "PRP$", "NAME", "PRON", "NUM", "NOUN", "ADJ"})


def past(sentence: Sentence, at: int, forms: set[str], cues: frozenset[str]) -> str:
    """Tag a form that can be past tense or participle, from what stands around it."""
    tags = sentence.tags
    before, after = previous(tags, at), following(tags, at)
    tense = "VBD" if "VBD" in forms else "VBN"
    if before < 0:
        return "VBN" if "VBN" in forms and not sentence.title else tense
    tag_before = tags[before]
    if "VBN" in forms and (sentence.lemmas[before] in COPULAS or (tag_before in VERBS and after == "NOUN")):
        return "ADJ"
    if tag_before in {"HAVE", "BE"} or sentence.lemmas[before] == "get":
        return "VBN" if "VBN" in forms else tense
    if tag_before in {"DET", "ADJ", "PRP$", "NUM", "POSS", "PREP"} and "VBN" in forms:
        described = "VBN" if tag_before == "PREP" or _is_counted(tags, before) else tense
        return "ADJ" if after in {"NOUN", "NAME", "ADJ", "V?"} else described
    if tag_before in {"MODAL", "DO", "TO"} and "VB" in forms:
        return "VB"
    if tag_before == "DET" and after == "PREP" and "VBN" in forms and sentence.lows[before] in QUANTITIES:
        return "VBN"
    if tag_before == "COMMA" and "VBD" in forms:
        return _after_comma(sentence, at, forms)
    if tag_before == "CONJ":
        return _parallel(sentence, at, before, forms, tense)
    if tag_before in NOMINAL and "VBN" in forms and "VBD" in forms:
        describes = _reduced(sentence, at, after) or _served(sentence, at, after, cues)
        return "VBN" if describes or _kept(sentence, at) or _dated_object(sentence, at, cues) else tense
    return tense


def _by_somebody(sentence: Sentence, at: int) -> bool:
    """Tell the "by" of whoever does it from "by telephone" and "by noon"."""
    following_two = sentence.lows[at + 1 : at + 3]
    return following_two[:1] == ["by"] and _MEANS.isdisjoint(following_two[1:])


def _is_counted(tags: list[str], at: int) -> bool:
    """Tell whether a number goes on with a passive ("five were killed and 23 wounded")."""
    return tags[at] == "NUM" and tags[at - 1 : at] == ["CONJ"] and {"BE", "VBN"}.issubset(tags[:at])


def surely_finite(sentence: Sentence, at: int) -> bool:
    """Tell a past tense from forms that may be nouns."""
    low = sentence.lows[at]
    return not low.endswith(("ing", "s")) and low != sentence.lemmas[at]


def _after_comma(sentence: Sentence, at: int, forms: set[str]) -> str:
    """Tell the insertion ("X, suspected by Y, has") from the verb that an insertion has kept waiting."""
    if "VBN" not in forms:
        return "VBD"
    beside = min(at + 1, len(sentence) - 1)
    by_somebody = _by_somebody(sentence, at)
    if sentence.tags[beside] in {"NOUN", "NAME", "PRP$"} or sentence.lows[beside] in {"the", "a", "an", "that"}:
        return "ADJ" if _describes_subject(sentence, beside) else "VBD"
    return "VBN" if by_somebody or _inserted(sentence, at) else "VBD"


def _describes_subject(sentence: Sentence, at: int) -> bool:
    """Tell ", masked men stabbed him" from ", expressed concern": the noun has a verb of its own."""
    while at < len(sentence) - 1 and sentence.tags[at] == "NOUN":
        at += 1
    tag = sentence.tags[at]
    return tag in _FINITE or (tag == "V?" and sentence.tags[at - 1] == "NOUN" and surely_finite(sentence, at))


def _parallel(sentence: Sentence, at: int, before: int, forms: set[str], tense: str) -> str:
    """After "and": the form of the last verb before, but what has an object of its own is no passive."""
    tags = sentence.tags
    for back in range(before - 1, max(-1, before - LOOKAHEAD), -1):
        if tags[back] == "VB" and "VB" in forms:
            return "VB"
        if tags[back] in {"VBD", "VBN", "VBZ"}:
            felt = tags[back] == "VBN" and _stem(sentence.lows[back]) in _FEELINGS
            wanted = "VBD" if tags[back] == "VBZ" or felt else tags[back]
            has_object = at + 1 < len(tags) and (tags[at + 1] in _OBJECTS or sentence.lows[at + 1] == "that")
            if wanted == "VBN" and has_object and not _perfect(sentence, back):
                wanted = "VBD"
            return wanted if wanted in forms else tense
    return tense


def _stem(low: str) -> str:
    """Return a participle without its ending."""
    return low.removesuffix("ed")


def _perfect(sentence: Sentence, at: int) -> bool:
    """Tell "had looted" from "was looted", also through a list of participles."""
    for back in range(at - 1, max(-1, at - LOOKAHEAD), -1):
        tag = sentence.tags[back]
        if tag in {"HAVE", "BE"}:
            return tag == "HAVE"
        if tag in _STOPS - {"CONJ"}:
            return False
    return False


def _reduced(sentence: Sentence, at: int, after: str) -> bool:
    """Tell whether a participle right after a noun only describes it: the clause's own finite verb is still to come."""
    tags = sentence.tags
    if sentence.lemmas[at] in _SAYING and after != "TO":
        return False
    predicate = after == "ADJ" and sentence.lemmas[at] in _MAKING
    if not (predicate or after in {"PREP", "TO", "COMMA"}) or _opens_clause(sentence, at + 1):
        return False
    if _closes_relative(tags, at) or _of_object_relative(sentence, at):
        return False
    for ahead in range(at + 1, min(len(tags), at + LOOKAHEAD)):
        tagged = tags[ahead]
        if tagged in _STOPS or (ahead > at + 1 and _opens_clause(sentence, ahead)):
            return False
        if tagged == "COMMA":
            return after != "COMMA" and ahead + 1 < len(tags) and _waited(sentence, at, ahead + 1)
        if tagged in {"MODAL", "BE", "HAVE", "DO"} and tags[ahead - 1] != "TO":
            return tags[ahead - 1] != "PRON"
        if tagged == "V?" and tags[ahead - 1] in {"NOUN", "NAME", "ADV"} and surely_finite(sentence, ahead):
            return True
    return False


def _waited(sentence: Sentence, at: int, beside: int) -> bool:
    """Tell whether behind its comma comes what a description has kept waiting: the finite verb, or the subject."""
    tags = sentence.tags
    if tags[beside] in _OBJECTS and _in_setting(sentence, at):
        return True
    return tags[beside] in _FINITE or (tags[beside] == "V?" and surely_finite(sentence, beside))


def _in_setting(sentence: Sentence, at: int) -> bool:
    """Tell whether the noun before stands in what opens the sentence ("Under a deal reached in May, X will ...")."""
    tags, back = sentence.tags, at - 1
    while back > 0 and tags[back] in _OBJECTS:
        if tags[back] == "NAME" and tags[back + 1] == "NOUN":
            return False
        back -= 1
    opens = tags[0] == "PREP" and tags[back] == "PREP"
    return opens and VERBS.isdisjoint(tags[:at]) and not any(tag in _FINITE or tag == "COMMA" for tag in tags[:at])


def _kept(sentence: Sentence, at: int) -> bool:
    """Tell the predicate of what is kept or found so ("keeps the skies shut", "found the posts abandoned")."""
    back = at - 1
    while back > 0 and sentence.tags[back] in _OBJECTS - {"PRON"}:
        back -= 1
    return back < at - 1 and sentence.tags[back] in VERBS and sentence.lemmas[back] in {"keep", "find"}


def _dated_object(sentence: Sentence, at: int, cues: frozenset[str]) -> bool:
    """Tell "went back on a draft accepted last week" from a new clause: the noun is the object of a preposition, the
    clause has its verb, and only a time follows.
    """
    tags, lows, back = sentence.tags, sentence.lows, at - 1
    if sentence.lemmas[at] in cues - {"agree"} or lows[at + 1 : at + 2] not in (
        ["last"],
        ["weeks"],
        ["days"],
        ["earlier"],
    ):
        return False
    while back > 0 and tags[back] in {"ADJ", "NOUN"}:
        back -= 1
    hangs = tags[back] == "DET" and tags[back - 1] == "PREP" and lows[back - 1] not in _SUBLIKE - {"as"}
    return hangs and any(tag in _FINITE for tag in tags[: back - 1])


def _opens_clause(sentence: Sentence, at: int) -> bool:
    """Tell the "before" of "before they left" from that of "before June"."""
    if at >= len(sentence) or sentence.lows[at] not in _SUBLIKE:
        return False
    beside = min(at + 1, len(sentence) - 1)
    return not (sentence.tags[beside] == "NUM" or is_date(sentence.lows[beside]))


def _served(sentence: Sentence, at: int, after: str, cues: frozenset[str]) -> bool:
    """Tell whether the clause has its finite verb already ("told the crowd gathered on the field")."""
    tags, lows = sentence.tags, sentence.lows
    by_somebody = _by_somebody(sentence, at)
    told_of = sentence.lows[at + 1 : at + 2] == ["of"] or (after == "TO" and sentence.lemmas[at] in _HELD)
    if (sentence.lemmas[at] in cues and not (by_somebody or told_of)) or _closes_relative(tags, at):
        return False
    beside = lows[at + 1] if at + 1 < len(tags) else ""
    if after not in {"PREP", "TO", "END", "COMMA", "PUNCT"} or (
        _opens_clause(sentence, at + 1) and (beside != "as" or sentence.lemmas[at] not in _NAMING)
    ):
        return False
    for back in range(at - 1, max(-1, at - LOOKAHEAD), -1):
        tag = tags[back]
        if tag in {"VBD", "VBZ", "MODAL", "BE", "DO"} or (tag == "HAVE" and tags[back + 1 : back + 2] != ["VBN"]):
            return by_somebody or sentence.lemmas[back] not in cues - _WITH_OBJECT
        if tag == "VBN" and tags[back - 1] in {"HAVE", "BE"}:
            return by_somebody or sentence.lemmas[back] not in cues - _WITH_OBJECT
        if tag == "COMMA" and sentence.lemmas[back + 1] == "according to":
            return True
        if tag in _STOPS or tag == "COMMA" or lows[back] in _OPENS_CLAUSE:
            return by_somebody and tag not in {"SUB", "WH"}
    return False


def _of_object_relative(sentence: Sentence, at: int) -> bool:
    """Tell the verb of "the warrant, which X's office laughed off," that has its subject after the relative word."""
    tags = sentence.tags
    for back in range(at - 1, max(-1, at - LOOKAHEAD), -1):
        tag = tags[back]
        if tag == "WH":
            return back < at - 1 and sentence.lows[back] not in {"whose", "what"}
        if tag in VERBS or tag in _FINITE or tag in {"COMMA", "BREAK", "SUB", "PUNCT"}:
            return False
    return False


def _closes_relative(tags: list[str], at: int) -> bool:
    """Tell whether a relative clause ends here that has its verb, while what it describes waits ("those who fled X |
    returned").
    """
    wait = next((back for back in range(at - 1, -1, -1) if tags[back] in {"WH", "SUB", "COMMA", "QUOTE", "BREAK"}), -1)
    if wait < 1 or tags[wait] != "WH" or not VERBS.isdisjoint(tags[:wait]) or tags[wait - 1] not in NOMINAL:
        return False
    return any(tagged in VERBS for tagged in tags[wait + 1 : at])


def _inserted(sentence: Sentence, at: int) -> bool:
    """Tell whether ", suspected by X, has" is an insertion: its comma closes before the clause's finite verb."""
    tags = sentence.tags
    for ahead in range(at + 1, min(len(tags) - 1, at + LOOKAHEAD)):
        if tags[ahead] == "COMMA":
            after = tags[ahead + 1]
            return after in {"MODAL", "BE", "HAVE", "DO"} or (
                after == "V?"
                and tags[at - 2] in NOMINAL
                and (surely_finite(sentence, ahead + 1) or _is_present(sentence, ahead + 1))
            )
        if tags[ahead] in {"BREAK", "PUNCT", "QUOTE", "CONJ"}:
            return False
    return False


def _is_present(sentence: Sentence, at: int) -> bool:
    """Tell the verb in "-s" that an insertion has kept waiting ("a statement, issued today, reads: ...")."""
    return sentence.lows[at].endswith("s") and sentence.tags[at + 1 : at + 2] in (
        ["BREAK"],
        ["QUOTE"],
        ["SUB"],
        ["DET"],
    )
