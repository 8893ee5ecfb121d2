"""Bring saved objects and alerting rules into a Kibana: checked first, told one by one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.kibana import Kibana, Outcome
from schemas.errors import ConfigError
from schemas.kibana_checks import object_faults, rule_faults
from schemas.kibana_objects.files import load_objects, load_rules, objects_with_prefix, rules_with_prefix
from schemas.vocabulary import load_vocabulary


def set_up_kibana(
    url: str, schema_dir: Path | str, *, prefix: str, rules: bool, dry_run: bool
) -> Iterator[tuple[str, str, str, str]]:
    """Import what Kibana shows of the index, and with `rules` its alerting rules; yield what, name, result, remark.

    `prefix` begins the names of the index's aliases. With `dry_run` nothing is asked of Kibana. Results are created,
    overwritten, updated, refused or planned. Raises ConfigError when what would be sent does not fit the index or the
    schema, and KibanaError when Kibana takes no work.
    """
    kibana = Kibana(url)
    objects = objects_with_prefix(load_objects(), prefix)
    listed = rules_with_prefix(load_rules(), prefix) if rules else []
    vocabulary = load_vocabulary(schema_dir)
    if faults := object_faults(objects, vocabulary) + rule_faults(listed, vocabulary):
        raise ConfigError("nothing was sent to Kibana, for it does not fit index and schema:\n" + "\n".join(faults))
    if dry_run:
        yield from ((one["type"], one["id"], "planned", _title(one)) for one in objects)
        yield from (("rule", one["id"], "planned", one["body"]["name"]) for one in listed)
        return
    yield from (_told(outcome) for outcome in kibana.import_objects(objects))
    for rule in listed:
        yield _told(kibana.put_rule(rule))


def _title(one: dict[str, Any]) -> str:
    return str(one["attributes"].get("name", one["attributes"]["title"]))


def _told(outcome: Outcome) -> tuple[str, str, str, str]:
    remark = f"{outcome.title}: {outcome.reason}" if outcome.reason else outcome.title
    return outcome.kind, outcome.id, outcome.result, remark
