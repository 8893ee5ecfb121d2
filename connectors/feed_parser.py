"""Parsing feeds in worker processes with limits, for a body may hang, fill the memory or crash what reads it.

A worker that breaks a limit is killed and replaced; its feed ends as a ParseFailed, the others don't notice. Workers
end with the process that made them, however it ends: their pipe closes.
"""

import asyncio
import multiprocessing
import queue
import resource
import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Final

import msgspec

from connectors.feed_items import ParseLimits, parse_feed
from schemas.feeds import ParsedFeed, ParseFailed

_JOBS_A_WORKER: Final = 2000
"""Then it is replaced, so that what a library leaks is given back."""
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(tuple[ParsedFeed | None, ParseFailed | None])


class PooledFeedParser:
    """FeedParser over `limits.workers` processes, each started when it is first needed."""

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(limits.workers, thread_name_prefix="parse")
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for _ in range(limits.workers):
            self._idle.put(_Worker(limits))

    async def parse(self, body: bytes, headers: Mapping[str, str], url: str) -> ParsedFeed | ParseFailed:
        """Parse one feed; waits for a free worker."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._parse, body, dict(headers), url)

    def _parse(self, body: bytes, headers: dict[str, str], url: str) -> ParsedFeed | ParseFailed:
        worker = self._idle.get()
        try:
            return worker.parse(body, headers, url)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Stop the workers; a parse that is under way ends with its limit."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().stop()


class _Worker:
    """One process, replaced when it breaks. Used by one thread at a time."""

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._process: Any = None
        self._pipe: Connection | None = None
        self._jobs = 0

    def parse(self, body: bytes, headers: dict[str, str], url: str) -> ParsedFeed | ParseFailed:
        """Have the process parse a feed."""
        pipe = self._started()
        self._jobs += 1
        try:
            pipe.send((body, headers, url))
            if not pipe.poll(self._limits.timeout_s):
                self.stop()
                return ParseFailed(kind="timeout", message=f"not parsed within {self._limits.timeout_s:g} s")
            parsed, failed = _decoder.decode(pipe.recv_bytes())
        except (EOFError, OSError):
            return self._post_mortem()
        if self._jobs >= _JOBS_A_WORKER or (failed is not None and failed.kind == "memory"):
            self.stop()
        outcome = parsed or failed
        assert outcome is not None
        return outcome

    def _post_mortem(self) -> ParseFailed:
        self._process.join(5)
        status = self._process.exitcode
        self.stop()
        if status == -signal.SIGXCPU:
            return ParseFailed(kind="timeout", message=f"not parsed within {self._limits.cpu_s:g} s of processor time")
        return ParseFailed(kind="crashed", message=f"the parser's process ended with status {status}")

    def _started(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(
                target=_serve, args=(theirs, self._limits), name="kirkuk-parse", daemon=True
            )
            self._process.start()
            theirs.close()
            self._jobs = 0
            # Starting is not the feed's fault, so it is not on its clock.
            self._pipe.recv_bytes()
        return self._pipe

    def stop(self) -> None:
        """Kill the process: it holds nothing that is worth keeping."""
        if self._pipe is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._pipe = None


def _serve(pipe: Connection, limits: ParseLimits) -> None:
    """Parse what comes through the pipe until it closes."""
    import feedparser  # noqa: F401 (loaded before the memory limit is set, and before the first feed waits)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _limit_memory(limits.max_memory_bytes)
    try:
        pipe.send_bytes(b"ready")
        while True:
            body, headers, url = pipe.recv()
            _limit_cpu(limits.cpu_s)
            pipe.send_bytes(_outcome(body, headers, url, limits))
    except (EOFError, OSError):
        return


def _outcome(body: bytes, headers: Mapping[str, str], url: str, limits: ParseLimits) -> bytes:
    try:
        outcome = parse_feed(body, headers, url, limits)
        if isinstance(outcome, ParsedFeed):
            return _encoder.encode((outcome, None))
    except MemoryError:
        outcome = ParseFailed(kind="memory", message=f"needs more than {limits.max_memory_bytes:,} bytes of memory")
    except RecursionError:
        outcome = ParseFailed(kind="malformed", message="it is nested too deep")
    return _encoder.encode((None, outcome))


def _limit_memory(extra_bytes: int) -> None:
    """Let this process grow by so much. Counted in address space, the only thing that the system limits."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 (a file of the kernel)
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + extra_bytes, used + extra_bytes))


def _limit_cpu(seconds: float) -> None:
    """Give the next parse so much processor time; at its end the system kills the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


__all__ = ["ParseLimits", "PooledFeedParser", "parse_feed"]
