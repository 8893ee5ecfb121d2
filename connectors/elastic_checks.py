"""What the doctor asks an Elasticsearch cluster: who answers, is it well, are the templates ours."""

from collections.abc import Iterator
from typing import Any, Final

from connectors.elastic_options import ElasticOptions, client_settings, faults, parse_elastic_url
from connectors.elastic_templates import missing_templates, template_name
from connectors.findings import Finding, failure, good, warning

_OLDEST: Final = (8, 19)


def examine_elastic(url: str) -> Iterator[Finding]:
    """Yield findings. Raises ConfigError, IndexUnavailableError."""
    from elasticsearch import Elasticsearch

    options = parse_elastic_url(url)
    with faults(options), Elasticsearch(options.server, **client_settings(options)) as client:
        findings = [_health(client), _version(client), *_templates(client, options)]
    yield from findings


def _health(client: Any) -> Finding:
    health = client.cluster.health()
    message = f"cluster {health['cluster_name']} is {health['status']} with {health['number_of_nodes']} nodes"
    if health["status"] == "red":
        return failure("nodes", message, "some shards are lost: start the nodes that are away, or run kirkuk reprocess")
    return good("nodes", message)


def _version(client: Any) -> Finding:
    nodes = client.nodes.info(filter_path="nodes.*.version")["nodes"].values()
    versions = sorted({str(node["version"]) for node in nodes})
    if any(tuple(map(int, each.split(".")[:2])) < _OLDEST for each in versions):
        return warning("nodes", f"version {', '.join(versions)}", "upgrade to 8.19 or 9.x")
    return good("nodes", f"version {', '.join(versions)}")


def _templates(client: Any, options: ElasticOptions) -> list[Finding]:
    missing = [template_name(options, kind) for kind in missing_templates(client, options)]
    if missing:
        return [warning("templates", f"missing or older: {', '.join(missing)}", "kirkuk setup")]
    return [good("templates", "all are there")]
