"""Parsing feeds in worker processes with limits, for a body may hang, fill the memory or crash what reads it.

A worker that breaks a limit is killed and replaced; its feed ends as a ParseFailed, the others don't notice. Workers
end with the process that made them, however it ends: the system kills them where it can (Linux), and their pipe closes.
"""

import asyncio
import ctypes
import multiprocessing
import os
import queue
import resource
import signal
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Final

import msgspec

from connectors.feed_formats import parse_feed
from connectors.feed_items import ParseLimits
from schemas.feeds import ParsedFeed, ParseFailed

_JOBS_A_WORKER: Final = 2000
"""Then it is replaced, so that what a library leaks is given back."""
_START_S: Final = 60.0
"""Far more than starting takes, on any machine."""
_PR_SET_PDEATHSIG: Final = 1
_OUT_OF_MEMORY: Final = 77
"""Exit status of a worker that ran out of memory: what it still holds can't be relied on."""
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(tuple[ParsedFeed | None, ParseFailed | None])


class PooledFeedParser:
    """FeedParser over `limits.workers` processes, each started when it is first needed."""

    def __init__(self, limits: ParseLimits) -> None:
        self._threads = ThreadPoolExecutor(limits.workers, thread_name_prefix="parse")
        self._workers = [_Worker(limits) for _ in range(limits.workers)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._closed = False
        for worker in self._workers:
            self._idle.put(worker)

    async def parse(self, body: bytes, headers: Mapping[str, str], url: str) -> ParsedFeed | ParseFailed:
        """Parse one feed; waits for a free worker."""
        lower = {name.lower(): value for name, value in headers.items()}
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._parse, body, lower, url)

    def _parse(self, body: bytes, headers: dict[str, str], url: str) -> ParsedFeed | ParseFailed:
        worker = self._idle.get()
        try:
            if self._closed:
                return ParseFailed(kind="crashed", message="the parser was closed")
            return worker.parse(body, headers, url)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Stop the workers at once; a parse that is under way ends as crashed."""
        self._closed = True
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            worker.stop()


class _Worker:
    """One process, replaced when it breaks. Used by one thread at a time."""

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._process: Any = None
        self._pipe: Connection | None = None
        self._jobs = 0

    def parse(self, body: bytes, headers: dict[str, str], url: str) -> ParsedFeed | ParseFailed:
        """Have the process parse a feed."""
        try:
            pipe = self._started()
            self._jobs += 1
            pipe.send((body, headers, url))
            if not pipe.poll(self._limits.timeout_s):
                self.stop()
                return ParseFailed(kind="timeout", message=f"not parsed within {self._limits.timeout_s:g} s")
            parsed, failed = _decoder.decode(pipe.recv_bytes())
        except (EOFError, OSError):
            return self._post_mortem()
        if self._jobs >= _JOBS_A_WORKER:
            self.stop()
        outcome = parsed or failed
        assert outcome is not None
        return outcome

    def _post_mortem(self) -> ParseFailed:
        if self._process is None:
            self.stop()
            return ParseFailed(kind="crashed", message="the system starts no process for the parser")
        self._process.join(5)
        status = self._process.exitcode
        self.stop()
        if status == -signal.SIGXCPU:
            return ParseFailed(kind="timeout", message=f"not parsed within {self._limits.cpu_s:g} s of processor time")
        if status == _OUT_OF_MEMORY:
            size = f"{self._limits.max_memory_bytes:,}"
            return ParseFailed(kind="memory", message=f"not parsed within {size} bytes of memory")
        return ParseFailed(kind="crashed", message=f"the parser's process ended with status {status}")

    def _started(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            process = context.Process(
                target=_serve, args=(theirs, self._limits, os.getpid()), name="kirkuk-parse", daemon=True
            )
            process.start()
            self._process = process
            theirs.close()
            self._jobs = 0
            # Starting is not the feed's fault, so it is not on its clock.
            if not self._pipe.poll(_START_S):
                raise EOFError
            self._pipe.recv_bytes()
        return self._pipe

    def kill(self) -> None:
        """End the process, from any thread; the thread that waits for it is told by the pipe."""
        process = self._process
        if process is not None:
            process.kill()

    def stop(self) -> None:
        """Kill the process: it holds nothing that is worth keeping."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _serve(pipe: Connection, limits: ParseLimits, parent: int) -> None:
    """Parse what comes through the pipe until it closes."""
    import feedparser  # noqa: F401 (loaded before the memory limit is set, and before the first feed waits)

    _end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_memory(limits.max_memory_bytes)
    try:
        pipe.send_bytes(b"ready")
        while True:
            body, headers, url = pipe.recv()
            _limit_cpu(limits.cpu_s)
            pipe.send_bytes(_outcome(body, headers, url, limits))
    except (EOFError, OSError):
        return
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)


def _end_with(parent: int) -> None:
    """Have the system kill this process when its parent dies, also in the middle of a parse."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)


def _outcome(body: bytes, headers: Mapping[str, str], url: str, limits: ParseLimits) -> bytes:
    try:
        outcome = parse_feed(body, headers, url, limits)
    except RecursionError:
        outcome = ParseFailed(kind="malformed", message="it is nested too deep")
    return _encoder.encode((outcome, None) if isinstance(outcome, ParsedFeed) else (None, outcome))


def _limit_memory(extra_bytes: int) -> None:
    """Let this process grow by so much. Counted in address space, the only thing that the system limits (Linux)."""
    if sys.platform != "linux":
        return
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 (a file of the kernel)
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + extra_bytes, used + extra_bytes))


def _limit_cpu(seconds: float) -> None:
    """Give the next parse so much processor time; at its end the system kills the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


__all__ = ["ParseLimits", "PooledFeedParser", "parse_feed"]
