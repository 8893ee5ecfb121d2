"""Word classes by look-up and local context: just enough grammar to tell a verb's subject from its object.

Two passes over a sentence. The first takes what the word lists say; the second decides between noun and verb, and
between past tense and participle, from the neighbours. Tags follow the Penn treebank where it has one.
"""

import re
from typing import Final

from pipelines.matching.endings import auxiliary, by_ending, mark
from pipelines.matching.grammar import Grammar
from pipelines.matching.neighbours import (
    OBJECT_PARTS,
    are_two,
    following,
    is_let,
    is_object,
    is_plural,
    pairs_gerund,
    previous,
)
from pipelines.matching.participles import COPULAS, LOOKAHEAD, QUANTITIES, VERBS, past, surely_finite
from pipelines.matching.saying import saying
from pipelines.matching.second_uses import bridge_dates, reconsider
from pipelines.matching.tokens import Sentence

_MOST_KEPT: Final = 20_000
"""Words whose first guess is kept at hand."""
_OPENS_NOUN: Final = frozenset({"NAME", "NOUN", "ADJ", "NUM"})
"""What a noun phrase goes on with: elsewhere none has to be ended, but behind the time of a live blog's entry."""
_YEAR: Final = 4
"""Digits of a year."""
_BEFORE_NOUN: Final = frozenset({"DET", "ADJ", "PRP$", "NUM", "POSS", "PREP"})
_OPENS_OBJECT: Final = frozenset(
    {"DET", "NAME", "PRON", "PREP", "TO", "ADJ", "PRP$", "NUM", "SUB", "WH", "QUOTE", "ADV", "NEG"}
)
_ENDS: Final = frozenset({"END", "COMMA", "PUNCT", "CONJ"})
_ACTIVITIES: Final = frozenset({"training", "shelling", "bombing", "pumping", "looting", "burning", "killing"})
"""Activities that with "of" are nouns ("halts training of recruits"); "accused of taking" shows why not all are."""
_SETTING: Final = 2
"""Tokens of "in X" before the subject."""
_DESCRIBED: Final = frozenset({"NOUN", "NAME", "ADJ", "V?", "VBG"})
"""What follows a participle that only describes it ("the wounded men")."""
_OBJECTS: Final = frozenset({"him", "them", "us", "me"})
"""Pronouns that nothing but a verb or a preposition can stand before."""
_FLOATING: Final = frozenset({"all", "both", "each"})
"""Quantifiers that may stand with the verb ("they had all pressed for it")."""
_PARTS_OF_DAY: Final = frozenset(
    {"morning", "evening", "afternoon", "night", "noon", "dawn", "midnight", "dusk", "nightfall", "sunset", "daybreak"}
)
_CLOSED: Final = frozenset({"ADJ", "ADV", "POSS", "PREP", "PRON", "WH", "MODAL"})
_CROWDS: Final = frozenset({"thousands", "hundreds", "dozens", "tens", "scores", "millions"})
_CLOCK: Final = re.compile(r"\d\d?[.:]\d\d")
_NUMBER: Final = re.compile(r"\d")


def tag(sentence: Sentence, grammar: Grammar) -> None:
    """Fill tags and lemmas of `sentence`."""
    _look_up(sentence, grammar)
    _join_multiwords(sentence, grammar)
    bridge_dates(sentence, grammar)
    _decide(sentence, grammar)
    _part(sentence, grammar)


def _part(sentence: Sentence, grammar: Grammar) -> None:
    """Mark names before which a noun phrase ends: "in a speech | Barzani", but not "party leader Barzani"."""
    tags = sentence.tags
    for at in range(1, len(tags)):
        if at > 1 and tags[at] not in _OPENS_NOUN and tags[at - 1] != "NUM":
            continue
        if (
            (tags[at] == "NAME" and tags[at - 1] == "NOUN" and sentence.lemmas[at - 1] not in grammar.titles)
            or (tags[at] == "NUM" and tags[at - 1] in {"NOUN", "NAME"} and sentence.lows[at - 1] not in grammar.months)
            or (tags[at - 1] == "NUM" and ":" in sentence.lows[at - 1] and sentence.lows[at][1:2] != ".")
            or (at == 1 and _CLOCK.fullmatch(sentence.lows[0]))
            or _ends_setting(sentence, at)
            or _ends_day(sentence, grammar, at)
            or _ends_date(sentence, grammar, at)
            or _ends_hour(sentence, at)
        ):
            sentence.breaks.add(at)


