"""Settings: a TOML file, KIRKUK_* in the environment above it, and the options of a command above both.

    [match]
    batch_size = 200          is the same as KIRKUK_MATCH_BATCH_SIZE=200

Paths in a file are relative to that file; everywhere else to the working directory.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin
from urllib.parse import quote

import msgspec

import schemas
from connectors import access
from connectors.feed_parser import ParseLimits
from connectors.fetch import FetchLimits
from connectors.registry import sqlite_path, url_fault
from desk.operation_options import LogOptions, MetricsOptions
from pipelines.alerting.options import AlertOptions
from pipelines.ingestion.options import IngestOptions
from pipelines.jobs.match import MatchOptions
from schemas.errors import ConfigError
from schemas.strict_convert import convert, near

ENV_PREFIX: Final = "KIRKUK_"
CONFIG_VARIABLE: Final = "KIRKUK_CONFIG"
SECRET_PREFIX: Final = "KIRKUK_SECRET_"  # noqa: S105 (a prefix of names)
"""Names that alerts.toml may refer to; they are no settings, and their values are never shown."""
DEFAULT_CONFIG: Final = Path(__file__).parent / "default_config"
"""Where an installed package keeps what stands in config/ in a checkout."""


_BESIDE: Final[Mapping[str, str]] = {"feeds": "feeds.toml", "rules": "alerts.toml"}
"""The files beside the settings file, by their sections."""


class UrlSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A backend; empty: the embedded one, in the data folder."""

    url: str = ""


class DirSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder; empty: the shipped one."""

    dir: str = ""


class FileSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file; empty: the one beside the settings file."""

    file: str = ""


class SettingsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may stand in kirkuk.toml."""

    data: str = ""
    """The data folder; empty: `data` in the working directory."""
    log: UrlSetting = UrlSetting()
    index: UrlSetting = UrlSetting()
    schema: DirSetting = DirSetting()
    feeds: FileSetting = FileSetting()
    rules: FileSetting = FileSetting()
    ingest: IngestOptions = IngestOptions()
    fetch: FetchLimits = FetchLimits()
    parse: ParseLimits = ParseLimits()
    match: MatchOptions = MatchOptions()
    alert: AlertOptions = AlertOptions()
    metrics: MetricsOptions = MetricsOptions()
    logs: LogOptions = LogOptions()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings with every default filled in and every path absolute. `file` None: no settings file was found."""

    file: str | None
    data_dir: str
    log_url: str
    index_url: str
    schema_dir: str
    feeds_file: str
    rules_file: str
    ingest: IngestOptions
    fetch: FetchLimits
    parse: ParseLimits
    match: MatchOptions
    alert: AlertOptions
    metrics: MetricsOptions
    logs: LogOptions
    shipped: tuple[str, ...] = ()
    """Which of `feeds` and `rules` are the shipped ones for want of a file beside a settings file of the user's own."""

    def surprise(self, kind: str) -> str:
        """Say that the shipped feeds or rules stand in for a file that may be misnamed; "" where nothing does."""
        if kind not in self.shipped:
            return ""
        return (
            f"{Path(self.file or '').parent / _BESIDE[kind]}: no such file, so the shipped {kind} are used; "
            f'write it, or name another under [{kind}] with file = "..."'
        )


