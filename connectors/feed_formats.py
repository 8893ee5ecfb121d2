"""From a body to items: finds out what a body is and has it read by the reader of that format."""

from collections.abc import Mapping

import msgspec

from connectors.feed_checks import is_html, is_json
from connectors.feed_encoding import to_utf8
from connectors.feed_items import ParseLimits
from connectors.feed_json import parse_json
from connectors.feed_xml import parse_xml
from schemas.feeds import ParsedFeed, ParseFailed


def parse_feed(body: bytes, headers: Mapping[str, str], url: str, limits: ParseLimits) -> ParsedFeed | ParseFailed:
    """Parse a body. Whatever it holds, the outcome is a value; only MemoryError and bugs in the readers escape.

    `headers` have lower-case names; relative links count from `url`.
    """
    if len(body) > limits.max_body_bytes:
        return ParseFailed(kind="too-large", message=f"the body is larger than {limits.max_body_bytes:,} bytes")
    readable, warnings = to_utf8(body, headers.get("content-type", ""))
    if not readable:
        return ParseFailed(kind="empty", message="the body is empty")
    if is_html(readable):
        return ParseFailed(kind="not-a-feed", message="the body is a web page, not a feed")
    if is_json(readable):
        outcome = parse_json(readable, url, limits)
    else:
        outcome = parse_xml(readable, headers.get("content-language", ""), url, limits)
    if isinstance(outcome, ParseFailed):
        return outcome
    return msgspec.structs.replace(outcome, warnings=(*warnings, *outcome.warnings))
