"""Alerts: rules asked of developments, a ledger that remembers, deliveries that are due. Pure: no ports, no clock."""

from pipelines.alerting.ancestry import Ancestry
from pipelines.alerting.decide import HISTORY, Sighting, decide
from pipelines.alerting.ledger import Delivery, Ledger

__all__ = ["HISTORY", "Ancestry", "Delivery", "Ledger", "Sighting", "decide"]
