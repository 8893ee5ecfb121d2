"""Settings of what an operator looks at: metrics, health and log lines."""

from typing import Final, Literal

import msgspec

from schemas.bounds import Positive

Level = Literal["debug", "info", "warning", "error"]
_HIGHEST_PORT: Final = 65535


class MetricsOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where metrics and health are served.

    `listen` is host:port for `kirkuk watch`, or for a stage that runs by itself; empty: nowhere. Whoever reaches it can
    read numbers and names of channels, so leave it on loopback or a private network. A stage that makes no step for
    `live_within_s` counts as hung (/health/live); one whose oldest undone record is older than `ready_lag_s` as not
    ready (/health/ready).
    """

    listen: str = "127.0.0.1:9464"
    live_within_s: Positive = 120.0
    ready_lag_s: Positive = 600.0

    def faults(self) -> list[str]:
        """Return what is wrong, each with its key and the remedy."""
        try:
            _ = split_address(self.listen) if self.listen else None
        except ValueError as error:
            return [f"metrics.listen: {error}"]
        return []


class LogOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is logged: `level` for all, and another one for a stage that names it.

    info: a line for each poll with news, relevant article, development and alert. debug: for every article.
    """

    level: Level = "warning"
    ingest: Level | None = None
    match: Level | None = None
    alert: Level | None = None

    def of(self, stage: str) -> str:
        """Return the level of a stage, as `logging` names it."""
        return (getattr(self, stage, None) or self.level).upper()


def split_address(listen: str) -> tuple[str, int]:
    """Return host and port of "127.0.0.1:9464" or "[::1]:9464". Raises ValueError naming the remedy."""
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise ValueError(f'{listen!r} is no address; write "127.0.0.1:9464", or "" for none')
    return host, int(port)
