"""What can be told about a runner's settings before Beam is loaded, so that a fault is told at once and by its key.

Beam itself ignores flags that it doesn't know and finds out about missing ones minutes later, in the runner's words.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from schemas.errors import ConfigError

PORTABLE: Final = "PortableRunner"
FLINK: Final = "FlinkRunner"
STREAMING_FLAG: Final = "--streaming"
_FLINK_FLAGS: Final = frozenset({"checkpointing_interval", "flink_master", "state_backend", "max_parallelism"})
_ENVIRONMENTS: Final = ("LOOPBACK", "EXTERNAL", "PROCESS", "DOCKER")
_ELSEWHERE: Final = ("PortableRunner with --job_endpoint=HOST:PORT (Prism), or FlinkRunner with the same (Flink)",)


def parse_flags(args: Sequence[str]) -> dict[str, str]:
    """Read `--name=value`, `--name value` and `--name` (an empty value) into a mapping; the last of two holds."""
    flags: dict[str, str] = {}
    name = ""
    for arg in args:
        if arg.startswith("--"):
            name, _, value = arg[2:].partition("=")
            flags[name] = value
        elif name:
            flags[name] = arg
    return flags


def bounded_args(args: Sequence[str]) -> tuple[str, ...]:
    """Return the flags of a run that ends: all but --streaming."""
    return tuple(arg for arg in args if arg != STREAMING_FLAG)


def is_flink(runner: str, flags: Mapping[str, str]) -> bool:
    """Whether the settings are those of a job on Flink."""
    return runner == FLINK or not _FLINK_FLAGS.isdisjoint(flags)


def check_streaming(runner: str, args: Sequence[str], urls: Sequence[str]) -> str:
    """Return the job service's address of settings that can run the endless job.

    `urls` are those of log and index. Raises ConfigError with a line for each fault, which names key and remedy.
    """
    flags = parse_flags(args)
    faults = [*_runner_faults(runner), *_place_faults(flags, urls)]
    if is_flink(runner, flags):
        faults += _flink_faults(flags)
    if faults:
        raise ConfigError("\n".join(faults))
    return flags["job_endpoint"]


def _runner_faults(runner: str) -> list[str]:
    if runner in {PORTABLE, FLINK}:
        return []
    reason = {
        "FnApiRunner": "it never comes back from an endless run",
        "PrismRunner": "it would download Prism by itself; start Prism and name its address",
    }.get(runner, "it was never tried")
    return [f"match.runner: {runner} can't run match.streaming ({reason}); use {_ELSEWHERE[0]}"]


def _place_faults(flags: Mapping[str, str], urls: Sequence[str]) -> list[str]:
    faults = []
    endpoint = flags.get("job_endpoint", "")
    if not _is_address(endpoint):
        said = f"{endpoint} is no HOST:PORT" if endpoint else "--job_endpoint is missing"
        faults.append(f"match.beam_args: {said}; add --job_endpoint=HOST:PORT of the runner's job service")
    environment = flags.get("environment_type", "")
    if environment not in _ENVIRONMENTS:
        said = f"--environment_type={environment} is unknown" if environment else "--environment_type is missing"
        faults.append(
            f"match.beam_args: {said}; LOOPBACK runs the steps in this process, EXTERNAL in a pool of workers"
        )
    if environment == "EXTERNAL" and not _is_address(flags.get("environment_config", "")):
        faults.append(
            "match.beam_args: --environment_type=EXTERNAL needs the pool's address; "
            "add --environment_config=HOST:PORT, for example localhost:50000"
        )
    if environment != "LOOPBACK":
        faults += [
            f"{key}.url: {url} lives in one process, and the steps run in others; use a server or a shared file"
            for key, url in zip(("log", "index"), urls, strict=True)
            if urlsplit(url).scheme == "memory"
        ]
    return faults


def _flink_faults(flags: Mapping[str, str]) -> list[str]:
    faults = []
    if not _at_least(flags.get("checkpointing_interval", ""), 1):
        faults.append(
            "match.beam_args: Flink makes no checkpoints unless told to, and without them ends a job at its first "
            "failure; add --checkpointing_interval=30000 (milliseconds)"
        )
    for name, least in (("parallelism", 1), ("max_parallelism", 1), ("sdk_worker_parallelism", 0)):
        if name in flags and not _at_least(flags[name], least):
            faults.append(f"match.beam_args: --{name}={flags[name]} is no number; give {least} or more")
    if "state_backend" in flags:
        faults.append(
            "match.beam_args: --state_backend belongs to Flink's own configuration (state.backend.type); remove it here"
        )
    return faults


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and _at_least(port, 1)


def _at_least(text: str, least: int) -> bool:
    return text.isdecimal() and int(text) >= least
