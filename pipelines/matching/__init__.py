"""Coding articles against an event schema: who did what to whom, where, when, according to whom.

`load_coder(schema_dir)` compiles a schema once per process; `Coder.code` codes plain texts, `code_article` codes a
stored article into the record that goes to the log.

The way of a text, and the modules of each step:

    names      normalise, scanner: one pass over the text for all that the schema knows
    words      sentences, tokens, grammar, inflect, endings, tagger, second_uses, headlines, participles, neighbours
    clauses    phrases, parse, around, takeover, relatives
    triggers   lexicon, conditions, idioms, triggers, denials
    parties    parties, people, naming, offices, belonging, bodies, houses, antecedents, implied, reported
    records    roles, landmarks, whereabouts, dates, event_times, magnitudes, realis
    claims     attribution, asides, saying, speech, claims, own_words
    verdict    topic, relevance, subject: whether the article is about the crisis
    others     core and core_*: languages that are coded without a grammar

`articles` and `coder` lead through it; `context` is what is known while one article is read.
"""

from pipelines.matching.articles import code_article, event_id, load_coder
from pipelines.matching.coder import Coded, Coder

__all__ = ["Coded", "Coder", "code_article", "event_id", "load_coder"]
