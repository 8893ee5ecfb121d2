"""Bulk writing: bounded requests, every document written or refused with a reason, and patience with a busy server.

409 (a higher version is there) -> done       429, 5xx, no connection -> again, after a growing pause
other 4xx of one document -> refused          413 -> again in halves    401, 403 -> unavailable, with the remedy
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from connectors.elastic_documents import Prepared
from connectors.elastic_options import ElasticOptions, faults, reason
from connectors.ports import Rejected
from schemas.errors import IndexUnavailableError

REQUEST_BYTES: Final = 8 * 1024 * 1024
"""A node holds each request in memory, and answers the sooner the smaller it is; larger ones are no faster."""
REQUEST_DOCUMENTS: Final = 1000
_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_BUSY: Final = frozenset({429, 502, 503, 504})

_encode: Final = msgspec.json.Encoder().encode


class BulkWriter:
    """Sends one request after another: what the server can't take yet waits here, and so do those who write."""

    def __init__(self, options: ElasticOptions, client: Any, restore: Callable[[], None], *, patience_s: float) -> None:
        self._options = options
        self._client = client
        self._restore = restore
        """Makes an index that is gone again."""
        self._patience_s = patience_s

    def write(self, index_of: Callable[[str], str], prepared: Sequence[Prepared]) -> list[Rejected]:
        """Write all; return what the server will never take. Raises IndexUnavailableError after `patience_s`."""
        rejected: list[Rejected] = []
        for request in _requests(prepared):
            rejected += self._write(index_of, request)
        return rejected

    def _write(self, index_of: Callable[[str], str], request: list[Prepared]) -> list[Rejected]:
        rejected: list[Rejected] = []
        deadline = time.monotonic() + self._patience_s
        pause_s = _PAUSE_S
        waiting = [request]
        while waiting:
            sent = waiting.pop()
            try:
                again = self._send(index_of, sent, rejected)
            except _TooLargeError:
                waiting += _halves(sent, rejected)
                continue
            except _BusyError as error:
                again, cause = sent, error.cause
            else:
                cause = IndexUnavailableError(f"{self._options.name}: it is too busy or short of disk space")
            if again:
                if time.monotonic() + pause_s > deadline:
                    raise cause
                # Jitter keeps many workers from coming back at once.
                time.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 (not a secret)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                waiting.append(again)
        return rejected

    def _send(self, index_of: Callable[[str], str], sent: list[Prepared], rejected: list[Rejected]) -> list[Prepared]:
        """Send one request; add to `rejected`, and return what has to be sent again."""
        import elasticsearch

        try:
            with faults(self._options):
                answer = self._client.bulk(operations=list(_lines(index_of, sent)))
        except IndexUnavailableError as error:
            cause = error.__cause__
            if isinstance(cause, elasticsearch.ApiError) and cause.status_code == 413:
                raise _TooLargeError from error
            is_busy = isinstance(cause, elasticsearch.ApiError) and cause.status_code in _BUSY
            if is_busy or isinstance(cause, elasticsearch.ConnectionError | elasticsearch.ConnectionTimeout):
                raise _BusyError(error) from error
            raise
        return self._sorted(sent, [next(iter(item.values())) for item in answer["items"]], rejected)

    def _sorted(self, sent: list[Prepared], items: list[Mapping[str, Any]], rejected: list[Rejected]) -> list[Prepared]:
        again = []
        is_gone = False
        for one, item in zip(sent, items, strict=True):
            status, said = item["status"], item.get("error", {})
            kind = said.get("type", "") if isinstance(said, Mapping) else ""
            if status < 300 or status == 409:
                continue
            if status == 429 or status >= 500 or kind == "cluster_block_exception":
                again.append(one)
            elif kind == "index_not_found_exception":
                is_gone = True
                again.append(one)
            elif status in {401, 403}:
                raise IndexUnavailableError(f"{self._options.name}: it refuses to write: {reason(said)}")
            else:
                rejected.append(Rejected(one.document, reason(said)))
        if is_gone:
            self._restore()
        return again


class _TooLargeError(Exception):
    """The request was too large for the server."""


class _BusyError(Exception):
    """The server can't take the request now."""

    def __init__(self, cause: IndexUnavailableError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _halves(sent: list[Prepared], rejected: list[Rejected]) -> list[list[Prepared]]:
    if len(sent) == 1:
        size = len(sent[0].body)
        rejected.append(Rejected(sent[0].document, f"its {size:,} bytes are more than the server takes in a request"))
        return []
    middle = len(sent) // 2
    # What comes first is sent first: the last of a list is taken next.
    return [sent[middle:], sent[:middle]]


def _requests(prepared: Sequence[Prepared]) -> Iterator[list[Prepared]]:
    """Cut documents into requests of bounded size; their order stays."""
    request: list[Prepared] = []
    size = 0
    for one in prepared:
        if request and (size + len(one.body) > REQUEST_BYTES or len(request) == REQUEST_DOCUMENTS):
            yield request
            request, size = [], 0
        request.append(one)
        size += len(one.body)
    if request:
        yield request


def _lines(index_of: Callable[[str], str], sent: Sequence[Prepared]) -> Iterator[bytes]:
    for one in sent:
        version = max(one.document.version, 0)
        action = {
            "_index": index_of(one.document.kind),
            "_id": one.server_id,
            "version": version,
            "version_type": "external_gte",
        }
        yield _encode({"index": action})
        yield one.body
