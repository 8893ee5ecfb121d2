"""Bulk writing: bounded requests, every document written or refused with a reason, and patience with a busy server.

One line of the server's answer for each document:

    2xx, 409 (a higher version is there), 404 of a deletion -> done
    429, 5xx, blocked (its disk is full)                    -> again, after a growing pause
    no such index (it was dropped)                          -> again, once the index is made again
    400 that is about the document itself                   -> refused, with the reason
    anything else (no right to write, a closed index ...)   -> unavailable, with the remedy

No answer, or one error for all of it: 413 -> again in halves; 429, 5xx, no connection, no answer in time -> again and
smaller; anything else -> unavailable. One request is under way at a time, so whoever writes waits with the server.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from connectors.elastic_documents import Prepared, server_id
from connectors.elastic_options import ElasticOptions, NotNowError, Patience, faults, is_too_large, reason
from connectors.ports import Document, Rejected
from schemas.errors import IndexUnavailableError

REQUEST_BYTES: Final = 8 * 1024 * 1024
"""A node holds each request in memory, and answers the sooner the smaller it is; larger ones are no faster."""
REQUEST_DOCUMENTS: Final = 1000
_SMALL: Final = 50
_SMALL_BYTES: Final = 256 * 1024
"""A request of no more than these is not made smaller when it did not go through: its size was not the cause."""
_DOCUMENT_FAULTS: Final = frozenset(
    {
        "document_parsing_exception",
        "illegal_argument_exception",
        "mapper_parsing_exception",
        "max_bytes_length_exceeded_exception",
        "strict_dynamic_mapping_exception",
    }
)
"""What a server says of a document that it will never take."""

_encode: Final = msgspec.json.Encoder().encode


class Operation(NamedTuple):
    """One document to write, or to delete (then `document` is None and `body` empty)."""

    where: str
    head: bytes
    body: bytes = b""
    document: Document | None = None


def writing(index: str, prepared: Prepared) -> Operation:
    """Return the operation that writes a document, unless a higher version of it is there."""
    version = {"version": prepared.document.version, "version_type": "external_gte"}
    head = _encode({"index": {"_index": index, "_id": prepared.server_id, **version}})
    return Operation(index, head, prepared.body, prepared.document)


def deleting(index: str, document_id: str) -> Operation:
    """Return the operation that deletes a document, if it is there."""
    return Operation(index, _encode({"delete": {"_index": index, "_id": server_id(document_id)}}))


class BulkWriter:
    """Carries out operations in their order; `restore` makes the indices again that are gone."""

    def __init__(self, options: ElasticOptions, client: Any, restore: Callable[[], None], *, patience_s: float) -> None:
        self._options = options
        self._client = client
        self._restore = restore
        self._patience_s = patience_s

    def write(self, operations: Sequence[Operation]) -> list[Rejected]:
        """Carry out all; return the documents that the server will never take.

        Raises IndexUnavailableError when the server took nothing for `patience_s`, or will not without help.
        """
        rejected: list[Rejected] = []
        for request in _requests(operations):
            self._write(request, rejected)
        return rejected

    def _write(self, request: list[Operation], rejected: list[Rejected]) -> None:
        patience = Patience(self._patience_s)
        waiting = [request]
        while waiting:
            sent = waiting.pop()
            try:
                again = self._send(sent, rejected)
            except NotNowError as error:
                patience.wait(error)
                waiting += self._halves(sent, rejected) if _may_be_too_much(sent) else [sent]
                continue
            except IndexUnavailableError as error:
                if not is_too_large(error):
                    raise
                waiting += self._halves(sent, rejected)
                continue
            if len(again) < len(sent):
                patience = Patience(self._patience_s)
            if again:
                patience.wait(NotNowError(f"{self._options.name}: it is too busy, or its disk is full"))
                waiting.append(again)

    def _send(self, sent: list[Operation], rejected: list[Rejected]) -> list[Operation]:
        """Send one request; add to `rejected`, and return what has to be sent again."""
        lines = [line for one in sent for line in (one.head, one.body) if line]
        with faults(self._options):
            answer = self._client.bulk(operations=lines)
        again: list[Operation] = []
        is_gone = False
        for one, item in zip(sent, answer["items"], strict=True):
            found = next(iter(item.values()))
            match _fate(found, is_deletion=one.document is None):
                case "again":
                    again.append(one)
                case "gone":
                    is_gone = True
                    again.append(one)
                case "refused":
                    assert one.document is not None
                    rejected.append(Rejected(one.document, reason(found)))
                case "barred":
                    raise IndexUnavailableError(f"{self._options.name}: it does not write: {reason(found)}")
        if is_gone:
            self._restore()
        return again

    def _halves(self, sent: list[Operation], rejected: list[Rejected]) -> list[list[Operation]]:
        """Cut a request in two, what comes first to be sent first: the last of a list is taken next."""
        if len(sent) == 1:
            [one] = sent
            if one.document is None:
                raise IndexUnavailableError(f"{self._options.name}: it takes no requests of any size (413)")
            size = f"its {len(one.body):,} bytes are more than the server takes in a request"
            rejected.append(Rejected(one.document, f"{size} (http.max_content_length)"))
            return []
        middle = len(sent) // 2
        return [sent[middle:], sent[:middle]]


def _may_be_too_much(sent: Sequence[Operation]) -> bool:
    """Tell whether a busy server may take a part of a request: it counts the bytes that are under way."""
    return len(sent) > _SMALL or (len(sent) > 1 and sum(len(one.body) for one in sent) > _SMALL_BYTES)


def _fate(item: Mapping[str, Any], *, is_deletion: bool) -> str:
    """Return done, again, gone, refused or barred."""
    status, said = item["status"], item.get("error")
    kind = said.get("type", "") if isinstance(said, Mapping) else ""
    if status < 300 or status == 409 or (status == 404 and is_deletion):
        return "done"
    if status == 429 or status >= 500 or kind == "cluster_block_exception":
        return "again"
    if kind == "index_not_found_exception":
        return "gone"
    return "refused" if kind in _DOCUMENT_FAULTS and not is_deletion else "barred"


def _requests(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Cut operations into requests of bounded size; their order stays."""
    request: list[Operation] = []
    size = 0
    for one in operations:
        if request and (size + len(one.body) > REQUEST_BYTES or len(request) == REQUEST_DOCUMENTS):
            yield request
            request, size = [], 0
        request.append(one)
        size += len(one.body)
    if request:
        yield request
