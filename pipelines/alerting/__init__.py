"""Alerts: rules asked of developments, a ledger that remembers, deliveries that are due. Pure: no ports, no clock."""

from pipelines.alerting.decide import HISTORY, Settled, Sighting, decide, due
from pipelines.alerting.ledger import Delivery, Ledger

__all__ = ["HISTORY", "Delivery", "Ledger", "Settled", "Sighting", "decide", "due"]
