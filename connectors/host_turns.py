"""Whose turn it is: few requests to one host at a time and not too soon after each other, and not too many in all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class _Host:
    """One host: `next_at` is when its next request may begin, in the loop's time; `users` wait for it or use it."""

    def __init__(self, concurrent: int) -> None:
        self.places = asyncio.Semaphore(concurrent)
        self.next_at = 0.0
        self.users = 0


class HostTurns:
    """Gives turns, in the order in which they are asked for; used in one event loop.

    A host that is not used for longer than its pause is forgotten, so that a server that makes up names fills nothing.
    """

    def __init__(self, *, concurrent: int, per_host: int, delay_s: float) -> None:
        self._hosts: dict[str, _Host] = {}
        self._all = asyncio.Semaphore(concurrent)
        self._per_host = per_host
        self._delay_s = delay_s

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn of a host, and hold it. A place among all is only taken when the host's pause is over."""
        host = self._host(name)
        host.users += 1
        try:
            async with host.places:
                await self._pause(host)
                async with self._all:
                    host.next_at = max(host.next_at, asyncio.get_running_loop().time() + self._delay_s)
                    yield
        finally:
            host.users -= 1

    async def _pause(self, host: _Host) -> None:
        """Reserve the next moment of a host, and wait for it."""
        now = asyncio.get_running_loop().time()
        begin = max(now, host.next_at)
        host.next_at = begin + self._delay_s
        await asyncio.sleep(begin - now)

    def _host(self, name: str) -> _Host:
        if name not in self._hosts:
            now = asyncio.get_running_loop().time()
            self._hosts = {each: host for each, host in self._hosts.items() if host.users or host.next_at > now}
            self._hosts[name] = _Host(self._per_host)
        return self._hosts[name]
