"""Coding articles against an event schema: who did what to whom, where, when, according to whom.

`load_coder(schema_dir)` compiles a schema once per process; `Coder.code` codes plain texts, `code_article` codes a
stored article into the record that goes to the log.
"""

from pipelines.matching.articles import code_article, event_id, load_coder
from pipelines.matching.coder import Coded, Coder

__all__ = ["Coded", "Coder", "code_article", "event_id", "load_coder"]
