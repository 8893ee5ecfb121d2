"""The files that are imported into Kibana: made, read, and changed to another index prefix."""

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Final

from schemas.errors import ConfigError
from schemas.kibana_objects.alert_rules import rule_id, rules
from schemas.kibana_objects.charts import charts
from schemas.kibana_objects.dashboard import dashboard
from schemas.kibana_objects.data_views import INDEX_PREFIX, data_views
from schemas.kibana_objects.parts import Json, packed
from schemas.kibana_objects.searches import searches
from schemas.kibana_objects.territory_map import territory_map

FOLDER: Final = Path(__file__).parents[1] / "kibana"
OBJECTS_FILE: Final = FOLDER / "kirkuk.ndjson"
RULES_FILE: Final = FOLDER / "rules.json"
_PREFIX: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}", re.ASCII)


def objects_text() -> str:
    """Return the saved objects, a line each, what is pointed at before what points at it."""
    made = [*data_views(), *searches(), *charts(), territory_map(), dashboard()]
    return "".join(packed(one) + "\n" for one in made)


def rules_text() -> str:
    """Return the alerting rules."""
    return json.dumps(rules(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def load_objects() -> list[Json]:
    """Return the saved objects of the file. Raises ConfigError when it can't be read."""
    return [json.loads(line) for line in _text(OBJECTS_FILE).splitlines()]


def load_rules() -> list[Json]:
    """Return the alerting rules of the file: key, id and body each. Raises ConfigError when it can't be read."""
    read: list[Json] = json.loads(_text(RULES_FILE))
    return read


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}; install the package again") from error


def objects_with_prefix(objects: Sequence[Json], prefix: str) -> list[Json]:
    """Return the objects over an index whose aliases begin with `prefix`. Raises ConfigError for what can't be one."""
    _check_prefix(prefix)
    changed = deepcopy(list(objects))
    for one in changed:
        if one["type"] == "index-pattern":
            one["attributes"]["title"] = _with_prefix(one["attributes"]["title"], prefix)
    return changed


def rules_with_prefix(listed: Sequence[Json], prefix: str) -> list[Json]:
    """Return the rules over an index whose aliases begin with `prefix`; another prefix makes other rules."""
    _check_prefix(prefix)
    changed = deepcopy(list(listed))
    for one in changed:
        one["id"] = rule_id(one["key"], prefix)
        params = one["body"]["params"]
        params["index"] = [_with_prefix(name, prefix) for name in params["index"]]
    return changed


def _with_prefix(alias: str, prefix: str) -> str:
    return f"{prefix}-{alias.removeprefix(f'{INDEX_PREFIX}-')}"


def _check_prefix(prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix):
        raise ConfigError(f"{prefix!r}: no prefix of index names; use lower-case letters, digits, '-', '_' and '.'")
