"""`kirkuk demo`: the crisis on a loopback server, the same watch as ever on its feeds, the score at the end."""

import logging
import shlex
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec
import tomli_w
from rich.console import Console
from rich.table import Table

from connectors.ports import EventLog, Index
from connectors.registry import open_index, open_log
from desk.alert_commands import read_ledger
from desk.cli_options import stop_on_signals
from desk.demo.playbook import load_playbook
from desk.demo.score import Score, coded_languages, score
from desk.demo.server import CrisisServer
from desk.doctor_backends import INDEX_SERVER_CHECKS, LOG_SERVER_CHECKS, ServerCheck
from desk.live_view import JsonView, TerminalView, open_view
from desk.look import print_timeline, timeline
from desk.settings import Settings, load_settings, shipped_config
from desk.watch import Watch
from pipelines.developments import Board, Geography
from pipelines.generations import alert_consumer, live_generation, live_promotion, match_consumer
from pipelines.streams import replay
from schemas.envelope import ARTICLES, MATCHES, derived, unpack
from schemas.errors import ConfigError, IndexUnavailableError, KirkukError, LogError
from schemas.feeds import FeedSource
from schemas.records import Article, ArticleCoded, ArticlePublished, ArticleRevised, Development
from schemas.vocabulary import load_vocabulary

ServerChecks = Mapping[str, Sequence[ServerCheck]]
_logger = logging.getLogger(__name__)
POLL_INTERVAL_S: Final = 1.0
_SETTLE_S: Final = 3.0
"""After the last item was served every feed is polled at least twice in this time."""
_PATIENCE_S: Final = 60.0
_MAX_FALSE: Final = 2


class Servers(NamedTuple):
    """URLs of a log and an index to play on instead of the embedded ones; None: the embedded one."""

    log_url: str | None = None
    index_url: str | None = None


EMBEDDED: Final = Servers()


def run_demo(*, seconds: float, data: str | None, as_json: bool, servers: Servers = EMBEDDED) -> int:
    """Play, watch, score; return 0 when every labelled development was found, else 1.

    `data` None: the data is thrown away at the end. Raises ConfigError for a URL that is none, KirkukError when the
    folder is in use or can't be made, or a server does not answer.
    """
    _try_out(servers)
    with _data_folder(data) as folder, stop_on_signals() as stop:
        server = CrisisServer(load_playbook(), seconds, poll_interval_s=POLL_INTERVAL_S).start()
        try:
            settings = demo_settings(folder, server.feeds(), servers)
            heading = (
                f"25 September to 20 October 2017 in {seconds:g} s, {len(server.feeds())} feeds on {server.base_url}"
            )
            view = JsonView(sys.stderr) if as_json else open_view(as_json=False, heading=heading)
            with view:
                watch_until(settings, view, server, stop)
        finally:
            server.stop()
        if stop.is_set():
            return 1
        result = score_data(settings, server)
        if as_json:
            sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
        else:
            _print_result(settings, result, kept=data)
    return int(not is_good(result))


def is_good(result: Score) -> bool:
    """Tell whether the demo did what it promises."""
    everything = result.developments_found == result.developments_expected
    return everything and not result.duplicate_alerts and result.false_alerts <= _MAX_FALSE


def _try_out(servers: Servers) -> None:
    """Ask the servers once, before anything starts: stages would wait for them without end."""
    backends: tuple[tuple[str, str | None, Callable[[str], EventLog | Index], ServerChecks], ...] = (
        ("--log", servers.log_url, open_log, LOG_SERVER_CHECKS),
        ("--index", servers.index_url, open_index, INDEX_SERVER_CHECKS),
    )
    for option, url, opener, checks in backends:
        if not url:
            continue
        try:
            asked = checks.get(urlsplit(url).scheme, ())
            for check in asked:
                list(check(url))
            if not asked:
                opener(url).close()
        except (LogError, IndexUnavailableError) as error:
            remedy = "start servers on this machine with `make services`, or correct the URL"
            raise KirkukError(f"{option}: {error}; {remedy}") from error
        except ConfigError as error:
            raise ConfigError(f"{option}: {error}") from error


