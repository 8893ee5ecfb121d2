"""Generations of derived data: which one is live, how they are named, and who has read how far in them.

A generation is one run of one schema and one matcher over the `articles` stream: its streams are `matches.<name>` and
`developments.<name>`, its documents stand side by side with the others' in the index. The log decides which one is
live (the last GenerationPromoted); the index follows (`reconcile`).
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from connectors.ports import START, Append, EventLog, Index
from schemas.envelope import GENERATIONS, pack, unpack
from schemas.records import GenerationPromoted, SchemaRef, stable_id

_PAGE: Final = 1000


def promotions(log: EventLog) -> list[GenerationPromoted]:
    """Return every promotion, oldest first. A rollback is a promotion as well."""
    found: list[GenerationPromoted] = []
    after = START
    while page := log.read(GENERATIONS, after=after, limit=_PAGE):
        after = page[-1].position
        records = (unpack(stored.event) for stored in page)
        found.extend(record for record in records if isinstance(record, GenerationPromoted))
    return found


def live_promotion(log: EventLog) -> GenerationPromoted | None:
    """Return the promotion that holds now, None before the first."""
    history = promotions(log)
    return history[-1] if history else None


def live_generation(log: EventLog) -> str | None:
    """Return the name of the live generation, None before the first promotion."""
    promotion = live_promotion(log)
    return promotion.generation if promotion else None


@cache
def matcher_fingerprint() -> str:
    """Digest the matcher's source, so that what one release began no other continues."""
    from pipelines import matching

    folder = Path(matching.__file__).parent
    return stable_id(*(path.read_text("utf-8") for path in sorted(folder.glob("*.py"))))


def generation_name(ref: SchemaRef, number: int) -> str:
    """Name a generation `<schema version>-<8 digits of schema and matcher digest>-<number>`: a legal Kafka topic."""
    version = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in ref.version)
    return f"{version}-{stable_id(ref.digest, matcher_fingerprint())[:8]}-{number}"


def initial_generation(ref: SchemaRef) -> str:
    """Name the generation that a new log starts with."""
    return generation_name(ref, 1)


def next_generation(log: EventLog, ref: SchemaRef) -> str:
    """Name the generation after all promoted ones.

    The number grows with promotions only: a run that died is continued under its name by the next one.
    """
    return generation_name(ref, len(promotions(log)) + 1)


def promotion_of(log: EventLog, generation: str) -> GenerationPromoted | None:
    """Return the latest promotion of a generation, None if it never was the live one."""
    return next((found for found in reversed(promotions(log)) if found.generation == generation), None)


def earlier_generations(history: Sequence[GenerationPromoted]) -> list[str]:
    """Return the generations that were live before the one that is now, the last one first."""
    names = [promotion.generation for promotion in reversed(history)]
    return [name for name in dict.fromkeys(names) if name != names[0]]


def superfluous(history: Sequence[GenerationPromoted], existing: Iterable[str], keep: int) -> list[str]:
    """Return which of the `existing` generations nobody needs: all but the live one and `keep` before it.

    Those that never were live are among them where another took their turn; one that may still be promoted is not.
    """
    kept = {promotion.generation for promotion in history[-1:]} | set(earlier_generations(history)[:keep])
    promoted = {promotion.generation for promotion in history}
    return [name for name in existing if name not in kept and (name in promoted or _number(name) <= len(history))]


def _number(generation: str) -> int:
    number = generation.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def match_consumer(generation: str) -> str:
    """Who reads `articles` for a generation."""
    return f"match.{generation}"


def alert_consumer(generation: str) -> str:
    """Who reads `matches.<generation>`."""
    return f"alert.{generation}"


def promotion_append(promotion: GenerationPromoted, ordinal: int) -> Append:
    """Wrap the `ordinal`-th promotion of the log. The same one, decided twice, is one event."""
    event_id = stable_id(promotion.generation, promotion.previous or "", str(ordinal))
    event = pack(promotion, event_id=event_id, subject=promotion.generation, time=promotion.at)
    return Append(GENERATIONS, event)


def reconcile(log: EventLog, index: Index) -> str | None:
    """Make the index's live generation the log's; return it. Every job calls it when it starts.

    The promotion is one append to the log; a process that dies before it told the index leaves this to be done.
    """
    live = live_generation(log)
    if live is not None and index.live() != live:
        index.promote(live)
    return live