def _ends_day(sentence: Sentence, grammar: Grammar, at: int) -> bool:
    """Tell whether the subject follows a day without a comma ("on Monday Iraqi forces took the base")."""
    if sentence.lows[at - 1] not in grammar.weekdays or sentence.tags[at] not in {"NAME", "NOUN", "ADJ"}:
        return False
    return sentence.lows[at] not in _PARTS_OF_DAY


def _ends_date(sentence: Sentence, grammar: Grammar, at: int) -> bool:
    """Tell whether the subject follows a date without a comma ("On May 5 two men", "In 2014 militants")."""
    tags, lows = sentence.tags, sentence.lows
    if at < 2 or tags[at - 1] != "NUM" or tags[at] not in {"NAME", "NOUN", "ADJ", "NUM"}:
        return False
    year = tags[at - 2] == "PREP" and lows[at - 1].isdigit() and len(lows[at - 1]) == _YEAR
    return year or (lows[at - 2] in grammar.months and lows[at - 1].isdigit())


def _ends_hour(sentence: Sentence, at: int) -> bool:
    """Tell whether the subject follows a part of the day ("By midnight police had closed the road")."""
    if at != _SETTING or sentence.tags[0] != "PREP" or sentence.lows[1] not in _PARTS_OF_DAY:
        return False
    return sentence.tags[at] in {"NAME", "NOUN", "ADJ"}


def _ends_setting(sentence: Sentence, at: int) -> bool:
    """Tell whether a sentence has opened with "in X" and goes on with its subject ("In Erbil teachers marched")."""
    mention = sentence.mentions[at - 1]
    if at < _SETTING or sentence.tags[at - 2] != "PREP" or mention is None or not mention.places:
        return False
    if at > _SETTING and sentence.lows[at - 3] != ";":
        return False
    return sentence.tags[at] == "NOUN" and is_plural(sentence.lows[at])


def _capitalised_title(sentence: Sentence) -> bool:
    """Tell whether most words are capitalised: then capitals say nothing about names."""
    if not sentence.title:
        return False
    alphabetic = [at for at in range(len(sentence)) if sentence.text[sentence.starts[at]].isalpha()]
    capital = sum(sentence.text[sentence.starts[at]].isupper() for at in alphabetic)
    return len(alphabetic) > 3 and capital > 0.7 * len(alphabetic)


def _look_up(sentence: Sentence, grammar: Grammar) -> None:
    shouting = _capitalised_title(sentence)
    text, starts, tags, lemmas, known = sentence.text, sentence.starts, sentence.tags, sentence.lemmas, grammar.guesses
    for at, (low, mention) in enumerate(zip(sentence.lows, sentence.mentions, strict=True)):
        if mention is not None:
            tags[at], lemmas[at] = "NAME", low
            continue
        letter = text[starts[at]]
        # A word has its capital from where it stands when it is first of the sentence or of a quotation.
        key = low, letter, not shouting and letter.isupper(), not at or tags[at - 1] == "QUOTE"
        guess = known.get(key)
        if guess is None:
            if len(known) >= _MOST_KEPT:
                known.clear()
            guess = known[key] = _first_guess(low, letter, grammar, capital=key[2], first=key[3])
        tags[at], lemmas[at] = guess


def _first_guess(low: str, letter: str, grammar: Grammar, *, capital: bool, first: bool) -> tuple[str, str]:
    if not letter.isalnum() and letter not in "'’":
        return mark(low), low
    special = auxiliary(low)
    if special:
        return special, low
    if _NUMBER.match(low) or (
        low.partition("-")[0] in grammar.number_words and low.partition("-")[2] in grammar.number_words
    ):
        return "NUM", low
    if first and low.endswith("ly") and len(low) > 4 and letter.isupper():
        return "ADV", low
    if low in grammar.number_words or low in grammar.vague_numbers:
        return "NUM", low
    closed = grammar.closed.get(low)
    if closed and not (capital and not first and closed in {"ADJ", "ADV"} and low not in {"kurdish", "iraqi"}):
        return closed, low
    verb = grammar.verbs.get(low)
    if verb is not None and not (capital and not first):
        return "V?", verb.lemma
    if capital and not (first and low in grammar.nouns):
        return "NAME", grammar.noun_lemma(low) if first else grammar.nouns.get(low, low)
    return by_ending(low, grammar)


