"""The fixtures of the real servers, and what pytest does around them; README.md tells how to use them."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import artifacts
import pytest
from elastic_server import ElasticServer
from guarded import Guarded
from kafka_server import KafkaServer
from prism_server import PrismServer
from server_base import Server

SERVER_OF_FIXTURE = {
    "kafka_server": "kafka",
    "start_kafka": "kafka",
    "elastic_server": "elastic",
    "start_elastic": "elastic",
    "prism_server": "prism",
    "start_prism": "prism",
}
# For the test itself, when it says nothing else. Fetching and starting have limits of their own and don't count.
TEST_LIMIT_S = 180

_started: list[Server] = []
_prefetch: list[Guarded] = []
UNAVAILABLE = "no real server: "


def servers_of(item: pytest.Item) -> set[str]:
    """The servers that a test needs: by its fixtures and by the names in its `servers` marker."""
    by_fixture = {SERVER_OF_FIXTURE[name] for name in getattr(item, "fixturenames", ()) if name in SERVER_OF_FIXTURE}
    return by_fixture.union(*(marker.args for marker in item.iter_markers("servers")))


def fetched(name: str) -> Path:
    """A server's files; without them the test is skipped, and on CI, where all must be there, failed."""
    found = artifacts.fetch(name)
    if isinstance(found, artifacts.Missing):
        unavailable(found.reason)
    return found


def unavailable(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"a server that tests need is not there, and on CI that is an error: {reason}", pytrace=False)
    pytest.skip(f"{UNAVAILABLE}{reason}")


def make_kafka(folder: Path, **settings: Any) -> KafkaServer:
    return KafkaServer(folder, fetched("kafka"), _java(), **settings)


def make_elastic(folder: Path, **settings: Any) -> ElasticServer:
    return ElasticServer(folder, fetched("elastic"), _java(), **settings)


def make_prism(folder: Path, **settings: Any) -> PrismServer:
    return PrismServer(folder, fetched("prism"), **settings)


def _java() -> artifacts.Java:
    found = artifacts.java()
    assert isinstance(found, artifacts.Java), "the servers were fetched with it"
    return found


def _shared(make: Callable[..., Server], folder: Path) -> Iterator[Server]:
    server = make(folder)
    _started.append(server)
    with server:
        yield server.start()


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Kafka for all tests: take topics of your own, and don't kill it."""
    yield from _shared(make_kafka, tmp_path_factory.mktemp("kafka"))


@pytest.fixture(scope="session")
def elastic_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Elasticsearch for all tests: take indices and templates of your own, and don't kill it."""
    yield from _shared(make_elastic, tmp_path_factory.mktemp("elastic"))


@pytest.fixture(scope="session")
def prism_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Prism for all tests: cancel the jobs that you started, and don't kill it."""
    yield from _shared(make_prism, tmp_path_factory.mktemp("prism"))


def _starter(make: Callable[..., Server], folder: Path) -> Iterator[Callable[..., Server]]:
    own: list[Server] = []

    def start(**settings: Any) -> Server:
        server = make(folder / f"server-{len(own)}", **settings)
        own.append(server)
        _started.append(server)
        return server.start()

    yield start
    for server in own:
        server.close()


@pytest.fixture
def start_kafka(tmp_path: Path) -> Iterator[Callable[..., KafkaServer]]:
    """Starts a Kafka for this test alone: `start_kafka(sasl=True)`; it may be killed, and ends with the test."""
    yield from _starter(make_kafka, tmp_path / "kafka")


@pytest.fixture
def start_elastic(tmp_path: Path) -> Iterator[Callable[..., ElasticServer]]:
    """Starts an Elasticsearch for this test alone: `start_elastic(security=True)`; it may be killed."""
    yield from _starter(make_elastic, tmp_path / "elastic")


@pytest.fixture
def start_prism(tmp_path: Path) -> Iterator[Callable[..., PrismServer]]:
    """Starts a Prism for this test alone; it may be killed, and ends with the test."""
    yield from _starter(make_prism, tmp_path / "prism")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what needs servers, so that `-m "not servers"` leaves it out, and let its time-out cover the test alone."""
    if not servers_of(item):
        return
    item.add_marker("servers")
    own = item.get_closest_marker("timeout")
    limit_s = own.args[0] if own and own.args else TEST_LIMIT_S
    item.add_marker(pytest.mark.timeout(limit_s, func_only=True), append=False)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with servers come last, so that fetching goes on behind the others and fewest servers run at a time; of
    these the longest first, which are those that need most servers, so that workers end together.
    """
    items.sort(key=lambda item: (bool(servers_of(item)), -len(servers_of(item)), sorted(servers_of(item))))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to fetch what the chosen tests need; the fixtures wait for it at the lock of each entry."""
    needed = sorted(set().union(*(servers_of(item) for item in session.items)))
    if needed and not session.config.option.collectonly:
        with Path(os.devnull).open("wb") as nowhere:
            _prefetch.append(Guarded([sys.executable, artifacts.__file__, *needed], nowhere, folder=Path.cwd()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add to a failure what the running servers said last."""
    report = yield
    if report.failed and servers_of(item):
        report.sections += [(f"end of {server.log_file}", server.log_tail(15)) for server in _started if server.running]
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep the servers' folders for who looks into a failure; else leave only the logs."""
    for process in _prefetch:
        process.end()
    if session.testsfailed == 0:
        for server in _started:
            shutil.rmtree(server.folder / "data", ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say clearly what was not tested."""
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])]
    # From the reports, for with several workers none of them ran in this process.
    missing = Counter(reason.partition(UNAVAILABLE)[2] for reason in reasons if UNAVAILABLE in reason)
    for reason, tests in sorted(missing.items()):
        terminalreporter.write_line(f"skipped {tests} tests that need a real server: {reason}", yellow=True)
