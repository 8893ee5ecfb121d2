"""One job of a kind per data folder: a lock that the operating system releases when its holder dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from schemas.errors import KirkukError

_POLL_S: Final = 0.05


class RoleLock:
    """Holds `<data folder>/<role>.lock` while open. Two alert jobs at once could both send one alert; this rules it out
    on one machine.
    """

    def __init__(self, data_dir: str, role: str, *, patience_s: float = 0.0) -> None:
        """`patience_s`: how long to wait for a holder that is just ending."""
        self._path = Path(data_dir) / f"{role}.lock"
        self._role = role
        self._patience_s = patience_s
        self._file = -1

    def __enter__(self) -> Self:
        """Take the lock. Raises KirkukError naming the process that holds it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise KirkukError(
                f"{self._path.parent}: nothing can be kept here: {error.strerror}; correct that, or use another --data"
            ) from error
        deadline = time.monotonic() + self._patience_s
        while not self._try():
            if time.monotonic() >= deadline:
                holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
                os.close(self._file)
                raise KirkukError(
                    f"{self._path}: process {holder or 'unknown'} already runs `{self._role}` on this data folder; "
                    "stop it, or use another --data"
                )
            time.sleep(_POLL_S)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        return self

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the lock; the file stays, for removing it would let two holders in."""
        os.close(self._file)
