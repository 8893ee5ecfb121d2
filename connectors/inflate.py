"""Unpacking a response body piece by piece, so that a small answer can't become a huge one unnoticed."""

import zlib
from typing import Final, Protocol

_GZIP: Final = 16 + zlib.MAX_WBITS
_MOST_MEMBERS: Final = 1000
"""A gzip body may be cut into members, each of which costs a fresh start; servers make one, some a few dozen."""
ACCEPTED: Final = "gzip, deflate"
"""Encodings that are asked for: those that can be unpacked within a limit by the standard library."""


class EncodingError(ValueError):
    """The body is not what its Content-Encoding says."""


class Inflater(Protocol):
    """Takes pieces of a body."""

    def feed(self, data: bytes, limit: int) -> bytes:
        """Return what `data` unpacks to, at most about `limit` + 1 bytes of it. Raises EncodingError."""

    def finish(self) -> None:
        """Raise EncodingError when the body ended too early."""


class _Identity:
    def feed(self, data: bytes, limit: int) -> bytes:
        return data[: limit + 1]

    def finish(self) -> None:
        return


class _Gzip:
    """gzip, also of several members; what follows the last one is ignored, as browsers do."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP)
        self._members = 0
        self._begun = False

    def feed(self, data: bytes, limit: int) -> bytes:
        out = bytearray()
        self._begun = self._begun or bool(data)
        try:
            while data and len(out) <= limit:
                out += self._inner.decompress(data, limit + 1 - len(out))
                data = self._inner.unconsumed_tail or self._next_member()
        except zlib.error as error:
            raise EncodingError("the compressed body is broken") from error
        return bytes(out)

    def _next_member(self) -> bytes:
        rest = self._inner.unused_data
        if not rest.startswith(b"\x1f\x8b"):
            return b""
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise EncodingError(f"the compressed body has more than {_MOST_MEMBERS} members")
        self._inner = zlib.decompressobj(_GZIP)
        return rest

    def finish(self) -> None:
        if self._begun and not self._inner.eof:
            raise EncodingError("the compressed body ends too early")


class _Deflate:
    """deflate, with zlib's header as the standard says or without it as some servers send it: two bytes tell."""

    def __init__(self) -> None:
        self._head = b""
        self._inner: zlib._Decompress | None = None

    def feed(self, data: bytes, limit: int) -> bytes:
        if self._inner is None:
            data = self._head + data
            if len(data) < 2:
                self._head = data
                return b""
            has_header = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2], "big") % 31 == 0
            self._head = b""
            self._inner = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        try:
            return self._inner.decompress(data, limit + 1)
        except zlib.error as error:
            raise EncodingError("the compressed body is broken") from error

    def finish(self) -> None:
        if self._head or (self._inner is not None and not self._inner.eof):
            raise EncodingError("the compressed body ends too early")


def inflater(content_encoding: str) -> Inflater:
    """Return what unpacks a Content-Encoding. Raises EncodingError for one that was not asked for, or several."""
    name = content_encoding.strip().lower()
    if name in {"", "identity"}:
        return _Identity()
    if name in {"gzip", "x-gzip"}:
        return _Gzip()
    if name == "deflate":
        return _Deflate()
    raise EncodingError(f"Content-Encoding {name[:40]!r} was not asked for")
