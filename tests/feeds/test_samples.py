"""Feeds as they come over the wire, each beside what must be read from it (tests/data/feeds)."""

from pathlib import Path

import msgspec
import pytest

from connectors.feed_parser import ParseLimits, parse_feed
from schemas.feeds import ParsedFeed

SAMPLES = Path(__file__).parents[1] / "data" / "feeds"
WIRE = sorted(path for path in SAMPLES.iterdir() if not path.name.endswith(".expected.json"))
URL = "https://asked.example/feeds/latest"
ANYTHING = "*"


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """`*` in a warning or in a dead item's record stands for any text that is not empty."""

    feed: ParsedFeed
    headers: dict[str, str] = {}


def with_wildcards(found: ParsedFeed, expected: ParsedFeed) -> ParsedFeed:
    """Put `*` into what was found where it is expected."""
    dead = tuple(
        msgspec.structs.replace(item, record=ANYTHING) if item.record and wanted.record == ANYTHING else item
        for item, wanted in zip(found.dead, expected.dead, strict=True)
    )
    warnings = tuple(
        ANYTHING if text and wanted == ANYTHING else text
        for text, wanted in zip(found.warnings, expected.warnings, strict=True)
    )
    return msgspec.structs.replace(found, dead=dead, warnings=warnings)


@pytest.mark.parametrize("wire", WIRE, ids=[path.stem for path in WIRE])
def test_a_sample_is_read_as_it_is_written_beside_it(wire):
    """Every field of every item, what is dead and what is warned of; nothing more."""
    expected = msgspec.json.decode(wire.with_name(f"{wire.stem}.expected.json").read_bytes(), type=Expected)
    headers = {name.lower(): value for name, value in expected.headers.items()}
    found = parse_feed(wire.read_bytes(), headers, URL, ParseLimits())
    assert isinstance(found, ParsedFeed)
    assert with_wildcards(found, expected.feed) == expected.feed


def test_samples_and_expectations_go_in_pairs():
    """No sample is left unread, and no expectation without its sample."""
    expected = {path.name.removesuffix(".expected.json") for path in SAMPLES.glob("*.expected.json")}
    assert {path.stem for path in WIRE} == expected
