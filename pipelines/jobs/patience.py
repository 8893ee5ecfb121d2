"""How often a job tries again after failures in a row, and how long it rests before each try."""

from typing import Final

from schemas.errors import KirkukError

_LONGEST_PAUSE_S: Final = 30.0


class Patience:
    """Counts failures in a row; `recovered` begins anew."""

    def __init__(self, max_failures: int) -> None:
        self._max_failures = max_failures
        self._failures = 0

    def pause_s(self, error: Exception) -> float:
        """Return how long to rest after a failure, in seconds. Raises KirkukError once there were too many."""
        self._failures += 1
        if self._failures == self._max_failures:
            raise KirkukError(
                f"matching failed {self._failures} times in a row; last error: {last_line(error)}"
            ) from error
        return float(min(_LONGEST_PAUSE_S, 0.25 * 2**self._failures))

    def recovered(self) -> None:
        """Forget the failures: something went well."""
        self._failures = 0


def last_line(error: Exception) -> str:
    """Return the line of an error that says what happened: runners put the worker's whole traceback into theirs."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].partition(" [while running")[0].strip() if lines else type(error).__name__
