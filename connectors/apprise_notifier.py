"""Delivery through Apprise: mail, chat, push and about a hundred other services, each by a URL."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from connectors.terminal_notifier import alert_lines
from schemas.errors import ConfigError, DeliveryError
from schemas.records import Alert

_KINDS: Final = {"info": "info", "warning": "warning", "critical": "failure"}
_SCHEME: Final = re.compile("[a-z][a-z0-9]{1,15}")
_TELLTALES: Final = ("apprise", "urllib3", "urllib3.connectionpool", "urllib3.util.retry")
"""Loggers that write addresses, and so secrets, into their lines."""


_SIGNS: Final = (
    (re.compile(r"error[=: ]+([1-5]\d\d)\b"), "the service answered {}"),
    (re.compile("[Cc]onnection refused"), "nobody listens at its address"),
    (re.compile("NameResolution|[Nn]ame or service not known|getaddrinfo|failure in name resolution"),
     "its host's name is not known"),
    (re.compile("CERTIFICATE|SSLError|certificate"), "its certificate is not accepted"),
    (re.compile("[Tt]imed? ?out"), "no answer came in time"),
    (re.compile("unreachable|No route"), "its network can't be reached"),
)  # fmt: skip
"""What Apprise logs of a failure -> words of our own: its lines hold addresses, and so secrets."""


class _Hush(logging.Filter):
    """Keeps lines from every handler; while somebody listens, it notes what they are signs of."""

    heard: list[str] | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Let nothing through."""
        if self.heard is not None:
            text = record.getMessage()
            found = ((words, sign.search(text)) for sign, words in _SIGNS)
            self.heard += [words.format(*match.groups()) for words, match in found if match]
        return False


_HUSH: Final = _Hush()


@contextmanager
def listening() -> Iterator[list[str]]:
    """Yield a list that fills with reasons why sends fail, in words without any address.

    For one send at a time: Apprise sends in threads of its own, so that reasons can't be told apart by channel.
    """
    logger = logging.getLogger(_TELLTALES[0])
    before = logger.level
    heard: list[str] = []
    _HUSH.heard = heard
    logger.addFilter(_HUSH)
    logger.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        logger.setLevel(before)
        _HUSH.heard = None


def _fault(url: str) -> str:
    """Say what is wrong with an address that Apprise refuses, without repeating more of it than its scheme."""
    scheme, separator, _ = url.partition("://")
    if not separator or not _SCHEME.fullmatch(scheme):
        return "begins with no scheme, as in slack:// or mailto://"
    return f"begins with {scheme}://, which Apprise does not know, or a part that this service needs is missing"


class AppriseNotifier:
    """One channel. Its URL may hold secrets, so it appears in no message, and what Apprise and urllib3 log is dropped.

    A send takes as long as Apprise's own limits let it: 4 s to connect and 4 s to read for most services.
    """

    def __init__(self, name: str, url: str) -> None:
        """Raises ConfigError when Apprise can't read the URL."""
        import apprise

        for logger in _TELLTALES:
            logging.getLogger(logger).addFilter(_HUSH)
        self.name = name
        self._channel = apprise.Apprise()
        if not self._channel.add(url):
            raise ConfigError(f"channel {name}: its URL {_fault(url)}; see Apprise's list of services")

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
