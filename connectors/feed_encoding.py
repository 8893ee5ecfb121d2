"""From the bytes of a feed to UTF-8, whatever they claim to be.

Servers name encodings out of habit, so what the bytes themselves show counts for more than what is declared: a byte
order mark, then UTF-8 (also with a few broken letters, as programs leave them that cut texts by bytes), then what the
document declares, then what the header says, then a guess by the letters.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE_WIDE: Final = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_DECLARATION: Final = re.compile(rb"<\?xml\s[^>]{0,300}\?>", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"""encoding\s*=\s*["']\s*([\w.:-]{1,40})\s*["']""", re.IGNORECASE)
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_TURKISH: Final = re.compile(rb"""<(?:dc:)?language>\s*tr\b|xml:lang\s*=\s*["']tr\b""", re.IGNORECASE)
_NUMBER: Final = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,12})|([0-9]{1,12}));?")
_CONTROLS: Final = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_NEVER_LETTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_REPLACED: Final = "\N{REPLACEMENT CHARACTER}"
_ARABIC_SHARE: Final = 0.6
_FEW_LETTERS: Final = 10
_TRUSTED: Final = re.compile(
    r"iso8859-\d+|cp(125\d|866|874|932|949|950)|koi8-\w|mac-\w+|gb18030|gbk|gb2312|big5|euc_\w+|shift_jis|utf-8|ascii"
)
"""Codecs that a stranger may name. Python has others, which unpack archives or take quadratic time."""
_AS_BROWSERS_READ: Final = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}


class Readable(NamedTuple):
    """A body in UTF-8 without byte order mark, XML declaration or characters that XML does not allow."""

    body: bytes
    warnings: tuple[str, ...]


def to_utf8(body: bytes, content_type: str) -> Readable:
    """Read a body; `content_type` is the header, or empty. What had to be guessed or mended is told in warnings."""
    decoded, warnings = _decoded(body, content_type)
    text = _DECLARATION.sub(b"", decoded.lstrip(), count=1) if decoded.lstrip()[:5].lower() == b"<?xml" else decoded
    cleaned = _without_controls(text)
    if b"\0" in text:
        warnings = (*warnings, "NUL bytes removed")
    return Readable(_NUMBER.sub(_allowed, cleaned) if b"&#" in cleaned else cleaned, warnings)


def _without_controls(body: bytes) -> bytes:
    body = body.translate(None, _CONTROLS).lstrip()
    for sequence in _NEVER_LETTERS:
        body = body.replace(sequence, b"")
    return body


def _allowed(number: re.Match[bytes]) -> bytes:
    """Keep a numeric reference to a character that XML allows."""
    code = int(number[1], 16) if number[1] else int(number[2])
    if code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
        return number[0]
    return _REPLACED.encode()


def _decoded(body: bytes, content_type: str) -> tuple[bytes, tuple[str, ...]]:
    for mark, encoding in (*_MARKS, *_BARE_WIDE):
        if body.startswith(mark):
            skipped = len(mark) if ord("<") not in mark else 0
            return _mended(body[skipped:].decode(encoding, "replace"), encoding)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return _from_declared(body, content_type)
    return body, ()


def _mended(text: str, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    broken = text.count(_REPLACED)
    warnings = (f"{broken} characters that are not {encoding} were replaced",) if broken else ()
    return text.encode("utf-8", "replace"), warnings


def _from_declared(body: bytes, content_type: str) -> tuple[bytes, tuple[str, ...]]:
    text = body.decode("utf-8", "replace")
    broken = text.count(_REPLACED)
    if broken <= sum(letter > "\x7f" for letter in text) - broken:
        return _mended(text, "utf-8")
    for encoding in _named(body, content_type):
        if encoding != "utf-8":
            return _mended(body.decode(encoding, "replace"), encoding)
    guess = _guess(body)
    return body.decode(guess, "replace").encode(), (
        f"read as {guess.replace('cp', 'windows-')}: no declared encoding fits",
    )


def _named(body: bytes, content_type: str) -> Iterator[str]:
    """Yield the codecs that the document and the header name."""
    declaration = _DECLARATION.match(body.lstrip())
    inside = _DECLARED.search(declaration.group()) if declaration else None
    outside = _CHARSET.search(content_type)
    for label in (inside.group(1).decode("latin-1") if inside else "", outside.group(1) if outside else ""):
        try:
            name = codecs.lookup(label).name
        except (LookupError, ValueError):
            continue
        if _TRUSTED.fullmatch(name):
            yield _AS_BROWSERS_READ.get(name, name)


def _guess(body: bytes) -> str:
    """Tell Arabic, Turkish and western one-byte encodings apart."""
    beyond = [letter for letter in body.decode("cp1256") if letter > "\x7f"]
    arabic = sum("\u0600" <= letter <= "\u06ff" for letter in beyond)
    if arabic > max(_FEW_LETTERS, _ARABIC_SHARE * len(beyond)):
        return "cp1256"
    return "cp1254" if _TURKISH.search(body) else "cp1252"
