"""Markup to plain text: what an article says, without anything that could act."""

import html
import re
import unicodedata
from typing import Final

import nh3

_BLOCK: Final = re.compile(
    r"<(?:/?(?:p|div|br|li|h[1-6]|tr|blockquote|ul|ol|dl|dt|dd|table|section|article|figcaption|pre|hr))\b[^<>]*>",
    re.IGNORECASE,
)
"""Tags that end a line. No `<` inside, so that a text full of unclosed tags is read once and not once per tag."""
_SILENT: Final = {"script", "style", "noscript", "iframe", "object", "template", "svg", "math", "title", "head"}
_MARKUP: Final = re.compile(r"[<&]")
_BLANKS: Final = re.compile(r"[^\S\n]+")
_EMPTY_LINES: Final = re.compile(r"\s*\n\s*\n\s*")
_LINE_ENDS: Final = re.compile(r" ?\n ?")
_KEPT_INVISIBLE: Final = frozenset("\u200c\u200d\u200e\u200f")
"""Joiners, which Persian and Kurdish spelling needs, and plain direction marks. Overrides and isolates are removed:
they can make a text look like another."""


def _droppable() -> dict[int, str | None]:
    """Return a translation that removes control and format characters, surrogates and non-characters."""
    found: dict[int, str | None] = {}
    for code in (*range(0xA0), 0xAD, *range(0x0600, 0x0606), 0x061C, *range(0x200B, 0x2070), 0xFEFF, 0xFFFE, 0xFFFF):
        letter = chr(code)
        if unicodedata.category(letter) in {"Cc", "Cf", "Cn"} and letter not in _KEPT_INVISIBLE:
            found[code] = None
    found.update(dict.fromkeys((9, 11, 12, 13, 0x85), " "))
    del found[10]
    found.update(dict.fromkeys((0x2028, 0x2029), "\n"))
    return found


_DROP: Final = _droppable()


def plain(markup: str, max_chars: int) -> str:
    """Return the words of HTML: paragraphs as lines, entities read, scripts and styles gone; at most `max_chars`."""
    if _MARKUP.search(markup):
        broken = _BLOCK.sub(lambda tag: f"\n{tag.group()}", markup)
        stripped = nh3.clean(broken, tags=set(), clean_content_tags=_SILENT, strip_comments=True)
        markup = html.unescape(stripped)
    return tidy(markup[: max_chars * 2])[:max_chars]


def tidy(text: str) -> str:
    """Return NFC text without control characters, blanks folded, at most one empty line in a row."""
    whole = text.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").translate(_DROP)
    folded = _BLANKS.sub(" ", unicodedata.normalize("NFC", whole))
    return _LINE_ENDS.sub("\n", _EMPTY_LINES.sub("\n\n", folded)).strip()


def one_line(markup: str, max_chars: int) -> str:
    """Return the words of HTML in one line."""
    return " ".join(plain(markup, max_chars).split())
