"""One thing that was looked at, and what to do about it: what `kirkuk doctor` and /health say."""

from typing import Literal

import msgspec

State = Literal["ok", "warning", "failed"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `remedy` is empty when nothing is to be done."""

    check: str
    state: State
    message: str
    remedy: str = ""


def good(check: str, message: str) -> Finding:
    """Say that all is well."""
    return Finding(check=check, state="ok", message=message)


def warning(check: str, message: str, remedy: str) -> Finding:
    """Say that something deserves a look."""
    return Finding(check=check, state="warning", message=message, remedy=remedy)


def failure(check: str, message: str, remedy: str) -> Finding:
    """Say that something is wrong."""
    return Finding(check=check, state="failed", message=message, remedy=remedy)