@contextmanager
def _data_folder(data: str | None) -> Iterator[Path]:
    if data is not None:
        kept = Path(data).absolute()
        try:
            kept.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KirkukError(f"{kept}: no folder can be made here: {error.strerror}; correct --data") from error
        yield kept
        return
    folder = Path(tempfile.mkdtemp(prefix="kirkuk-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def demo_settings(folder: Path, feeds: list[FeedSource], servers: Servers = EMBEDDED) -> Settings:
    """Write a settings folder for feeds of this machine, in the data folder, and load it.

    It is what a user would write: shipped rules and schema, loopback allowed, no pause between polls of one host.
    """
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(shipped_config() / "alerts.toml", config / "alerts.toml")
    entries = [{key: value for key, value in msgspec.to_builtins(feed).items() if value is not None} for feed in feeds]
    (config / "feeds.toml").write_text(tomli_w.dumps({"feeds": entries}), encoding="utf-8")
    changes: dict[str, object] = {
        "data": str(folder),
        "log": {"url": servers.log_url or ""},
        "index": {"url": servers.index_url or ""},
        "fetch": {"allow_loopback": True, "per_host_delay_s": 0.0, "per_host_concurrent": 16, "total_timeout_s": 5.0},
        "ingest": {"min_interval_s": 0.2, "backoff_first_s": 1.0, "per_host_concurrency": 16},
        "parse": {"timeout_s": 5.0, "cpu_s": 3.0},
        "match": {"epoch_target_s": 0.5},
        # The port may belong to a watch that goes on beside the demo.
        "metrics": {"listen": ""},
    }
    (config / "kirkuk.toml").write_text(tomli_w.dumps(changes), encoding="utf-8")
    return load_settings(config / "kirkuk.toml", environ={})


def watch_until(settings: Settings, view: JsonView | TerminalView, server: CrisisServer, stop: threading.Event) -> None:
    """Watch until the play is over and everything that it served has come through, or until `stop`."""
    over = threading.Event()
    watch = Watch(settings, stop=over, view=view)
    thread = threading.Thread(target=_end_when_done, args=(settings, server, stop, over), daemon=True)
    thread.start()
    try:
        watch.run()
    finally:
        over.set()
        thread.join()


def _end_when_done(settings: Settings, server: CrisisServer, stop: threading.Event, over: threading.Event) -> None:
    while not server.finished and not stop.wait(0.1) and not over.is_set():
        pass
    deadline, calm_since, last = time.monotonic() + _PATIENCE_S, time.monotonic(), -1
    log = None
    try:
        log = open_log(settings.log_url)
        while not stop.wait(0.1) and not over.is_set() and time.monotonic() < deadline:
            end = sum(log.end(ARTICLES, partition=partition) for partition in log.partitions(ARTICLES))
            if end != last or not has_come_through(log):
                last, calm_since = end, time.monotonic()
            elif time.monotonic() - calm_since > _SETTLE_S:
                break
    except KirkukError as error:
        _logger.warning("the end of the play can't be told: %s", error)
    finally:
        over.set()
        if log is not None:
            log.close()


def has_come_through(log: EventLog) -> bool:
    """Tell whether every article of the log is coded, decided on and delivered."""
    live = live_generation(log)
    if live is None:
        return False
    matches = derived(MATCHES, live)
    return (
        all(log.position(match_consumer(live), ARTICLES, partition=p) >= log.end(ARTICLES, partition=p)
            for p in log.partitions(ARTICLES))
        and all(log.position(alert_consumer(live), matches, partition=p) >= log.end(matches, partition=p)
                for p in log.partitions(matches))
        and next(read_ledger(log).unfinished(), None) is None
    )  # fmt: skip


def score_data(settings: Settings, server: CrisisServer) -> Score:
    """Score what log and ledger hold now against the labels."""
    log = open_log(settings.log_url)
    try:
        alerts = list(read_ledger(log).alerts.values())
        coded = coded_languages(load_vocabulary(settings.schema_dir))
        return score(server.playbook, server.first_served, alerts, developments(log, settings), articles(log), coded)
    finally:
        log.close()


def articles(log: EventLog) -> list[Article]:
    """Return every revision of every article, in order."""
    records = (
        unpack(stored.event) for part in log.partitions(ARTICLES) for stored in replay(log, ARTICLES, partition=part)
    )
    return [record.article for record in records if isinstance(record, ArticlePublished | ArticleRevised)]


def developments(log: EventLog, settings: Settings) -> list[Development]:
    """Return the developments of the live generation, folded from what it coded."""
    promoted = live_promotion(log)
    if promoted is None:
        return []
    board = Board(Geography(load_vocabulary(settings.schema_dir)))
    stream = derived(MATCHES, promoted.generation)
    for part in log.partitions(stream):
        for stored in replay(log, stream, partition=part):
            record = unpack(stored.event)
            if isinstance(record, ArticleCoded):
                board.fold(record)
    return list(board.developments())


def _print_result(settings: Settings, result: Score, *, kept: str | None) -> None:
    index = open_index(settings.index_url)
    try:
        print_timeline(timeline(index), as_json=False)
    finally:
        index.close()
    console = Console(highlight=False)
    console.print(_score_table(result))
    for title, names in (
        ("missed", result.missed),
        ("not alerted", result.missed_alerts),
        ("false", result.false),
        ("split", result.duplicates),
    ):
        for name in names:
            console.print(f"{title}: {name}", style="red", markup=False)
    sys.stdout.writelines(f"{line}\n" for line in closing_lines(settings, kept=kept))


def closing_lines(settings: Settings, *, kept: str | None) -> Iterator[str]:
    """Say how to go on, in lines that can be pasted into a shell: they are not wrapped."""
    program = sys.argv[0] if Path(sys.argv[0]).name == "kirkuk" else "kirkuk"
    if kept is None:
        yield f"nothing was kept; to look around in it: {shlex.join([program, 'demo', '--data', 'data'])}"
        return
    yield "the data are kept, with settings; look around in them:"
    for command in (["search", "peshmerga withdr*"], ["timeline"], ["alerts", "list"]):
        yield f"  {shlex.join([program, *command, '--config', settings.file or ''])}"


def _score_table(result: Score) -> Table:
    table = Table(title="score", box=None, show_header=False, padding=(0, 2, 0, 0))
    copies = f"{result.copies_collapsed} reports collapsed as copies"
    table.add_row(
        "articles", f"{result.articles} and {result.revisions} revisions, from {result.feeds} feeds; {copies}"
    )
    table.add_row("developments", f"{result.developments_found} of {result.developments_expected} labelled ones found")
    table.add_row("expected alerts", f"{result.alerts_found} of {result.alerts_expected}")
    table.add_row("alerts", alerts_told(result))
    if result.delay_p50_s is not None:
        delays = f"median {result.delay_p50_s:.2f} s, 95 % within {result.delay_p95_s:.2f} s"
        table.add_row("served to alert", delays)
    return table


def alerts_told(result: Score) -> str:
    """Tell of the alerts. Each is sent once; `split` are different ones about what the labels take for one thing."""
    told = f"{result.alerts} sent, each once; {result.false_alerts} false"
    if not result.duplicate_alerts:
        return told
    return (
        f"{told}; {result.duplicate_alerts} split: the labels have one development there, the monitor another beside it"
    )
