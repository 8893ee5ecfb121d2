"""What the commands share: where settings and data are, how results are printed, how a job is stopped."""

import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from connectors.waiting import give_up

if TYPE_CHECKING:
    from connectors.ports import EventLog, Index
    from desk.settings import Settings

_LAST_RESORT_S = 45.0
Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="JSON on standard output and nothing else there.")


def data_options(command: Command) -> Command:
    """Add --config and --data; the command gets `settings`."""

    @click.option("--config", type=click.Path(), metavar="FILE", help="Settings file. [default: config/kirkuk.toml]")
    @click.option(
        "--data",
        type=click.Path(file_okay=False),
        metavar="DIR",
        help="Folder of the embedded log and index; refused where the settings or the environment name others.",
    )
    @functools.wraps(command)
    def with_settings(*args: Any, config: str | None, data: str | None, **kwargs: Any) -> Any:
        from desk.settings import load_settings

        return command(*args, settings=load_settings(config, data), **kwargs)

    return with_settings  # type: ignore[return-value]


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and Ctrl-C set; a second Ctrl-C interrupts at once.

    A process that can't come to its end, because nobody reads what it prints, ends all the same: nothing is lost by it.
    """
    stop = threading.Event()

    def ask(number: int, frame: Any) -> None:
        if stop.is_set() and number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        if not stop.is_set():
            last_resort = threading.Timer(_LAST_RESORT_S, os._exit, (1,))
            last_resort.daemon = True
            last_resort.start()
        stop.set()
        give_up()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def opened_index(settings: "Settings") -> "Iterator[Index]":
    """Open the index for reading. Raises KirkukError when there is none yet."""
    from connectors.registry import open_index

    must_exist(settings, settings.index_url)
    index = open_index(settings.index_url)
    try:
        yield index
    finally:
        index.close()


@contextmanager
def opened_log(settings: "Settings") -> "Iterator[EventLog]":
    """Open the log. Raises KirkukError when there is none yet."""
    from connectors.registry import open_log

    must_exist(settings, settings.log_url)
    log = open_log(settings.log_url)
    try:
        yield log
    finally:
        log.close()


def must_exist(settings: "Settings", url: str) -> None:
    """Refuse to make an empty file where somebody wants what is in it. Raises KirkukError with the remedy."""
    from pathlib import Path

    from connectors.registry import sqlite_path
    from schemas.errors import KirkukError

    if url.startswith("sqlite:") and not Path(sqlite_path(url)).is_file():
        if url == settings.index_url and settings.log_url != url and _is_there(settings.log_url):
            raise KirkukError(
                f"{sqlite_path(url)}: no index; `kirkuk reprocess` makes it from the log, and sends nothing"
            )
        raise KirkukError(
            f"{sqlite_path(url)}: nothing there yet; run `kirkuk watch` or `kirkuk demo --data {settings.data_dir}` "
            "first, or correct --data"
        )


def print_counts(stage: str, counts: Mapping[str, int], *, as_json: bool) -> None:
    """Print what a stage counted."""
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode({stage: counts}))
    else:
        click.echo(f"{stage}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


def progress_line(stage: str) -> Callable[[Mapping[str, int | float | str]], None]:
    """Return a progress callback: one line that is rewritten on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _counts: None

    def show(counts: Mapping[str, int | float | str]) -> None:
        line = f"{stage}: " + "  ".join(f"{name} {value}" for name, value in counts.items())
        sys.stderr.write(f"\r\x1b[K{line[:150]}")
        sys.stderr.flush()

    return show


def _is_there(url: str) -> bool:
    from pathlib import Path

    from connectors.registry import sqlite_path

    return url.startswith("sqlite:") and Path(sqlite_path(url)).is_file()