def _join_multiwords(sentence: Sentence, grammar: Grammar) -> None:
    """Tag "according to", "out of", "no longer": the first word carries the whole as its lemma, the rest is FIX."""
    lows, table = sentence.lows, grammar.multiword
    for at, low in enumerate(lows):
        if low not in table:
            continue
        for parts, tagged in table[low]:
            if tuple(lows[at : at + len(parts)]) == parts and not _opens_infinitive(sentence, grammar, at, parts):
                sentence.tags[at], sentence.lemmas[at] = tagged, " ".join(parts)
                for rest in range(at + 1, at + len(parts)):
                    sentence.tags[rest] = "FIX"
                break


def _opens_infinitive(sentence: Sentence, grammar: Grammar, at: int, parts: tuple[str, ...]) -> bool:
    """Tell "was due to resume" from "due to the war"."""
    if parts[-1] != "to" or at + len(parts) >= len(sentence):
        return False
    verb = grammar.verbs.get(sentence.lows[at + len(parts)])
    return verb is not None and "VB" in verb.forms and not verb.weak


def _decide(sentence: Sentence, grammar: Grammar) -> None:
    tags, lows, lemmas = sentence.tags, sentence.lows, sentence.lemmas
    for at, current in enumerate(tags):
        if current == "V?":
            verb = grammar.verbs.get(lows[at])
            forms = verb.forms if verb else {"VBD", "VBN"}
            choice = _verb_form(sentence, at, forms, grammar, weak=bool(verb and verb.weak))
            tags[at] = choice
            if choice == "NOUN":
                lemmas[at] = grammar.noun_lemma(lows[at])
            elif verb is None and choice in VERBS:
                lemmas[at] = lows[at]
        elif current == "DET" and at and lows[at] in _FLOATING and tags[at - 1] in {"HAVE", "BE", "MODAL"}:
            tags[at] = "ADV" if following(tags, at) in {"V?", "VBN", "VBG"} else current
        elif lows[at] == "since" and at and tags[at - 1] == "HAVE":
            tags[at] = "ADV"
        elif current in _CLOSED and (at or current == "PREP"):
            reconsider(sentence, grammar, at)
        elif current == "NOUN" and at and lemmas[at] and lows[at] not in grammar.nouns and _must_be_verb(sentence, at):
            tags[at] = "VB"


def _must_be_verb(sentence: Sentence, at: int) -> bool:
    """Tell whether a word that no list has can only be a verb: "would", "did not" and "to ... the" leave no choice."""
    tags, before = sentence.tags, previous(sentence.tags, at)
    if before < 0 or not sentence.text[sentence.starts[at]].islower():
        return False
    if tags[before] in {"MODAL", "DO"}:
        return following(tags, at) not in {"BE", "HAVE", "MODAL", "V?"}
    return tags[before] == "TO" and following(tags, at) in {"DET", "PRP$", "PRON"}


def _verb_form(sentence: Sentence, at: int, forms: set[str], grammar: Grammar, *, weak: bool) -> str:
    noun = sentence.lows[at] in grammar.nouns
    if "VBG" in forms:
        return _gerund(sentence, at, noun=noun)
    if (
        noun
        and at
        and sentence.tags[at - 1] == "DET"
        and following(sentence.tags, at) in {"END", "COMMA", "PUNCT", "CONJ"}
    ):
        return "NOUN"
    if at and "VBN" in forms and sentence.lows[at - 1] == "the" and following(sentence.tags, at) not in _DESCRIBED:
        return "NOUN"  # "the wounded were visited"
    if "VBD" in forms or "VBN" in forms:
        return past(sentence, at, forms, grammar.cues)
    return _present(sentence, at, forms, grammar, weak=weak, noun=noun)


