"""Delivery through Apprise: mail, chat, push and about a hundred other services, each by a URL."""

import logging
from typing import Final

from connectors.terminal_notifier import alert_lines
from schemas.errors import ConfigError, DeliveryError
from schemas.records import Alert

_KINDS: Final = {"info": "info", "warning": "warning", "critical": "failure"}
_TELLTALES: Final = ("apprise", "urllib3", "urllib3.connectionpool", "urllib3.util.retry")
"""Loggers that write addresses, and so secrets, into their lines."""


def _silent(_record: logging.LogRecord) -> bool:
    return False


class AppriseNotifier:
    """One channel. Its URL may hold secrets, so it appears in no message, and what Apprise and urllib3 log is dropped.

    A send takes as long as Apprise's own limits let it: 4 s to connect and 4 s to read for most services.
    """

    def __init__(self, name: str, url: str) -> None:
        """Raises ConfigError when Apprise can't read the URL."""
        import apprise

        for logger in _TELLTALES:
            logging.getLogger(logger).addFilter(_silent)
        self.name = name
        self._channel = apprise.Apprise()
        if not self._channel.add(url):
            raise ConfigError(f"channel {name}: its URL is not one that Apprise knows; see its list of services")

    def send(self, alert: Alert) -> None:
        """Deliver one alert. Raises DeliveryError."""
        try:
            taken = self._channel.notify(
                body=alert_lines(alert),
                title=f"[{alert.severity.upper()}] {alert.title}",
                notify_type=_KINDS[alert.severity],
            )
        except Exception as error:  # noqa: BLE001 (plugins raise what they like)
            # Whatever a service's plugin raises; its text may hold the address.
            raise DeliveryError(f"channel {self.name} failed ({type(error).__name__})") from None
        if not taken:
            raise DeliveryError(f"channel {self.name} did not take the alert")
