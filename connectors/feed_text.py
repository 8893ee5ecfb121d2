"""Markup to plain text: what an article says, without anything that could act."""

import html
import re
import unicodedata
from typing import Final

import nh3

_BLOCK: Final = re.compile(
    r"<(?:/?(?:address|article|aside|blockquote|br|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|"
    r"footer|form|h[1-6]|header|hgroup|hr|li|listing|main|menu|nav|ol|p|plaintext|pre|search|section|summary|table|"
    r"tbody|td|tfoot|th|thead|tr|ul|xmp))(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
"""Tags that end a line. They give way to a line end before anything else looks at the text: nesting them costs an HTML
parser quadratic time. No `<` inside, so that a text full of unclosed tags is read once and not once per tag."""
_SILENT_NAMES: Final = "script|style|noscript|iframe|object|template|svg|math|title|head"
_SILENT: Final = set(_SILENT_NAMES.split("|"))
_SILENT_EDGE: Final = re.compile(rf"<(/?)({_SILENT_NAMES})\b[^<>]*>?", re.IGNORECASE)
_TAG: Final = re.compile(r"<(/?)([a-z][^\s/<>]*)", re.IGNORECASE)
_ANY_TAG: Final = re.compile(r"<[/!?a-zA-Z][^<>]*>?")
_NEVER_CLOSED: Final = frozenset(
    {"area", "base", "col", "embed", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_FEW_TAGS: Final = 1000
_MAX_DEPTH: Final = 500
"""An HTML parser looks through all open elements at every tag. Real articles are at most some dozen deep."""
_MARKUP: Final = re.compile(r"[<&]")
_BLANKS: Final = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
_EMPTY_LINES: Final = re.compile(r"\s*\n\s*\n\s*")
_LINE_ENDS: Final = re.compile(r" ?\n ?")
_JOINERS: Final = "\u200c\u200d"
_IDLE_JOINERS: Final = re.compile(rf"(?<![\u0600-\u06ff\u0750-\u077f\u08a0-\u0dff\ufb50-\ufefc])[{_JOINERS}]+")
"""Joiners are part of spelling after Arabic and Indic letters; elsewhere they only hide a word from a search."""


def _droppable() -> dict[int, str | None]:
    """Return a translation that removes control and format characters (also those that turn the direction of text),
    private ones and non-characters.
    """
    found: dict[int, str | None] = {}
    for code in (*range(0xA0), 0xAD, *range(0x0600, 0x0606), 0x061C, *range(0x200B, 0x2070), 0xFEFF, 0xFFFE, 0xFFFF):
        letter = chr(code)
        if unicodedata.category(letter) in {"Cc", "Cf", "Cn"} and letter not in _JOINERS:
            found[code] = None
    found.update(dict.fromkeys((*range(0xE000, 0xF900), *range(0xE0000, 0xE0080))))
    found.update(dict.fromkeys((9, 11, 12, 0x85), " "))
    found.update(dict.fromkeys((10, 13, 0x2028, 0x2029), "\n"))
    return found


_DROP: Final = _droppable()


def plain(markup: str, max_chars: int) -> str:
    """Return the words of HTML: paragraphs as lines, entities read, scripts and styles gone; at most `max_chars`."""
    if not _MARKUP.search(markup):
        return tidy(markup)[:max_chars]
    if _BLOCK.search(markup):
        # Where tags make the lines, line ends in the source are blanks.
        markup = _BLOCK.sub("\n", markup.replace("\n", " ").replace("\r", " "))
    return tidy(html.unescape(_stripped(markup)))[:max_chars]


def _stripped(markup: str) -> str:
    """Take the tags out of HTML, and what is in silent ones."""
    if "<" not in markup:
        return markup
    if markup.count("<") > _FEW_TAGS and _depth(markup) > _MAX_DEPTH:
        return _ANY_TAG.sub("", _without_silent(markup))
    return nh3.clean(markup, tags=set(), clean_content_tags=_SILENT, strip_comments=True)


def _depth(markup: str) -> int:
    """Estimate from above how deep elements are nested."""
    depth = deepest = 0
    for tag in _TAG.finditer(markup):
        if tag[1]:
            depth = max(0, depth - 1)
        elif tag[2].lower() not in _NEVER_CLOSED:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _without_silent(markup: str) -> str:
    kept: list[str] = []
    begin, inside = 0, ""
    for edge in _SILENT_EDGE.finditer(markup):
        name = edge[2].lower()
        if not inside:
            kept.append(markup[begin : edge.start()])
            inside = "" if edge[1] else name
            begin = edge.end()
        elif edge[1] and name == inside:
            inside, begin = "", edge.end()
    return "".join(kept) + ("" if inside else markup[begin:])


def tidy(text: str) -> str:
    """Return NFC text without control characters, blanks folded, at most one empty line in a row."""
    whole = text.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").translate(_DROP)
    if _JOINERS[0] in whole or _JOINERS[1] in whole:
        whole = _IDLE_JOINERS.sub("", whole)
    folded = _BLANKS.sub(" ", unicodedata.normalize("NFC", whole))
    return _LINE_ENDS.sub("\n", _EMPTY_LINES.sub("\n\n", folded)).strip()


def one_line(markup: str, max_chars: int) -> str:
    """Return the words of HTML in one line."""
    return " ".join(plain(markup, max_chars).split())