def _gerund(sentence: Sentence, at: int, *, noun: bool) -> str:
    tags = sentence.tags
    before = previous(tags, at)
    after = following(tags, at)
    if sentence.lows[at + 1 : at + 2] == ["of"] and sentence.lows[at] in _ACTIVITIES:
        return "NOUN"
    if before >= 0 and tags[before] in {"DET", "ADJ", "PRP$", "NUM", "POSS"}:
        return "ADJ" if after in {"NOUN", "NAME"} and tags[before] != "POSS" else "NOUN"
    if before >= 0 and tags[before] == "COMMA" and after == "CONJ" and pairs_gerund(sentence, at):
        return "VBG"
    compound = before >= 0 and tags[before] == "NOUN" and not is_plural(sentence.lows[before])
    if noun and before > 0 and tags[before] == "NAME" and tags[before - 1] == "DET":
        return "NOUN"
    if noun and (before < 0 or compound or tags[before] in {"CONJ", "COMMA", "PREP", "VBD", "ADJ", "BREAK"}):
        return "NOUN" if after in {"BE", "HAVE", "MODAL", "V?", "PREP", "COMMA", "PUNCT", "END", "CONJ"} else "VBG"
    return "VBG"


def _plain_present(sentence: Sentence, before: int, form: str) -> str:
    """Decide for a verb that is hardly ever a noun: only its subject's number matters."""
    tag_before, low = sentence.tags[before], sentence.lows[before]
    if tag_before == "ADJ":
        inside = before > 0 and sentence.tags[before - 1] in VERBS | {"PREP", "ADJ", "TO", "PRP$", "POSS"}
        return form if form == "VBZ" and not inside else ""
    if tag_before in {"NOUN", "NAME", "COMMA", "QUOTE"} or low in QUANTITIES:
        plural = tag_before != "NOUN" or is_plural(low) or is_plural(_described(sentence, before))
        plural = (plural and sentence.lows[before - 1] not in {"a", "an"}) or (
            form == "VB" and are_two(sentence, before)
        )
        return form if form == "VBZ" or plural else "NOUN"
    return ""


def _counts_doers(sentence: Sentence, at: int, *, sure: bool) -> bool:
    """Tell "thousands march", "100,000 flee" from "30 march". `sure`: it may be a noun, so only a plural will do."""
    opens = at == 0 or sentence.tags[at - 1] in {"COMMA", "BREAK", "CONJ", "QUOTE", "SUB"}
    return opens and (sentence.lows[at] in _CROWDS or (not sure and sentence.lows[at] not in {"one", "1"}))


def _described(sentence: Sentence, at: int) -> str:
    """Return the noun that "in the building" describes, where the phrase ending at `at` has a preposition before it."""
    tags = sentence.tags
    while at > 0 and tags[at] in OBJECT_PARTS | {"NAME"}:
        at -= 1
    return sentence.lows[at - 1] if at > 0 and tags[at] == "PREP" and tags[at - 1] == "NOUN" else ""


def _present(sentence: Sentence, at: int, forms: set[str], grammar: Grammar, *, weak: bool, noun: bool) -> str:
    tags = sentence.tags
    before, after = previous(tags, at), following(tags, at)
    form = "VBZ" if "VBZ" in forms and "VB" not in forms else "VB"
    if before < 0:
        return "VB" if form == "VB" and after in {"DET", "NAME", "PRON"} and not weak and not sentence.title else "NOUN"
    tag_before = tags[before]
    counted = tag_before == "NUM" and _counts_doers(sentence, before, sure=weak or noun)
    if form == "VB" and (tag_before in {"TO", "MODAL", "DO"} or counted or is_let(sentence, before)):
        return "VB"
    if said := saying(sentence, at, before, form, grammar, noun=noun):
        return said
    if not (weak or noun) and (plain := _plain_present(sentence, before, form)):
        inside = sentence.tags[before] in {"NOUN", "NAME"} and (
            (form == "VBZ" and _verb_is_next(sentence, at))
            or _finite_precedes(sentence, before, grammar)
            or (form == "VBZ" and is_object(sentence, before, grammar.cues))
        )
        return "NOUN" if inside else plain
    if tag_before in _BEFORE_NOUN | {"BE", "TO", "MODAL", "DO"}:
        return "NOUN"
    if tag_before in {"PRON", "WH"}:
        return form
    if tag_before in {"CONJ", "COMMA"}:
        return _coordinated(sentence, at, before, form)
    if tag_before in {"NOUN", "NAME"}:
        return _after_noun(sentence, at, before, form, grammar, weak=weak)
    return _after_other(sentence, at, before, form, weak=weak)


def _after_other(sentence: Sentence, at: int, before: int, form: str, *, weak: bool) -> str:
    if sentence.tags[before] in VERBS:
        bare = form == "VB" and sentence.tags[before] == "VB" and sentence.lemmas[before] in {"help", "let", "make"}
        return "VB" if bare else "NOUN"
    return form if following(sentence.tags, at) in _OPENS_OBJECT and not weak else "NOUN"


