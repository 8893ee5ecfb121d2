"""Developments that vanished and came back: known again under the ids that they had."""

from collections.abc import Sequence
from itertools import chain

from pipelines.developments import Update

Lineage = tuple[str, ...]


class Ancestry:
    """Follows a board's updates, in their order; folded again, it ends the same.

    The board forgets a development with its last report, and with it the ids that it had before its own. What comes
    back under any of these goes on from there: it was alerted under the first.
    """

    def __init__(self) -> None:
        self._gone: dict[str, Lineage] = {}
        """Every id of a development without reports -> all of them."""
        self._earlier: dict[str, Lineage] = {}
        """Id of a development that came back -> the ids that its lineage on the board lacks."""

    def follow(self, update: Update) -> Lineage:
        """Take an update and return all ids that its development has had, the first one first."""
        earlier = self._past(update)
        whole = _joined(earlier, update.lineage)
        if update.after is None:
            self._gone.update(dict.fromkeys(whole, whole))
        elif earlier:
            self._earlier[update.after.development_id] = earlier
        return whole

    def _past(self, update: Update) -> Lineage:
        ended = (update.before, *update.absorbed)
        earlier = [self._earlier.pop(old.development_id, ()) for old in ended if old is not None]
        if update.before is None:
            whole = next((self._gone[key] for key in update.lineage if key in self._gone), ())
            for key in whole:
                self._gone.pop(key, None)
            earlier.insert(0, whole)
        return _joined(*earlier)

    def of(self, development_id: str, lineage: Sequence[str]) -> Lineage:
        """Return all ids that a development has had; `lineage` are those that the board knows."""
        return _joined(self._earlier.get(development_id, ()), lineage)


def _joined(*lineages: Sequence[str]) -> Lineage:
    return tuple(dict.fromkeys(chain.from_iterable(lineages)))
