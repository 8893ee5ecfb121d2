"""Documents as the search server holds them: the fields as they are, and `lookup`, which our searches use.

What is looked up is folded here, by the code that folds it on every backend, so that the same queries find the same.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec

from connectors.facets import COUNTED_TYPES, facet_values
from connectors.paging import newest_key
from schemas.analysis import keyword, words
from schemas.document_checks import encode_fields
from schemas.documents import FIELDS, Document

SEPARATOR: Final = "\x1f"
"""Between a folded value and its spelling in `lookup.facets`; folding leaves no control characters."""
_LONGEST_ID: Final = 512
"""Bytes that Elasticsearch takes for an id."""
_LONGEST_SPELLING: Final = 2000
_MAX_STEMMED: Final = 200_000
"""Characters of a text that are searched by stems. What is longer is no article; its words are found all the same."""
LANGUAGES: Final = frozenset({"en", "ar", "ckb", "kmr", "tr", "fa"})
"""Languages whose texts are also searched by stems; a document that names none is in English."""
_STEMMED: Final = ("title", "text", "quote", "summary", "quotes")

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_encode: Final = msgspec.json.Encoder().encode


class Prepared(NamedTuple):
    """A document on its way in: the server's id of it, and its body as JSON."""

    document: Document
    server_id: str
    body: bytes


def is_id(document_id: str) -> bool:
    """Tell whether a document may have this id."""
    try:
        return bool(document_id.encode())
    except UnicodeEncodeError:
        return False


def server_id(document_id: str) -> str:
    """Return the id that the server gets: the document's, or a hash of one that is too long."""
    encoded = document_id.encode()
    return document_id if len(encoded) <= _LONGEST_ID else f"#{blake2b(encoded, digest_size=32).hexdigest()}"


def prepare(document: Document) -> Prepared:
    """Return what is sent of a document. Raises UnfitError for one that no index takes."""
    fields = _decode(encode_fields(document))
    body = _encode({**fields, "lookup": _lookup(document.kind, document.id, fields)})
    return Prepared(document, server_id(document.id), body)


def _lookup(kind: str, document_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    types = FIELDS[kind]
    return {
        "id": document_id,
        "newest": newest_key(kind, document_id, fields),
        "terms": list(dict.fromkeys(_terms(kind, fields))),
        "words": {name: " ".join(words(value)) for name, value in fields.items() if types[name] == "text"},
        "facets": {name: _counted(kind, name, fields) for name in fields if types[name] in COUNTED_TYPES},
        "stems": _stems(fields),
    }


def _terms(kind: str, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield a term for each value, and for each field that has one."""
    for name, value in fields.items():
        if value in ("", [], None):
            continue
        yield has_term(name)
        match FIELDS[kind][name]:
            case "keyword":
                yield value_term(name, keyword(value))
            case "keywords":
                yield from (value_term(name, keyword(each)) for each in value)
            case "boolean":
                yield value_term(name, "true" if value else "false")
            case _:
                pass


def has_term(field: str) -> str:
    """Return the term of documents in which a field has a value."""
    return f"{field}?"


def value_term(field: str, folded: str) -> str:
    """Return the term of documents in which a field has this folded value; its beginning is that of a prefix."""
    return f"{field}={folded}"


def _counted(kind: str, name: str, fields: Mapping[str, Any]) -> list[str]:
    spellings = {keyword(value): value for value in facet_values(kind, name, fields)}
    return [f"{folded}{SEPARATOR}{value[:_LONGEST_SPELLING]}" for folded, value in spellings.items()]


def _stems(fields: Mapping[str, Any]) -> dict[str, str]:
    language = fields.get("language") or "en"
    texts = [fields[name] for name in _STEMMED if fields.get(name)]
    return {language: "\n".join(texts)[:_MAX_STEMMED]} if language in LANGUAGES and texts else {}
