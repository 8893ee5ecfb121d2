"""Unpacking a response body piece by piece, so that a small answer can't become a huge one unnoticed."""

import zlib
from typing import Protocol

_GZIP = 16 + zlib.MAX_WBITS
ACCEPTED = "gzip, deflate"
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


class _Zlib:
    """gzip (also of several members) and deflate (with or without zlib's header)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._inner = zlib.decompressobj(_GZIP if gzip else zlib.MAX_WBITS)
        self._begun = False

    def feed(self, data: bytes, limit: int) -> bytes:
        out = bytearray()
        try:
            while data and len(out) <= limit:
                out += self._piece(data, limit + 1 - len(out))
                data = self._inner.unconsumed_tail or self._next_member()
        except zlib.error as error:
            raise EncodingError("the compressed body is broken") from error
        return bytes(out)

    def _piece(self, data: bytes, room: int) -> bytes:
        try:
            piece = self._inner.decompress(data, room)
        except zlib.error:
            if self._gzip or self._begun:
                raise
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
            piece = self._inner.decompress(data, room)
        self._begun = True
        return piece

    def _next_member(self) -> bytes:
        rest = self._inner.unused_data
        if self._gzip and rest.startswith(b"\x1f\x8b"):
            self._inner = zlib.decompressobj(_GZIP)
            return rest
        return b""

    def finish(self) -> None:
        if self._begun and not self._inner.eof:
            raise EncodingError("the compressed body ends too early")


def inflater(content_encoding: str) -> Inflater:
    """Return what unpacks a Content-Encoding. Raises EncodingError for one that was not asked for, or several."""
    name = content_encoding.strip().lower()
    if name in {"", "identity"}:
        return _Identity()
    if name in {"gzip", "x-gzip", "deflate"}:
        return _Zlib(gzip=name != "deflate")
    raise EncodingError(f"Content-Encoding {name[:40]!r} was not asked for")