def load_settings(
    config: Path | str | None = None, data: Path | str | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings of `config` (None: $KIRKUK_CONFIG, else ./config/kirkuk.toml, else the shipped ones).

    `data` is the folder given on the command line; log and index are then the embedded ones in it, and settings that
    name others are refused. Raises ConfigError naming file or variable, key and remedy, with a line for each fault.
    """
    environ = os.environ if environ is None else environ
    path = find_config(config, environ)
    raw, faults = read_toml(path), list[str]()
    variables = _overlay(raw, environ, faults)
    if data is not None:
        folder = Path(data).absolute()
        faults += _elsewhere(raw, folder, variables, path)
        raw["data"] = str(folder)
    parsed, found = convert(raw, SettingsFile, "")
    faults += [f"{_origin(fault, variables, path)}: {fault}" for fault in found]
    if parsed is not None:
        faults += [f"{_origin(fault, variables, path)}: {fault}" for fault in parsed.metrics.faults()]
        urls = {
            "log.url": parsed.log.url and url_fault(parsed.log.url, "log"),
            "index.url": parsed.index.url and url_fault(parsed.index.url, "index"),
        }
        faults += [f"{_origin(key, variables, path)}: {key}: {fault}" for key, fault in urls.items() if fault]
    if parsed is None or faults:
        raise ConfigError("\n".join(faults))
    return _resolve(parsed, path, variables)


def find_config(config: Path | str | None, environ: Mapping[str, str]) -> Path:
    """Return the settings file to read. Raises ConfigError when one is named that is not there."""
    named = config or environ.get(CONFIG_VARIABLE)
    if named:
        path = Path(named).absolute()
        path = path / "kirkuk.toml" if path.is_dir() else path
        if not path.is_file():
            raise ConfigError(f"{path}: no such settings file; correct --config or {CONFIG_VARIABLE}")
        return path
    local = Path("config/kirkuk.toml").absolute()
    return local if local.is_file() else shipped_config() / "kirkuk.toml"


def shipped_config() -> Path:
    """Return the folder of the settings that come with the program: in a checkout its config/, else the package's."""
    return DEFAULT_CONFIG if DEFAULT_CONFIG.is_dir() else Path(__file__).parents[1] / "config"


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises ConfigError naming file, line and what is wrong."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _overlay(raw: dict[str, Any], environ: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    """Put KIRKUK_* variables into `raw`; return key path -> variable name for those that were used."""
    known = variable_names()
    used: dict[str, str] = {}
    for name in sorted(environ):
        if not name.startswith(ENV_PREFIX) or name == CONFIG_VARIABLE or name.startswith(SECRET_PREFIX):
            continue
        if name in access.VARIABLES:
            continue
        if name not in known:
            faults.append(f"{name} in the environment: no such setting; {near(name, known)}")
            continue
        section, key, kind = known[name]
        value = _from_text(environ[name], kind)
        table = raw.setdefault(section, {}) if section else raw
        if isinstance(table, dict):
            table[key] = value
            used[f"{section}.{key}" if section else key] = name
    return used


def variable_names() -> dict[str, tuple[str, str, Any]]:
    """Return every variable that is a setting: its section ("" for none), key and type."""
    names: dict[str, tuple[str, str, Any]] = {}
    for field in msgspec.structs.fields(SettingsFile):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            for inner in msgspec.structs.fields(field.type):
                names[f"{ENV_PREFIX}{field.name}_{inner.name}".upper()] = (field.name, inner.name, inner.type)
        else:
            names[f"{ENV_PREFIX}{field.name}".upper()] = ("", field.name, field.type)
    return names


def _from_text(text: str, kind: Any) -> Any:
    """Read a variable's text as its setting's type; text that does not fit stays text, and is refused with the rest."""
    if get_origin(kind) is tuple:
        return text.split()
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        # A number that is out of bounds is told as such, and not as text.
        bare = get_args(kind)[0] if get_origin(kind) is Annotated else None
        return _from_text(text, bare) if bare is not None else text


def _origin(fault: str, variables: Mapping[str, str], path: Path) -> str:
    key = fault.partition(":")[0]
    variable = variables.get(key)
    return f"{variable} in the environment" if variable else str(path)


def _elsewhere(raw: dict[str, Any], folder: Path, variables: Mapping[str, str], path: Path) -> Iterator[str]:
    """Yield a fault for a log or an index that the settings put elsewhere than in `folder`; take both out of `raw`.

    To pass over one of the two would read or write another history than somebody meant.
    """
    for section in ("log", "index"):
        table = raw.get(section)
        url = table.pop("url", "") if isinstance(table, dict) else ""
        if isinstance(url, str) and url and not _is_in(url, folder / f"{section}.db"):
            key = f"{section}.url"
            remedy = f"leave out --data, or unset {variables[key]}" if key in variables else "leave out one of the two"
            yield f"{_origin(key, variables, path)}: {key}: names another {section} than --data {folder}; {remedy}"


def _is_in(url: str, file: Path) -> bool:
    return url.startswith("sqlite:") and Path(sqlite_path(url)).absolute() == file


def _resolve(parsed: SettingsFile, path: Path, variables: Mapping[str, str]) -> Settings:
    def absolute(value: str, key: str, default: Path) -> str:
        if not value:
            return str(default)
        base = Path.cwd() if key in variables or shipped_config() in path.parents else path.parent
        return os.path.normpath(base / value)

    data_dir = absolute(parsed.data, "data", Path("data").absolute())
    return Settings(
        file=str(path),
        data_dir=data_dir,
        log_url=parsed.log.url or f"sqlite:///{quote(data_dir)}/log.db",
        index_url=parsed.index.url or f"sqlite:///{quote(data_dir)}/index.db",
        schema_dir=absolute(parsed.schema.dir, "schema.dir", Path(schemas.__file__).parent / "kirkuk"),
        feeds_file=absolute(parsed.feeds.file, "feeds.file", _beside(path, "feeds")),
        rules_file=absolute(parsed.rules.file, "rules.file", _beside(path, "rules")),
        ingest=parsed.ingest,
        fetch=parsed.fetch,
        parse=parsed.parse,
        match=parsed.match,
        alert=parsed.alert,
        metrics=parsed.metrics,
        logs=parsed.logs,
        shipped=_stand_ins(parsed, path),
    )


def _stand_ins(parsed: SettingsFile, path: Path) -> tuple[str, ...]:
    """Name what is neither named nor beside a settings file of the user's own."""
    if path.parent == shipped_config():
        return ()
    named = {"feeds": parsed.feeds.file, "rules": parsed.rules.file}
    return tuple(kind for kind, name in _BESIDE.items() if not named[kind] and not (path.parent / name).is_file())


def _beside(path: Path, kind: str) -> Path:
    """Return a file beside the settings file, or the shipped one where there is none."""
    beside = path.parent / _BESIDE[kind]
    return beside if beside.is_file() else shipped_config() / _BESIDE[kind]
