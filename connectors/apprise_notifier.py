"""Delivery through Apprise: mail, chat, push and about a hundred other services, each by a URL."""

from typing import Final

from connectors.terminal_notifier import alert_lines
from schemas.errors import ConfigError, DeliveryError
from schemas.records import Alert

_KINDS: Final = {"info": "info", "warning": "warning", "critical": "failure"}


class AppriseNotifier:
    """One channel. Its URL may hold secrets, so it appears in no message, and Apprise's own log is not shown."""

    def __init__(self, name: str, url: str) -> None:
        """Raises ConfigError when Apprise can't read the URL."""
        import apprise

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
