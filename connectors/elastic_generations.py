"""Generations in Elasticsearch: an index for each kind, `prefix-kind-generation`, and an alias for each kind,
`prefix-kind`, on those of the live one.

An index knows its generation by name and number (`_meta` of its mapping), as not every name can stand in an index's.
All functions raise elasticsearch's errors.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from connectors.elastic_options import ElasticOptions, is_no_index
from connectors.elastic_templates import KINDS, LAYOUT, missing_templates, put_templates
from schemas.documents import FIELDS
from schemas.errors import IndexUnavailableError

_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}", re.ASCII)


def index_name(options: ElasticOptions, kind: str, generation: str | None) -> str:
    """Return the name of an index, or of the live one's alias. Raises ValueError for an unknown kind."""
    if kind not in FIELDS:
        raise ValueError(f"kind {kind!r} is unknown; kinds are {', '.join(FIELDS)}")
    alias = f"{options.prefix}-{kind}"
    return alias if generation is None else f"{alias}-{_slug(generation)}"


def _slug(generation: str) -> str:
    """Return what stands for a generation in the names of its indices: its name, or a hash of one that can't."""
    if _PLAIN.fullmatch(generation):
        return generation
    return f"g-{hashlib.blake2b(generation.encode(errors='surrogatepass'), digest_size=12).hexdigest()}"


def live_generation(client: Any, options: ElasticOptions) -> str | None:
    """Return the generation that the aliases point at."""
    from elasticsearch import NotFoundError

    try:
        found = client.indices.get_mapping(index=index_name(options, "articles", None))
    except NotFoundError as error:
        if is_no_index(error):
            return None
        raise
    return next((meta["generation"] for meta in map(_meta, found.values()) if "generation" in meta), None)


def all_generations(client: Any, options: ElasticOptions) -> list[str]:
    """Return all generations that are complete, oldest first."""
    return [name for _, name in sorted(_numbered(client, options))]


def _numbered(client: Any, options: ElasticOptions) -> list[tuple[int, str]]:
    found = client.indices.get_mapping(index=f"{index_name(options, 'articles', None)}-*")
    metas = map(_meta, found.values())
    return [(int(meta["number"]), str(meta["generation"])) for meta in metas if meta.keys() >= {"number", "generation"}]


def _meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = entry["mappings"].get("_meta", {})
    return meta


def make_generation(client: Any, options: ElasticOptions, generation: str) -> None:
    """Let a generation come into being, as far as it is not there; install what templates that needs.

    Raises IndexUnavailableError for one with another release's mapping: what it lacks, it would refuse.
    """
    names = {kind: index_name(options, kind, generation) for kind in KINDS}
    there = client.indices.get_mapping(index=list(names.values()), ignore_unavailable=True)
    if any(_meta(entry).get("layout") != LAYOUT for entry in there.values()):
        raise IndexUnavailableError(
            f"{options.name}: generation {generation!r:.60} has the mapping of another release: "
            "`kirkuk reprocess` makes a new one from the log"
        )
    absent = [kind for kind, name in names.items() if name not in there]
    if not absent:
        return
    put_templates(client, options, missing_templates(client, options))
    numbers = [number for number, _ in _numbered(client, options)]
    meta = {"generation": generation, "number": max(numbers, default=0) + 1, "layout": LAYOUT}
    for kind in absent:
        _make_index(client, options, names[kind], meta)


def _make_index(client: Any, options: ElasticOptions, name: str, meta: Mapping[str, Any]) -> None:
    from elasticsearch import BadRequestError

    settings = {} if options.shards is None else {"index.number_of_shards": options.shards}
    try:
        client.indices.create(index=name, mappings={"_meta": meta}, settings=settings)
    except BadRequestError as error:
        # Another process made it at the same moment.
        if error.error != "resource_already_exists_exception":
            raise


def promote_generation(client: Any, options: ElasticOptions, generation: str) -> None:
    """Move all aliases in one request, so that nobody sees two generations at once."""
    actions: list[dict[str, Any]] = []
    for kind in KINDS:
        alias = index_name(options, kind, None)
        actions.append({"remove": {"index": f"{alias}-*", "alias": alias, "must_exist": False}})
        # For reading, and for writing by an operator's tools: our own writers name their generation.
        index = index_name(options, kind, generation)
        actions.append({"add": {"index": index, "alias": alias, "is_write_index": True}})
    client.indices.update_aliases(actions=actions)


def drop_generation(client: Any, options: ElasticOptions, generation: str) -> None:
    """Delete a generation's indices in one request; unknown ones are fine."""
    names = [index_name(options, kind, generation) for kind in KINDS]
    client.indices.delete(index=names, ignore_unavailable=True)
