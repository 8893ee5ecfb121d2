"""What the rules would have alerted on, had they been asked all along: counted against the ledger, sent to nobody."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pipelines.alerting import HISTORY, Ancestry, Ledger, Sighting, decide
from pipelines.developments import Board, Update, changes
from schemas.records import AlertRaised
from schemas.rules import Rules


class Counts(NamedTuple):
    """Alerts of the ledger (history aside), of the rehearsal, of the rehearsal alone, and of the ledger alone."""

    raised: int
    rehearsed: int
    gained: int
    lost: int


class Rehearsal:
    """Asks the rules of every update of a board, with a ledger of its own."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._ledger = Ledger()
        self._ancestry = Ancestry()
        self._lineages: dict[str, tuple[str, ...]] = {}

    def see(self, board: Board, updates: Iterable[Update], now: datetime) -> None:
        """Take what one article did to the board; `now` is when it came."""
        for update in updates:
            lineage = self._ancestry.follow(update)
            family = None if update.after is None else board.family(update.after.development_id)
            if update.after is None or family is None:
                continue
            self._lineages[lineage[0]] = lineage
            steps = changes(update.before, update.after)
            sighting = Sighting(update.after, lineage, family.realis, steps)
            for alert in decide(sighting, self._rules, self._ledger, lambda _: (), now):
                self._ledger.fold(AlertRaised(alert=alert))

    def against(self, ledger: Ledger) -> Counts:
        """Count what differs. An alert counts as the same under any of the ids that its development has had."""
        rehearsed = [
            (alert.rule, self._lineages.get(alert.development_id, (alert.development_id,)), alert.change)
            for alert in self._ledger.alerts.values()
        ]
        keys = {(rule, key, change) for rule, lineage, change in rehearsed for key in lineage}
        raised = [
            (alert.rule, alert.development_id, alert.change)
            for alert in ledger.alerts.values()
            if alert.suppressed != HISTORY
        ]
        return Counts(
            raised=len(raised),
            rehearsed=len(rehearsed),
            gained=sum(not ledger.holds(*alert) for alert in rehearsed),
            lost=sum(alert not in keys for alert in raised),
        )
