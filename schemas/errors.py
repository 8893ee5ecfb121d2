"""The errors that cross a port. Adapters raise these `from` the driver's own."""


class KirkukError(Exception):
    """Root of every expected failure. Its text is for a person: it names the file or address, the key and the
    remedy.
    """


class ConfigError(KirkukError):
    """A setting, a rule, a feed entry or an option is wrong."""


class SchemaError(KirkukError):
    """An event schema folder does not validate; the text lists every fault as `file: key: what`."""


class RecordError(KirkukError):
    """A stored event can't be decoded: unknown type, future version or broken JSON."""


class LogError(KirkukError):
    """The event log can't be reached, is full, is locked for too long or refuses a record."""


class RecordTooLargeError(LogError):
    """One record is over the log's limit; nothing of its batch was appended."""


class IndexUnavailableError(KirkukError):
    """The index can't be reached or refuses work."""


class QueryError(KirkukError):
    """A query can't be parsed or names an unknown field.

    `position` is the 0-based character offset of the fault in the query text, or None.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


class DeliveryError(KirkukError):
    """One notification could not be delivered; a later try may succeed."""
