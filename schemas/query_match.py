"""A query against the fields of one document, in memory: the same answer as an index gives."""

from collections.abc import Mapping
from typing import Any

from schemas.analysis import keyword, words
from schemas.document_checks import date_ms
from schemas.query_tree import And, Between, Everything, Exists, Node, Not, Or, Query, Value, Words
from schemas.query_words import places


class Subject:
    """A document's fields, folded when first needed: for many queries against one document."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields
        self._words: dict[str, list[str]] = {}

    def has(self, field: str) -> bool:
        """Tell whether a field has a value."""
        return self._fields.get(field) not in (None, "", [])

    def words(self, field: str) -> list[str]:
        """Return the words of a text field."""
        if field not in self._words:
            self._words[field] = words(self._fields.get(field) or "")
        return self._words[field]

    def values(self, field: str) -> list[str]:
        """Return the folded values of a keyword field or a boolean."""
        found = self._fields.get(field)
        if isinstance(found, bool):
            return ["true" if found else "false"]
        if isinstance(found, str):
            return [keyword(found)]
        return [keyword(value) for value in found or ()]

    def number(self, field: str) -> float | None:
        """Return a number, or a date in milliseconds since 1970."""
        found = self._fields.get(field)
        if isinstance(found, str):
            return date_ms(found)
        return found


def matches(query: Query, fields: Mapping[str, Any] | Subject) -> bool:
    """Tell whether a query finds a document with these fields, which fit the query's kind."""
    return _holds(query.root, fields if isinstance(fields, Subject) else Subject(fields))


def _holds(node: Node, subject: Subject) -> bool:
    match node:
        case And(parts):
            return all(_holds(part, subject) for part in parts)
        case Or(parts):
            return any(_holds(part, subject) for part in parts)
        case Not(part):
            return not _holds(part, subject)
        case Words():
            return any(next(places(node, subject.words(field)), None) is not None for field in node.fields)
        case _:
            return _holds_value(node, subject)


def _holds_value(node: Everything | Exists | Value | Between, subject: Subject) -> bool:
    match node:
        case Everything():
            return True
        case Exists(field):
            return subject.has(field)
        case Value(field, value, prefix):
            values = subject.values(field)
            return any(found.startswith(value) for found in values) if prefix else value in values
        case Between(field, low, high):
            number = subject.number(field)
            return number is not None and (low is None or low <= number) and (high is None or number <= high)
