"""Events as the bytes that a log keeps, with the limits and the errors that all logs share."""

from collections.abc import Sequence
from typing import Final

from connectors.ports import Append, Stored
from schemas.envelope import decode, encode
from schemas.errors import LogError, RecordError, RecordTooLargeError

MAX_EVENT_BYTES: Final = 16 * 1024 * 1024
"""Far above any article, far below what would stall every consumer behind it."""
READ_BUDGET_BYTES: Final = 64 * 1024 * 1024
"""One read returns fewer than `limit` events rather than hold more than this in memory."""


def encode_appends(appends: Sequence[Append], max_event_bytes: int) -> list[tuple[str, str, bytes]]:
    """Return (stream, event id, body) of each. Raises RecordTooLargeError; LogError for text that is no Unicode."""
    encoded = []
    for stream, event in appends:
        try:
            body = encode(event)
        except UnicodeEncodeError as error:
            name = event.id.encode(errors="backslashreplace").decode()
            raise LogError(f"{stream}: event {name} holds half a surrogate pair; clean the text first") from error
        if len(body) > max_event_bytes:
            raise RecordTooLargeError(
                f"{stream}: event {event.id} has {len(body):,} bytes, more than the {max_event_bytes:,} of one record"
            )
        encoded.append((stream, event.id, body))
    return encoded


def decode_stored(stream: str, position: int, body: bytes) -> Stored:
    """Return the event at its place. Raises RecordError that names the place."""
    try:
        return Stored(position, decode(body))
    except (RecordError, RecursionError) as error:
        raise RecordError(f"{stream} position {position}: {error}") from error
