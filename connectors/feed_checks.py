"""Looking at a body before anything parses it: what it is, and whether it is made to hurt.

One pass of expat, with nothing built, finds bombs and measures depth, attributes and items; a body with too many items
is cut after the last one that fits. Bodies here are UTF-8 (see `feed_encoding`).
"""

import re
from typing import Final, NamedTuple
from xml.parsers import expat

_HEAD: Final = 4096
_HTML: Final = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_FEED: Final = re.compile(rb"<(?:[\w-]+:)?(?:rss|feed|rdf|channel)[\s>]", re.IGNORECASE)
_ITEM: Final = re.compile(rb"<(?:[\w-]+:)?(?:item|entry)[\s/>]")
_ITEM_END: Final = re.compile(rb"</(?:[\w-]+:)?(?:item|entry)\s*>")
_ROOT_END: Final = re.compile(rb"</(?:[\w-]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_ITEMS: Final = frozenset({"item", "entry"})
_MAX_DEPTH: Final = 100
_MAX_ATTRIBUTES: Final = 200


class HostileError(ValueError):
    """The body is made to cost more than a feed may."""


class Checked(NamedTuple):
    """A body that may be parsed; `cut` counts the items over the limit, `rest` is the part of an item in whose middle
    the body ends.
    """

    body: bytes
    cut: int = 0
    rest: bytes = b""


def is_json(body: bytes) -> bool:
    """Tell a JSON document from markup."""
    return body.lstrip()[:1] in {b"{", b"["}


def is_html(body: bytes) -> bool:
    """Tell a web page from a feed."""
    return bool(_HTML.search(body, 0, _HEAD)) and not _FEED.search(body, 0, _HEAD)


def check(body: bytes, max_items: int) -> Checked:
    """Check an XML body, and cut it when it has too many items. Raises HostileError."""
    survey = _Survey(max_items)
    if survey.read(body) or survey.cut_at is not None:
        return Checked(survey.shortened(body), max(0, survey.items - max_items))
    return _cut_broken(body, max_items)


def _cut_broken(body: bytes, max_items: int) -> Checked:
    """Cut a body that is not well-formed: where its first item too many seems to begin, or the half item at its end."""
    places = [found.start() for found in _ITEM.finditer(body)]
    if len(places) > max_items:
        return Checked(body[: places[max_items]], len(places) - max_items)
    if not places or _ROOT_END.search(body, places[-1]) or _ITEM_END.search(body, places[-1]):
        return Checked(body)
    return Checked(body[: places[-1]], rest=body[places[-1] :])


class _Survey:
    """One pass over a body with expat."""

    def __init__(self, max_items: int) -> None:
        self.items = 0
        self.cut_at: int | None = None
        self._max_items = max_items
        self._open: list[str] = []
        self._left: list[str] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._entity

    def read(self, body: bytes) -> bool:
        """Read a body as far as it is well-formed; tell whether all of it is. Raises HostileError."""
        try:
            self._parser.Parse(body, True)
        except expat.ExpatError:
            # The parser behind this has more patience.
            return False
        return True

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
        if self.cut_at is None:
            return body
        closing = "".join(f"</{name}>" for name in reversed(self._left))
        return body[: self.cut_at] + closing.encode()
