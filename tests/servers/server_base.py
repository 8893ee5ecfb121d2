"""What all servers of the kit share: start, wait until it answers, kill, stop, restart, freeze, and its log."""

import abc
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import server_ports
from guarded import Guarded

# How often a starting server is asked whether it answers.
ASK_EVERY_S = 0.1


class ServerError(Exception):
    """A server did not do what it was told; the message has the end of its log."""


class Server(abc.ABC):
    """One real server with its data, settings and log in one folder; its ports stay the same over restarts.

    Data stay in the folder when it is killed or stopped, so `start` goes on with them. `close` gives back the ports.
    """

    name: ClassVar[str]
    # Seconds on an idle machine; a busy one is no failure, and a server that ends is seen at once.
    start_limit_s: ClassVar[float] = 240
    stop_limit_s: ClassVar[float] = 20
    # Where a person looks for such a server first, and the other ports that it needs; free ones are taken instead.
    usual_ports: ClassVar[tuple[int, ...]]

    def __init__(self, folder: Path, *, usual_ports: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.log_file = self.folder / f"{self.name}.log"
        self._reserved = [server_ports.reserve(port if usual_ports else None) for port in self.usual_ports]
        self.ports = [port.number for port in self._reserved]
        self._process: Guarded | None = None

    @abc.abstractmethod
    def prepare(self) -> None:
        """Write settings, and lay out the data folder when it is new; called before each start."""

    @abc.abstractmethod
    def command(self) -> Sequence[str]:
        """What to run."""

    def environment(self) -> Mapping[str, str] | None:
        """The environment of the process; None is ours."""
        return None

    @abc.abstractmethod
    def answers(self) -> bool:
        """Whether it does its work by now; asked again and again while it starts. Errors of connecting mean no."""

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.exit_status() is None

    @property
    def pid(self) -> int:
        """Of the process that `kill` ends; raises when it doesn't run."""
        if self._process is None or not self.running:
            raise ServerError(f"{self.name} is not running")
        return self._process.pid

    def start(self) -> Self:
        """Returns when it answers; ServerError when it ends before or is too slow."""
        if self.running:
            raise ServerError(f"{self.name} is running already")
        self._forget()
        self.prepare()
        with self.log_file.open("ab") as log:
            self._process = Guarded(self.command(), log, folder=self.folder, environment=self.environment())
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise
        return self

    def kill(self) -> None:
        """SIGKILL to the whole process group, as when the kernel runs out of memory: nothing is flushed."""
        self._forget()

    def stop(self) -> None:
        """Ask it to end; kill it when it doesn't in time. Nothing when it doesn't run."""
        if self._process is not None:
            self._process.signal(signal.SIGCONT)
            self._process.signal(signal.SIGTERM)
            self._process.wait(self.stop_limit_s)
        self._forget()

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """It keeps its connections but answers nothing, as when a machine hangs; until `thaw`."""
        assert self._process is not None, f"{self.name} was not started"
        self._process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None, f"{self.name} was not started"
        self._process.signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop it for good: its ports may go to others."""
        self.stop()
        for port in self._reserved:
            port.release()
        self._reserved = []

    def log_tail(self, lines: int = 40) -> str:
        """The end of what it printed."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        end = time.monotonic() + self.start_limit_s
        while not self.answers():
            status = self._process.exit_status()
            if status is not None:
                raise ServerError(self._trouble(f"ended with status {status} while starting"))
            if time.monotonic() > end:
                raise ServerError(self._trouble(f"did not answer within {self.start_limit_s:.0f} s"))
            time.sleep(ASK_EVERY_S)

    def _trouble(self, what: str) -> str:
        return f"{self.name} {what}; the end of {self.log_file}:\n{self.log_tail()}"

    def _forget(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None
