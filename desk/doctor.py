"""`kirkuk doctor`: is everything in order, and if not, what to do."""

import threading
from collections.abc import Iterator, Sequence
from typing import Final

import click
import msgspec

from connectors.findings import Finding, failure
from desk import doctor_backends, doctor_checks
from desk.settings import Settings
from schemas.errors import KirkukError

PATIENCE_S: Final = 20.0
"""A server that does not answer in this time is told as such; the other checks go on."""
_MARKS: Final = {"ok": "ok     ", "warning": "WARNING", "failed": "FAILED "}
_COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "red"}
CHECKS: Final = (*doctor_checks.CHECKS, *doctor_backends.CHECKS)


def examine(settings: Settings, *, patience_s: float = PATIENCE_S) -> Iterator[Finding]:
    """Look at everything, one finding after the other; no check stops the others."""
    for name, check in CHECKS:
        yield from _within(patience_s, name, check, settings)


def _within(patience_s: float, name: str, check: doctor_checks.Check, settings: Settings) -> Sequence[Finding]:
    """Run a check in a thread of its own, for a driver may wait longer than a person does."""
    found: list[Finding] = []
    thread = threading.Thread(target=lambda: found.extend(_findings(name, check, settings)), name=name, daemon=True)
    thread.start()
    thread.join(patience_s)
    if thread.is_alive():
        remedy = "see that the server runs, and that this machine reaches its address"
        return [*found, failure(name, f"no answer within {patience_s:g} s", remedy)]
    return found


def _findings(name: str, check: doctor_checks.Check, settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except KirkukError as error:
        yield failure(name, str(error), "correct what the message names")
    except Exception as error:  # noqa: BLE001 (a fault of one check is told, and does not hide what the others find)
        yield failure(name, f"the check itself failed: {type(error).__name__}: {error}", "report this")


def print_findings(findings: Iterator[Finding], *, as_json: bool) -> int:
    """Print findings as they come; return 1 when one failed."""
    failed = False
    for finding in findings:
        failed = failed or finding.state == "failed"
        if as_json:
            click.echo(msgspec.json.encode(finding))
            continue
        click.echo(f"{click.style(_MARKS[finding.state], _COLOURS[finding.state])} {finding.check}: {finding.message}")
        if finding.remedy:
            click.echo(f"        -> {finding.remedy}")
    return int(failed)
