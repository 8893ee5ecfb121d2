"""Whose turn it is: by time, and host by host, so that the feeds of one slow host can't hold up all others."""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from datetime import datetime


class Schedule:
    """Feeds by number, the soonest first. `hosts` names the host of each; at most `per_host` of one are taken at once.

    Every step costs the logarithm of the number of feeds at most.
    """

    def __init__(self, hosts: Sequence[str], per_host: int) -> None:
        self._hosts = hosts
        self._per_host = per_host
        self._due: list[tuple[datetime, int]] = []
        self._taken: Counter[str] = Counter()
        self._parked: dict[str, deque[int]] = defaultdict(deque)
        self._ready: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._due) + len(self._ready) + sum(map(len, self._parked.values()))

    def add(self, number: int, due: datetime) -> None:
        """Put a feed in for a time."""
        heapq.heappush(self._due, (due, number))

    def take(self, now: datetime) -> int | None:
        """Take the next feed that is due and whose host is free; None when there is none."""
        if self._ready:
            return self._ready.popleft()
        while self._due and self._due[0][0] <= now:
            _, number = heapq.heappop(self._due)
            host = self._hosts[number]
            if self._taken[host] < self._per_host:
                self._taken[host] += 1
                return number
            self._parked[host].append(number)
        return None

    def done(self, number: int) -> None:
        """Give a taken feed's turn to the next one of its host."""
        host = self._hosts[number]
        if parked := self._parked.get(host):
            self._ready.append(parked.popleft())
            return
        self._parked.pop(host, None)
        self._taken[host] -= 1
        if not self._taken[host]:
            del self._taken[host]
