"""How servers are reached: credentials and certificates, from the environment alone; and where this machine caches.

They stand in no settings file, no URL, no pickled graph and no message; every process that opens a server reads them
where it runs.
"""

import os
from collections.abc import Mapping
from typing import Final

LOG_VARIABLES: Final[Mapping[str, str]] = {
    "KIRKUK_LOG_SECURITY": "plaintext (default), ssl, sasl_plaintext or sasl_ssl",
    "KIRKUK_LOG_SASL_MECHANISM": "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512 (default)",
    "KIRKUK_LOG_USERNAME": "user of the log's server",
    "KIRKUK_LOG_PASSWORD": "that user's password",
    "KIRKUK_LOG_CA_CERTS": "file with the authorities that the log's server is checked by",
    "KIRKUK_LOG_CERT_FILE": "file with this client's certificate",
    "KIRKUK_LOG_KEY_FILE": "file with this client's key",
    "KIRKUK_LOG_STATE": "folder of the cache of event ids",
}
"""Variable -> what it says, for logs on a server."""

INDEX_VARIABLES: Final[Mapping[str, str]] = {
    "KIRKUK_INDEX_API_KEY": "API key of the index's server, as one base64 text",
    "KIRKUK_INDEX_USERNAME": "user of the index's server",
    "KIRKUK_INDEX_PASSWORD": "that user's password",
    "KIRKUK_INDEX_CA_CERTS": "file with the authorities that the index's server is checked by",
}
"""Variable -> what it says, for indexes on a server."""

KIBANA_VARIABLES: Final[Mapping[str, str]] = {
    "KIRKUK_KIBANA_API_KEY": "API key for Kibana, as one base64 text",
    "KIRKUK_KIBANA_USERNAME": "user of Kibana",
    "KIRKUK_KIBANA_PASSWORD": "that user's password",
    "KIRKUK_KIBANA_CA_CERTS": "file with the authorities that Kibana is checked by",
}
"""Variable -> what it says, for `kirkuk setup --kibana`."""

VARIABLES: Final[Mapping[str, str]] = {
    **LOG_VARIABLES,
    **INDEX_VARIABLES,
    **KIBANA_VARIABLES,
    "KIRKUK_CACHE": "folder of caches: schemas that were checked, event ids unless KIRKUK_LOG_STATE is set",
}


def variable(name: str, environ: Mapping[str, str] | None = None) -> str:
    """Return a variable's value, "" where it is not set. `name` is one of VARIABLES."""
    assert name in VARIABLES, name
    return (os.environ if environ is None else environ).get(name, "")
