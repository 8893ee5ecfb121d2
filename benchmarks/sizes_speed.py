"""Articles a second through the whole system on both sizes, side by side, and where the time goes.

`python -m benchmarks.sizes_speed [--json] [--articles N]`: the same N articles (20 sentences each, one in twenty on
the crisis) are appended in batches of 25, coded by the match job, merged and decided by the alert job: once on SQLite
files, once on a real Kafka (3 partitions) and Elasticsearch, which it starts from tests/servers. Stages run one after
the other in this process. Shares are of this process's clock time, by the function that was waited for; the servers'
own CPU time is told apart, for on one machine they take it from the same cores.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.match_job_speed import SCHEMA, stored
from benchmarks.match_speed import corpus
from connectors import registry
from connectors.ports import SystemClock
from connectors.terminal_notifier import TerminalNotifier
from desk.settings import shipped_config
from pipelines import transforms
from pipelines.jobs.alert import AlertOptions, run_alert
from pipelines.jobs.match import MatchOptions, current_generation, run_match
from pipelines.match_step import MatchSink
from pipelines.matching import load_coder
from schemas.rules import load_rules

sys.path.append(str(Path(__file__).parents[1] / "tests" / "servers"))

BATCH = 25
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Size(NamedTuple):
    """URLs of log and index, and the servers' processes."""

    log_url: str
    index_url: str
    servers: tuple[Any, ...] = ()

    def server_cpu_s(self) -> float:
        """Return the CPU time that the servers have taken."""
        return sum(cpu_s(pid) for server in self.servers for pid in family(server.pid))


def family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(found for child in children for found in family(child))]


def cpu_s(pid: int) -> float:
    """Return user and system seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


@contextmanager
def embedded(folder: Path) -> Iterator[Size]:
    """Files."""
    yield Size(f"sqlite:///{folder}/log.db", f"sqlite:///{folder}/index.db")


@contextmanager
def full(folder: Path) -> Iterator[Size]:
    """Real servers on this machine."""
    import server_fixtures

    os.environ["KIRKUK_LOG_STATE"] = str(folder / "state")
    with contextlib.ExitStack() as stack:
        kafka = stack.enter_context(server_fixtures.make_kafka(folder / "kafka"))
        elastic = stack.enter_context(server_fixtures.make_elastic(folder / "elastic"))
        kafka.start()
        elastic.start()
        yield Size(f"kafka://{kafka.bootstrap}/bench?partitions=3", f"{elastic.url}/bench", (kafka, elastic))


class Stopwatch:
    """Clock seconds spent in functions, by name."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    @contextmanager
    def around(self, owner: Any, function: str, name: str) -> Iterator[None]:
        """Count the time of a function while it is used within."""
        original: Callable[..., Any] = getattr(owner, function)

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                self.spent[name] = self.spent.get(name, 0.0) + time.perf_counter() - began

        setattr(owner, function, timed)
        try:
            yield
        finally:
            setattr(owner, function, original)


def measure(size: Size, articles: int) -> dict[str, Any]:
    """Run all stages on one size."""
    texts = corpus(0.05, articles)
    clock, nobody = SystemClock(), threading.Event()
    with closing(registry.open_log(size.log_url)) as log, closing(registry.open_index(size.index_url)) as index:
        current_generation(log, index, SCHEMA, clock)
        append_s, _ = timed(size, lambda: append(log, texts))
        watch = Stopwatch()
        with (
            watch.around(transforms, "code_event", "code"),
            watch.around(MatchSink, "_write_index", "index"),
            watch.around(MatchSink, "write", "write"),
        ):
            match_s, match_cpu = timed(
                size,
                lambda: run_match(
                    size.log_url, size.index_url, SCHEMA, MatchOptions(), stop=nobody, clock=clock,
                    progress=lambda _: None, once=True,
                ),
            )  # fmt: skip
        with Path(os.devnull).open("w") as nowhere:
            alert_s, _ = timed(
                size,
                lambda: run_alert(
                    size.log_url, size.index_url, SCHEMA, load_rules(shipped_config() / "alerts.toml"),
                    [TerminalNotifier(nowhere)], AlertOptions(), stop=nobody, clock=clock, progress=lambda _: None,
                    once=True,
                ),
            )  # fmt: skip
        assert index.count("articles") == articles
    code, indexed, written = (watch.spent.get(name, 0.0) for name in ("code", "index", "write"))
    whole = append_s + match_s + alert_s
    return {
        "append_articles_per_s": articles / append_s,
        "match_articles_per_s": articles / match_s,
        "alert_articles_per_s": articles / alert_s,
        "all_articles_per_s": articles / whole,
        "share_append": append_s / whole,
        "share_match": match_s / whole,
        "share_alert": alert_s / whole,
        "match_share_code": code / match_s,
        "match_share_index": indexed / match_s,
        "match_share_log": (written - indexed) / match_s,
        "match_share_read_and_beam": (match_s - code - written) / match_s,
        "match_cpu_s_of_this_process": match_cpu[0],
        "match_cpu_s_of_servers": match_cpu[1],
    }


def append(log: Any, texts: list[str]) -> None:
    """Append as ingestion does, in small batches."""
    for first in range(0, len(texts), BATCH):
        log.append([stored(first + at, text) for at, text in enumerate(texts[first : first + BATCH])])


def timed(size: Size, work: Callable[[], object]) -> tuple[float, tuple[float, float]]:
    """Return clock seconds, and CPU seconds of this process and of the servers."""
    began, cpu, servers = time.perf_counter(), time.process_time(), size.server_cpu_s()
    work()
    return time.perf_counter() - began, (time.process_time() - cpu, size.server_cpu_s() - servers)


def main() -> None:
    """Print both columns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--articles", type=int, default=4000)
    options = parser.parse_args()
    load_coder(SCHEMA)
    figures = {}
    for name, opened in (("embedded", embedded), ("full", full)):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(Path(folder)) as size:
            figures[name] = measure(size, options.articles)
    if options.json:
        print(json.dumps(figures))
        return
    for key in figures["embedded"]:
        print(f"{key:34}" + "".join(f"{figures[name][key]:14,.2f}" for name in figures))


if __name__ == "__main__":
    main()
