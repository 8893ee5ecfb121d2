"""Looking at a body before anything parses it: what it is, and whether it is made to hurt.

One pass of expat, with nothing built, finds bombs and measures depth, attributes and items; a body with too many items
is cut after the last one that fits.
"""

import codecs
import re
from typing import Final, NamedTuple
from xml.parsers import expat

_HEAD: Final = 4096
_HTML: Final = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_FEED: Final = re.compile(rb"<(?:[\w-]+:)?(?:rss|feed|rdf|channel)[\s>]", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']""", re.IGNORECASE)
_ITEMS: Final = frozenset({"item", "entry"})
_MAX_DEPTH: Final = 100
_MAX_ATTRIBUTES: Final = 200
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0?\0", b"\0<\0?")
_ARABIC_SHARE: Final = 0.6


class HostileError(ValueError):
    """The body is made to cost more than a feed may."""


class Checked(NamedTuple):
    """A body that may be parsed; `cut` counts the items that were cut off."""

    body: bytes
    cut: int
    warnings: tuple[str, ...]


def is_json(body: bytes) -> bool:
    """Tell a JSON document from markup."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def is_html(body: bytes) -> bool:
    """Tell a web page from a feed."""
    head = body[:_HEAD].replace(b"\0", b"")
    return bool(_HTML.search(head)) and not _FEED.search(head)


def check(body: bytes, max_items: int) -> Checked:
    """Check an XML body, mend what can be mended. Raises HostileError."""
    body, warnings = _mend(body)
    survey = _Survey(max_items)
    survey.read(body)
    if survey.cut_at is not None:
        return Checked(survey.shortened(body), survey.items - max_items, warnings)
    return Checked(body, 0, warnings)


def _mend(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Remove NUL bytes from bodies of one-byte encodings, and read Arabic that claims to be UTF-8."""
    if body.startswith(_WIDE):
        return body, ()
    warnings = []
    body = body.lstrip(b" \t\r\n")
    if b"\0" in body:
        body = body.replace(b"\0", b"")
        warnings.append("NUL bytes removed")
    declared = _DECLARED.match(body[:_HEAD])
    if declared is None or declared.group(1).lower() in {b"utf-8", b"utf8"}:
        mended = _as_arabic(body)
        if mended is not None:
            return mended, (*warnings, "declared as UTF-8, read as windows-1256")
    return body, tuple(warnings)


def _as_arabic(body: bytes) -> bytes | None:
    """Return a body in UTF-8 that is really windows-1256: not UTF-8, and mostly Arabic letters beyond ASCII."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start > len(body) - 4:
            return None
    else:
        return None
    text = body.decode("windows-1256", "replace")
    beyond = [letter for letter in text if letter > "\x7f"]
    arabic = sum("\u0600" <= letter <= "\u06ff" for letter in beyond)
    return text.encode("utf-8") if arabic > _ARABIC_SHARE * len(beyond) else None


class _Survey:
    """One pass over a body with expat."""

    def __init__(self, max_items: int) -> None:
        self.items = 0
        self.cut_at: int | None = None
        self._max_items = max_items
        self._open: list[str] = []
        self._left: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._entity

    def read(self, body: bytes) -> None:
        """Read a body as far as it is well-formed. Raises HostileError."""
        try:
            self._parser.Parse(body, True)
        except HostileError:
            raise
        except (expat.ExpatError, LookupError, ValueError):
            # Not well-formed, or in an encoding that expat has not: the parser behind this has more patience.
            return

    def _entity(self, *_: object) -> None:
        raise HostileError("it declares entities")

    def _start(self, name: str, attributes: list[str]) -> None:
        self._open.append(name)
        if len(self._open) > _MAX_DEPTH:
            raise HostileError(f"elements are nested more than {_MAX_DEPTH} deep")
        if len(attributes) > 2 * _MAX_ATTRIBUTES:
            raise HostileError(f"an element has more than {_MAX_ATTRIBUTES} attributes")
        if name.rpartition(":")[2] in _ITEMS:
            self.items += 1
            if self.items == self._max_items + 1:
                self.cut_at = self._parser.CurrentByteIndex
                self._left = self._open[:-1]

    def _end(self, _name: str) -> None:
        self._open.pop()

    def shortened(self, body: bytes) -> bytes:
        """Return the body up to the cut, with what was open closed."""
        closing = "".join(f"</{name}>" for name in reversed(self._left))
        encoding = "utf-16-le" if body.startswith((b"\xff\xfe", b"<\0")) else "utf-8"
        encoding = "utf-16-be" if body.startswith((b"\xfe\xff", b"\0<")) else encoding
        return body[: self.cut_at] + closing.encode(encoding)
