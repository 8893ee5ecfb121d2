"""`kirkuk match`: code articles from JSON lines, one result a line, in the order of the input.

Input lines are `{"id", "title"?, "text", "published"?, "language"?, "source"?}`; output lines are
`{"id", "relevant", "schema", "events"}`. A line that can't be read is reported on the error stream with its number and
does not stop the others.
"""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import BinaryIO, Final, TextIO

import msgspec

from pipelines.matching import Coder, load_coder
from schemas.errors import ConfigError

LONGEST_LINE: Final = 64 * 2**20
"""Bytes of one line: an article of 50 MB fits, a file without line ends doesn't fill the memory."""
_BATCH: Final = 64
_IN_FLIGHT: Final = 4


class Line(msgspec.Struct, frozen=True):
    """One input line. Unknown keys are ignored."""

    id: str | int
    text: str
    title: str = ""
    published: datetime | None = None
    language: str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """One output line, or the reason why there is none."""

    number: int
    line: bytes = b""
    error: str = ""


_decoder: Final = msgspec.json.Decoder(Line)
_encoder: Final = msgspec.json.Encoder()


def code_line(coder: Coder, number: int, raw: bytes, *, all_sentences: bool) -> Outcome:
    """Code one input line. Never raises for what stands in the line."""
    try:
        line = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Outcome(number, error=str(error))
    try:
        coded = coder.code(
            title=line.title,
            text=line.text,
            published=line.published,
            language=line.language,
            all_sentences=all_sentences,
        )
    except Exception as error:  # noqa: BLE001 (a fault in the matcher must not stop the lines behind this one)
        return Outcome(number, error=f"not coded: {type(error).__name__}: {error}")
    result = {"id": line.id, "relevant": coded.relevant, "schema": coder.ref, "events": coded.events}
    return Outcome(number, line=_encoder.encode(result))


def match_file(
    path: str,
    coder: Coder,
    *,
    all_sentences: bool = False,
    out: BinaryIO | None = None,
    err: TextIO | None = None,
    processes: int = 1,
    schema_dir: str | None = None,
) -> int:
    """Code the lines of `path` ("-" is standard input) to `out`; return the exit status: 0, or 1 when a line failed.

    With `processes` > 1 the work is spread over that many processes, each of which loads `schema_dir`; the order of
    the output stays. Raises ConfigError when the file can't be opened.
    """
    out, err = out or sys.stdout.buffer, err or sys.stderr
    name, failed = "standard input" if path == "-" else path, False
    with ExitStack() as stack:
        source = sys.stdin.buffer if path == "-" else stack.enter_context(_open(path))
        numbered = _lines(source)
        if processes > 1 and schema_dir is not None:
            outcomes = _spread(numbered, schema_dir, processes, all_sentences=all_sentences)
        else:
            outcomes = (code_line(coder, number, raw, all_sentences=all_sentences) for number, raw in numbered)
        for outcome in outcomes:
            if outcome.error:
                failed = True
                err.write(f"{name}: line {outcome.number}: {outcome.error}\n")
            else:
                out.write(outcome.line + b"\n")
        out.flush()
    return int(failed)


def _open(path: str) -> BinaryIO:
    try:
        return open(path, "rb")  # noqa: PTH123 - closed by the caller's stack
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error


def _lines(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield (number, line) without blank lines; a line that is too long comes cut, and so fails as JSON."""
    number = 0
    while raw := source.readline(LONGEST_LINE):
        number += 1
        while len(raw) == LONGEST_LINE and not raw.endswith(b"\n") and (rest := source.readline(LONGEST_LINE)):
            if rest.endswith(b"\n"):
                break
        if raw.strip():
            yield number, raw


def _batches(lines: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    batch: list[tuple[int, bytes]] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _code_batch(schema_dir: str, batch: list[tuple[int, bytes]], all_sentences: bool) -> list[Outcome]:
    coder = load_coder(schema_dir)
    return [code_line(coder, number, raw, all_sentences=all_sentences) for number, raw in batch]


def _spread(
    lines: Iterable[tuple[int, bytes]], schema_dir: str, processes: int, *, all_sentences: bool
) -> Iterator[Outcome]:
    """Code batches in several processes, a bounded number in flight, and yield the outcomes in order."""
    with ProcessPoolExecutor(processes) as pool:
        waiting: deque[Future[list[Outcome]]] = deque()
        for batch in _batches(lines):
            waiting.append(pool.submit(_code_batch, schema_dir, batch, all_sentences))
            if len(waiting) >= processes * _IN_FLIGHT:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
