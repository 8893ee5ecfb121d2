"""Demands, warnings and what they ask for in a core language: the content is no deed, and its doer is who is asked."""

import re
from typing import Final

import msgspec

from pipelines.matching.core_cases import folded
from pipelines.matching.core_claims import Line
from pipelines.matching.normalise import fold
from schemas.lexicon import Core
from schemas.records import CodedEvent

_CONTENT: Final = frozenset({"REQUEST", "THREATEN"})
"""Types whose content is asked for or threatened: no deed yet."""
_OPENING: Final = ("ب", "لل", "ل")
_OPENING_WORDS: Final = frozenset({"من", "الی", "ان", "بان", "علی"})
"""What opens the content of an Arabic demand or warning, as folded."""


class Demands:
    """One language's way of hanging content on a demand."""

    def __init__(self, core: Core) -> None:
        self.verb_first = core.verb_first
        self._endings = bool(core.case_endings)
        self._that = folded(core.complements)
        self._asides = folded(core.asides)
        self._wished = re.compile(core.wished) if core.wished else None

    def link(self, line: Line, events: list[CodedEvent]) -> list[CodedEvent]:
        """Whoever is asked or warned is who would do what is asked; and that is no deed yet."""
        order = sorted(events, key=lambda event: event.trigger.span)
        for at, event in enumerate(order):
            content = at - 1 if self._endings else at + 1
            if event.type in _CONTENT and 0 <= content < len(order):
                pair = self._asked(line, event, order[content])
                order[at], order[content] = pair
        return order

    def _asked(self, line: Line, asking: CodedEvent, content: CodedEvent) -> tuple[CodedEvent, CodedEvent]:
        """Link a demand or threat with the event next to it, if that is its content."""
        if content.realis not in {"actual", "future"} or not self._is_content(line, asking, content):
            return asking, content
        doers = {party.id for party in asking.actors}
        asked = asking.recipients or content.recipients
        asked = asked or tuple(party for party in content.actors if party.id not in doers)
        own = tuple(party for party in content.actors if party.id not in doers)
        if asking.type == "REQUEST" or asking.mode == "ultimatum":
            content = msgspec.structs.replace(content, actors=own or asked, recipients=())
        asking = msgspec.structs.replace(asking, recipients=asked)
        return asking, msgspec.structs.replace(content, realis="hypothetical")

    def _is_wished(self, line: Line, content: CodedEvent) -> bool:
        """Read the mood of the content off its verb or the light verb behind it."""
        if self._wished is None:
            return False
        start, end = content.trigger.span
        after = next((token.text for token in line.tokens if token.start >= end), "")
        words = [token.text for token in line.tokens if start <= token.start < end]
        return any(self._wished.search(word) for word in (*words, after))

    def _is_content(self, line: Line, asking: CodedEvent, content: CodedEvent) -> bool:
        """Tell what is asked for from what is told beside it."""
        if self._endings:
            return self._wished is not None and self._wished.search(fold(content.trigger.text).text) is not None
        if asking.trigger.span[0] < content.trigger.span[0] < asking.trigger.span[1]:
            return True
        start, end = asking.trigger.span[1], content.trigger.span[0]
        between = [token.text for token in line.tokens if start <= token.start and token.end <= end]
        if not self.verb_first:
            return not self._that.isdisjoint(between) or self._is_wished(line, content)
        verb = fold(content.trigger.text).text
        opened = verb.startswith(_OPENING) or not _OPENING_WORDS.isdisjoint(between[-2:])
        return opened and self._asides.isdisjoint(between) and "،" not in line.text[start:end]
