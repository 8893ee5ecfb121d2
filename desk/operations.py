"""Puts metrics and health of a running process together and serves them: of one stage, or of the watch for all."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import msgspec

from connectors.findings import Finding
from connectors.ports import Clock
from desk.health import StageView, liveness, readiness
from desk.metrics_page import CONTENT_TYPE, measured, render
from desk.metrics_server import Answer, MetricsServer, Route
from desk.operation_options import split_address
from desk.probe import EVERY_S, Probe
from desk.settings import Settings

Views = Callable[[], Sequence[StageView]]
_logger = logging.getLogger(__name__)
_JSON: Final = "application/json"


@contextmanager
def serving(
    settings: Settings, views: Views, clock: Clock, *, every_s: float = EVERY_S
) -> Iterator[MetricsServer | None]:
    """Serve metrics and health while the block runs, where the settings say so; yield the server.

    An address that can't be had is told and no more: news must go through without numbers about it.
    """
    if (server := _open(settings, views, clock, every_s)) is None:
        yield None
        return
    try:
        yield server
    finally:
        server.close()


def _open(settings: Settings, views: Views, clock: Clock, every_s: float) -> MetricsServer | None:
    listen = settings.metrics.listen
    if not listen:
        return None
    probe = Probe(settings, clock, every_s=every_s)
    try:
        server = MetricsServer(split_address(listen), routes(settings, views, probe, clock), on_close=probe.stop)
    except OSError as error:
        _logger.warning(
            "metrics.listen: %s can't be had (%s), so this process serves no metrics; name another address there or in "
            'KIRKUK_METRICS_LISTEN, or "" for none',
            listen,
            error.strerror or error,
        )
        return None
    probe.start()
    server.start()
    _logger.info("metrics.serving", extra={"address": ":".join(map(str, server.address))})
    return server


def routes(settings: Settings, views: Views, probe: Probe, clock: Clock) -> dict[bytes, Route]:
    """Return what is served, by path."""
    options = settings.metrics

    def ready() -> Answer:
        return _health(readiness(views(), probe.sight, clock.now(), options, every_s=probe.every_s))

    return {
        b"/metrics": lambda: Answer(HTTPStatus.OK, CONTENT_TYPE, render(views(), probe.sight)),
        b"/health/live": lambda: _health(liveness(views(), clock.now(), options)),
        b"/health/ready": ready,
    }


def _health(findings: Sequence[Finding]) -> Answer:
    failed = any(finding.state == "failed" for finding in findings)
    body = msgspec.json.encode({"status": "failed" if failed else "ok", "checks": findings})
    return Answer(HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK, _JSON, body + b"\n")


def own_view(stage: str) -> Views:
    """Return how a stage that runs in this process sees itself."""
    started = time.time()
    return lambda: [StageView(stage, running=True, started=started, families=measured(stage))]
