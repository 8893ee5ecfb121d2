"""What one run of the match graph has to do. Without Beam, so that it is decided before Beam is loaded."""

from typing import Final, NamedTuple

from connectors.ports import START

DEFAULT_BATCH: Final = 200
"""Records per element: at 3 kB each well under a megabyte, and the per-element cost of a runner is divided by it."""


class Span(NamedTuple):
    """What to read of one partition: positions > `after`, <= `stop` (None: endless)."""

    partition: int
    after: int = START
    stop: int | None = None


class Plan(NamedTuple):
    """All that a match pipeline needs to know.

    `articles_url` is the log that is read; outcomes and positions go to `log_url` (the same log, but for a dry run).
    `schema_digest` is the schema that the generation is coded with: another one under `schema_dir` is refused.
    `run` names an endless run, so that its sources can be told to stop.
    """

    articles_url: str
    log_url: str
    index_url: str
    schema_dir: str
    schema_digest: str
    generation: str
    batch_size: int = DEFAULT_BATCH
    run: str = ""
