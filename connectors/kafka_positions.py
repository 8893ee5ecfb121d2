"""The positions of consumers, as records of one compacted topic: the highest of each counts, whatever their order."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from connectors.kafka_ids import Place
from connectors.kafka_options import KafkaOptions
from connectors.kafka_reader import Reader
from connectors.kafka_topics import POSITIONS, topic
from connectors.kafka_writer import Outgoing, murmur2_partition
from connectors.ports import START

PositionKey = tuple[str, str, int]
"""(consumer, stream, partition)."""
_key_decoder: Final = msgspec.json.Decoder(PositionKey)


class Positions:
    """What was read of the topic so far. One call at a time. Raises kafka's errors."""

    def __init__(self, options: KafkaOptions) -> None:
        self._topic = topic(options, POSITIONS)
        self._highest: dict[PositionKey, int] = {}
        self._read: dict[Place, int] = {}

    def place(self, key: PositionKey, count: int) -> Place:
        """Return where a consumer's positions go, among `count` partitions."""
        return Place(self._topic, murmur2_partition(key[0].encode(), count))

    def of(self, key: PositionKey) -> int:
        """Return the position as far as it was read, START where there is none."""
        return self._highest.get(key, START)

    def read_up_to(self, place: Place) -> int:
        """Return the first offset that was not read."""
        return self._read.get(place, 0)

    def catch_up(self, reader: Reader, places: Iterable[Place]) -> None:
        """Read what these partitions hold by now."""
        ends = reader.ends(places)
        if any(end < self.read_up_to(place) for place, end in ends.items()):
            # The topic was made anew, or its broker lost what came last.
            self._highest.clear()
            self._read.clear()
        spans = {place: (self.read_up_to(place), end) for place, end in ends.items()}
        if any(first < end for first, end in spans.values()):
            for _, record in reader.between(spans):
                self._take(record)
        self._read |= ends

    def _take(self, record: Any) -> None:
        try:
            key, position = _key_decoder.decode(record.key or b""), int(record.value or b"")
        except (msgspec.DecodeError, ValueError):
            return  # another program's: ours are always like this
        self.note({key: position}, {})

    def note(self, positions: Mapping[PositionKey, int], read: Mapping[Place, int]) -> None:
        """Note positions that the topic holds, and how far it is known by now."""
        for key, position in positions.items():
            self._highest[key] = max(position, self.of(key))
        self._read |= read


def position_record(place: Place, key: PositionKey, position: int) -> Outgoing:
    """Return what is written for a position."""
    return Outgoing(POSITIONS, place, msgspec.json.encode(key), str(position).encode())
