"""One spelling for each web address, so that an article is recognised however a feed links to it.

Left out is only what (almost) never tells two articles apart: the scheme, default ports, fragments, `www.`, the host
prefixes and path suffixes of mobile and AMP variants, tracking parameters, the order of parameters, a trailing slash,
and the way in which letters are percent-encoded. The result is a key and not an address to be fetched.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

_LONGEST: Final = 8000
"""Characters; a longer address is no link. Servers refuse them, and nobody needs them to be canonical."""
# fmt: off
_TRACKERS: Final = frozenset({
    "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "igshid", "igsh",
    "mc_cid", "mc_eid", "_ga", "_gl", "_hsenc", "_hsmi", "__twitter_impression", "ocid", "xtor", "cmpid", "ftag",
    "smid", "smtyp", "maca", "traffic_source", "ns_mchannel", "ns_campaign", "ns_source", "ns_linkname", "spref",
    "phpsessid", "jsessionid", "amp", "amp_js_v", "_",
})
# fmt: on
_TRACKER_PREFIXES: Final = ("utm_", "at_", "pk_", "mtm_", "hsa_")
_CHANNEL_NAMES: Final = ("ref", "source", "src", "from", "partner", "emc")
_CHANNELS: Final = {name: frozenset({"rss", "feed", "atom", "rssfeed"}) for name in _CHANNEL_NAMES}
_CHANNELS["outputtype"] = frozenset({"amp"})
"""Parameters that track only with these values; with others they may choose the page."""
_VARIANT_HOSTS: Final = ("www.", "m.", "mobile.", "amp.")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_KEPT: Final = "/%:@!$&'()*+,;=~"
_SCHEME: Final = re.compile(r"\s*https?:", re.IGNORECASE)
_ESCAPE: Final = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SESSION: Final = re.compile(r";jsessionid=[^/?]*", re.IGNORECASE)


@lru_cache(maxsize=1024)
def canonical_link(url: str | None) -> str | None:
    """Return the key of an http(s) address, `//host/path?query`; None for what is no such address.

    Idempotent up to the scheme: the key with `https:` before it has itself as key. Cached, for an item's guid and link
    are looked at several times and often the same.
    """
    if not url or len(url) > _LONGEST or not _SCHEME.match(url):
        return None
    try:
        parts = urlsplit(unicodedata.normalize("NFC", url.strip()))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return None
    authority = _host(host) + ("" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}")
    path = _path(parts.path)
    query, fragment = _query(parts.query), _route(parts.fragment)
    return f"//{authority}{path}" + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def names_page(key: str) -> bool:
    """Tell a page from a site's front page, which many feeds give as the link of every item."""
    return key.count("/") > 2 or "?" in key or "#" in key


def _host(host: str) -> str:
    host = host.lower().rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            host = quote(host, errors="backslashreplace")
    for prefix in _VARIANT_HOSTS:
        rest = host.removeprefix(prefix)
        if rest != host and "." in rest:
            return rest
    return host


def _path(path: str) -> str:
    path = _respell(_SESSION.sub("", path), _KEPT).rstrip("/")
    return path.removesuffix("/amp").rstrip("/")


def _respell(text: str, kept: str) -> str:
    """Percent-encode in one way: what must be encoded, in upper case, and nothing else."""

    def spell(match: re.Match[str]) -> str:
        letter = chr(int(match[1], 16))
        return letter if letter in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(spell, quote(text, safe=kept, errors="backslashreplace"))


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, errors="backslashreplace")
    kept = sorted((name, value) for name, value in pairs if not _tracks(name.lower(), value.lower()))
    return urlencode(kept, errors="backslashreplace")


def _tracks(name: str, value: str) -> bool:
    return name in _TRACKERS or name.startswith(_TRACKER_PREFIXES) or value in _CHANNELS.get(name, ())


def _route(fragment: str) -> str:
    """Keep a fragment only where a page in the browser reads it as its path (`#!/news/1`)."""
    return _respell(fragment, _KEPT + "?") if fragment.startswith(("!", "/")) else ""
