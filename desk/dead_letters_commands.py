"""What `kirkuk dead-letters list` and `retry` do: look at records that a step could not process, feed them again."""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TextIO

import msgspec

from connectors.ports import Append, Clock, EventLog, Index, Stored
from pipelines.generations import live_promotion
from pipelines.match_step import MATCH_STEP, MatchSink, Origin, code_event
from pipelines.streams import replay
from schemas.envelope import DEAD_LETTERS, decode, pack, unpack
from schemas.errors import KirkukError, RecordError
from schemas.records import DeadLetter, DeadLetterRetried, stable_id

_SHOWN_RECORD: Final = 300


class LetterState(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter with what became of it: `solved` once a retry succeeded."""

    letter: DeadLetter
    retries: int = 0
    solved: bool = False
    last_error: str = ""


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of feeding one letter again. `ok` None: nothing was done (dry run, or its step takes no retries)."""

    dead_letter_id: str
    step: str
    key: str
    ok: bool | None
    message: str


def letter_states(log: EventLog) -> list[LetterState]:
    """Fold the dead letters and their retries, oldest letter first."""
    states: dict[str, LetterState] = {}
    for partition in log.partitions(DEAD_LETTERS):
        for stored in replay(log, DEAD_LETTERS, partition=partition):
            record = unpack(stored.event)
            if isinstance(record, DeadLetter):
                states[record.dead_letter_id] = LetterState(letter=record, last_error=record.error)
            elif isinstance(record, DeadLetterRetried) and record.dead_letter_id in states:
                states[record.dead_letter_id] = _after_retry(states[record.dead_letter_id], record)
    return list(states.values())


def _after_retry(state: LetterState, retried: DeadLetterRetried) -> LetterState:
    return LetterState(
        letter=state.letter,
        retries=state.retries + 1,
        solved=state.solved or retried.ok,
        last_error="" if retried.ok else retried.error,
    )


def list_rows(log: EventLog, *, include_solved: bool = False) -> list[dict[str, Any]]:
    """Return one JSON-ready row per letter; long records are cut to their first characters."""
    return [
        {
            "dead_letter_id": state.letter.dead_letter_id,
            "step": state.letter.step,
            "key": state.letter.key,
            "at": state.letter.at.isoformat(),
            "error": state.last_error or state.letter.error,
            "retries": state.retries,
            "solved": state.solved,
            "record": state.letter.record[:_SHOWN_RECORD],
        }
        for state in letter_states(log)
        if include_solved or not state.solved
    ]


def select(states: Collection[LetterState], ids: Collection[str] | None) -> list[LetterState]:
    """Return the unsolved letters (`ids` None), or those whose ids begin with one of `ids`, solved or not.

    Raises KirkukError for an id that no letter has, or that several share.
    """
    if ids is None:
        return [state for state in states if not state.solved]
    return [_only(states, wanted) for wanted in dict.fromkeys(ids)]


def _only(states: Collection[LetterState], wanted: str) -> LetterState:
    found = [state for state in states if state.letter.dead_letter_id.startswith(wanted)]
    if len(found) != 1:
        what = "no dead letter" if not found else f"{len(found)} dead letters"
        raise KirkukError(f"{wanted}: {what} with this id; `kirkuk dead-letters list --json` shows all")
    return found[0]


def retry(
    log: EventLog,
    index: Index,
    schema_dir: str,
    *,
    ids: Collection[str] | None,
    clock: Clock,
    dry_run: bool = False,
) -> list[Retry]:
    """Feed letters to their steps again (`ids` None: all unsolved ones) and record each outcome in the log.

    A letter is fed to the live generation, whichever it failed in. Nothing is written on a dry run.
    Raises KirkukError for unknown ids; SchemaError.
    """
    steps: Mapping[str, Callable[[DeadLetter], str]] = {
        MATCH_STEP: lambda letter: _match_again(log, index, schema_dir, letter, clock)
    }
    results = []
    for state in select(letter_states(log), ids):
        step = steps.get(state.letter.step)
        if step is None:
            results.append(_result(state, None, f"step {state.letter.step} takes no retries: its input comes again"))
        elif dry_run:
            results.append(_result(state, None, f"would be fed to {state.letter.step} again"))
        else:
            error = step(state.letter)
            _record(log, state, error, clock)
            results.append(_result(state, not error, error or "done"))
    return results


def _result(state: LetterState, ok: bool | None, message: str) -> Retry:
    letter = state.letter
    return Retry(dead_letter_id=letter.dead_letter_id, step=letter.step, key=letter.key, ok=ok, message=message)


def _record(log: EventLog, state: LetterState, error: str, clock: Clock) -> None:
    letter = state.letter
    record = DeadLetterRetried(dead_letter_id=letter.dead_letter_id, at=clock.now(), ok=not error, error=error)
    event_id = stable_id(letter.dead_letter_id, "retried", str(state.retries + 1))
    log.append([Append(DEAD_LETTERS, pack(record, event_id=event_id, subject=letter.key, time=record.at))])


def _match_again(log: EventLog, index: Index, schema_dir: str, letter: DeadLetter, clock: Clock) -> str:
    """Code a letter's article as the live generation; return the error, empty when all went well."""
    from pipelines.jobs.match import choose_schema
    from pipelines.matching import load_coder

    promoted = live_promotion(log)
    if promoted is None:
        return "nothing is live yet; run `kirkuk match` first"
    try:
        origin = _origin(log, letter)
    except KirkukError as error:
        return str(error)
    coder = load_coder(choose_schema(promoted, schema_dir)[0])
    outcome = code_event(coder, origin, generation=promoted.generation, now=clock.now())
    if outcome.dead is not None:
        return outcome.dead.error
    written = MatchSink(log, index, promoted.generation).write([outcome], now=clock.now(), out_of_order=True)
    return "; ".join(dead.error for dead in written.dead)


def _origin(log: EventLog, letter: DeadLetter) -> Origin:
    """Return the stored event that a letter carries or points at. Raises RecordError."""
    try:
        record = msgspec.json.decode(letter.record)
        if "specversion" in record:
            return Origin(0, Stored(0, decode(letter.record.encode())))
        place = record["partition"], record["position"]
        found = log.read(record["stream"], after=place[1] - 1, limit=1, partition=place[0])
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise RecordError(f"dead letter {letter.dead_letter_id}: its record can't be read: {error}") from error
    if not found or found[0].event.id != record["id"]:
        raise RecordError(f"dead letter {letter.dead_letter_id}: the record that it points at is gone")
    return Origin(place[0], found[0])


def print_letters(
    log: EventLog, *, include_solved: bool = False, as_json: bool = False, out: TextIO | None = None
) -> None:
    """Print dead letters, a line each, oldest first."""
    out = out or sys.stdout
    rows = list_rows(log, include_solved=include_solved)
    if not rows and not as_json and out.isatty():
        out.write("no dead letters\n" if include_solved else "no dead letters wait; --all shows solved ones too\n")
    for row in rows:
        if as_json:
            out.write(msgspec.json.encode(row).decode() + "\n")
        else:
            solved = " (solved)" if row["solved"] else ""
            out.write(f"{row['dead_letter_id'][:12]}  {row['at'][:19]}  {row['step']:8} {row['key']}{solved}\n")
            out.write(f"    {row['error']}\n")


def print_retries(results: Sequence[Retry], *, as_json: bool = False, out: TextIO | None = None) -> int:
    """Print the outcome of each retry; return 1 when one failed again."""
    out = out or sys.stdout
    for result in results:
        if as_json:
            out.write(msgspec.json.encode(result).decode() + "\n")
        else:
            out.write(f"{result.dead_letter_id[:12]}  {result.step}  {result.key}: {result.message}\n")
    if not results and not as_json:
        out.write("no dead letters to feed again\n")
    return int(any(result.ok is False for result in results))
