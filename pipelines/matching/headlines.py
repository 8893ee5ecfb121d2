"""The grammar of headlines where it differs: "Kirkuk governor dismissed" leaves out the "was" of its passive."""

from collections.abc import Sequence

from pipelines.matching.grammar import Grammar
from pipelines.matching.phrases import Clause, VerbGroup, is_time
from pipelines.matching.tokens import Sentence


def read_headline(sentence: Sentence, clauses: Sequence[Clause], grammar: Grammar) -> None:
    """Make the verbs of a title passive that have neither object nor auxiliary and are done to somebody: those that
    the word list calls so, and those that say by whom.
    """
    for clause in clauses:
        verb = clause.verb
        if verb is None or not clause.subjects or clause.objects or not _bare_past(sentence, verb, grammar):
            continue
        if verb.lemma in grammar.title_passives or _says_by_whom(sentence, clause):
            verb.passive = True


def _bare_past(sentence: Sentence, verb: VerbGroup, grammar: Grammar) -> bool:
    """Tell whether a verb stands alone in a form that past tense and participle share."""
    known = grammar.verbs.get(sentence.lows[verb.head])
    shared = known is None or {"VBD", "VBN"} <= known.forms
    return verb.form == "VBD" and verb.start == verb.head and shared


def _says_by_whom(sentence: Sentence, clause: Clause) -> bool:
    """Tell "seized by the army" from "opened by noon"."""
    return any(prep == "by" and not is_time(sentence, phrase) for prep, phrase in clause.preps)
