"""Index templates, joined from schemas/elastic: the only mapping there is."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

import schemas
from connectors.elastic_options import ElasticOptions, client_settings, faults
from schemas.documents import FIELDS

FOLDER: Final = Path(schemas.__file__).parent / "elastic"
LAYOUT: Final = 1
"""Grows with every change of schemas/elastic, so that a server's templates are seen to be older."""
KINDS: Final[tuple[str, ...]] = tuple(reversed(list(FIELDS)))
"""Articles last: their index says that a generation is complete."""


@lru_cache
def index_body(kind: str) -> dict[str, Any]:
    """Return settings and mappings of one kind's indices."""
    joined: dict[str, Any] = _joined(_read("common"), _read(kind))
    return joined


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode((FOLDER / f"{name}.json").read_bytes())
    return found


def _joined(one: Any, other: Any) -> Any:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return other
    return {**one, **{key: _joined(one[key], value) if key in one else value for key, value in other.items()}}


def template_name(options: ElasticOptions, kind: str) -> str:
    """Return the name of one kind's index template."""
    return f"{options.prefix}-{kind}"


def template(options: ElasticOptions, kind: str) -> dict[str, Any]:
    """Return one kind's index template. An index that nobody made on purpose does not come into being by a write."""
    return {
        "index_patterns": [f"{options.prefix}-{kind}-*"],
        "priority": 500,
        "version": LAYOUT,
        "allow_auto_create": False,
        "template": index_body(kind),
    }


def missing_templates(client: Any, options: ElasticOptions) -> list[str]:
    """Return the kinds whose template is not there or older than ours. Raises elasticsearch's errors."""
    from elasticsearch import NotFoundError

    try:
        found = client.indices.get_index_template(name=f"{options.prefix}-*").body
    except NotFoundError as error:
        found = error.body
        if not isinstance(found, Mapping) or "index_templates" not in found:
            raise
    versions = {one["name"]: int(one["index_template"].get("version", 0)) for one in found["index_templates"]}
    return [kind for kind in KINDS if versions.get(template_name(options, kind), 0) < LAYOUT]


def put_templates(client: Any, options: ElasticOptions, kinds: list[str]) -> None:
    """Install templates. Raises elasticsearch's errors."""
    for kind in kinds:
        client.indices.put_index_template(name=template_name(options, kind), **template(options, kind))


def setup_templates(options: ElasticOptions, *, dry_run: bool = False) -> list[str]:
    """Install what is missing or older; return what was done, one line each. May be repeated.

    Indices that exist keep their mapping: `kirkuk reprocess` fills new ones. Raises IndexUnavailableError.
    """
    from elasticsearch import Elasticsearch

    with faults(options), Elasticsearch(options.server, **client_settings(options)) as client:
        kinds = missing_templates(client, options)
        if not dry_run:
            put_templates(client, options, kinds)
        return [f"index template {template_name(options, kind)}: version {LAYOUT}" for kind in kinds]