def _coordinated(sentence: Sentence, at: int, before: int, form: str) -> str:
    tags = sentence.tags
    if not _OBJECTS.isdisjoint(sentence.lows[at + 1 : at + 2]):
        return form
    for back in range(before - 1, max(-1, before - LOOKAHEAD), -1):
        if tags[back] in {"BREAK", "PUNCT", "SUB", "WH"}:
            break
        if tags[back] == form or (form == "VBZ" and sentence.lows[back] in {"has", "is", "does"}):
            return form if following(tags, at) in _OPENS_OBJECT | {"NOUN", "PUNCT", "END", "COMMA"} else "NOUN"
    return "NOUN"


def _after_noun(sentence: Sentence, at: int, before: int, form: str, grammar: Grammar, *, weak: bool) -> str:
    """Tell "Iraq attacks Kirkuk" and "officials say" from "rocket attacks"."""
    tags, low_before = sentence.tags, sentence.lows[before]
    after = following(tags, at)
    plural_subject = tags[before] == "NAME" or is_plural(low_before)
    plural_subject = plural_subject and sentence.lows[before - 1] not in {"a", "an"}
    if form == "VB" and not plural_subject:
        return "NOUN"
    if tags[before] == "NAME" and sentence.lows[before - 1] in {"if", "unless", "once"} and after in _ENDS:
        return form  # "if Kirkuk votes, ..."
    if form == "VBZ" and tags[before] == "NOUN" and low_before.endswith("s") and not low_before.endswith("ss"):
        return "NOUN"
    if _finite_follows(sentence, at) or _finite_precedes(sentence, before, grammar):
        return "NOUN"
    if form == "VBZ" and tags[before] == "NOUN" and is_object(sentence, before, grammar.cues):
        return "NOUN"
    if form == "VBZ" and sentence.title and tags[before] == "NAME" and tags[at + 1 : at + 3] == ["NOUN", "DET"]:
        return form
    if form == "VBZ" and sentence.title and before == at - 1 and sentence.tags[at + 2 : at + 3] == ["TO"]:
        return form
    opens = {"DET", "PRON", "TO", "PRP$", "NAME", "NUM"}
    headline = sentence.title and (after in _OPENS_OBJECT or (tags[before] == "NAME" and after in {"NOUN", "V?"}))
    if weak and not (after in opens or headline):
        return "NOUN"
    if after in _OPENS_OBJECT or after in {"NOUN", "V?"}:
        return form
    return form if after in {"END", "PUNCT", "COMMA"} and not weak and (sentence.title or form == "VB") else "NOUN"


def _finite_follows(sentence: Sentence, at: int) -> bool:
    tags = sentence.tags
    for ahead in range(at + 1, min(len(tags), at + 8)):
        if tags[ahead] in {"SUB", "WH", "BREAK", "QUOTE", "PUNCT", "COMMA", "CONJ", "TO", "DET", "PRON"}:
            return False
        if tags[ahead] in {"MODAL", "BE", "HAVE", "DO"}:
            return True
        if tags[ahead] == "V?" and surely_finite(sentence, ahead) and tags[ahead - 1] not in {"PREP", "DET", "ADJ"}:
            return True
    return False


def _verb_is_next(sentence: Sentence, at: int) -> bool:
    """Tell the plural noun ("artillery duels went on") from the verb by the finite verb right behind it."""
    tagged = sentence.tags[at + 1] if at + 1 < len(sentence) else "END"
    if sentence.lemmas[at] in COPULAS:
        return False  # "remains suspended"
    return tagged in {"BE", "HAVE", "MODAL", "DO"} or (tagged == "V?" and surely_finite(sentence, at + 1))


def _finite_precedes(sentence: Sentence, before: int, grammar: Grammar) -> bool:
    """Tell whether the clause has its finite verb already."""
    tags = sentence.tags
    for back in range(before, max(-1, before - LOOKAHEAD), -1):
        if tags[back] in {"SUB", "WH", "BREAK", "QUOTE", "PUNCT", "COMMA", "CONJ"}:
            return False
        if tags[back] in {"VBD", "VBZ", "MODAL", "BE", "HAVE", "DO"}:
            # "officials said forces attack": after a verb of saying a new clause may begin.
            return sentence.lemmas[back] not in grammar.cues
    return False
