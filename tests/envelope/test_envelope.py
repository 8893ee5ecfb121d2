"""Events are CloudEvents 1.0, and every record comes back from one as it went in."""

import json
import pickle
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from schemas import envelope, records
from schemas.envelope import CURRENT_VERSION, Event, decode, derived, encode, pack, unpack
from schemas.errors import RecordError

NOON = datetime(2017, 10, 16, 12, tzinfo=UTC)
REQUIRED = {"id": "e1", "source": "kirkuk", "type": "kirkuk.FeedMoved", "subject": "f1", "time": "2017-10-16T12:00:00Z"}


def moved() -> records.FeedMoved:
    return records.FeedMoved(feed_id="f1", at=NOON, old_url="a", new_url="b")


def packed(record, **changes):
    event = pack(record, event_id="e1", subject="key", time=NOON)
    return msgspec.structs.replace(event, **changes)


def test_every_stored_record_has_an_example(example_names):
    """A record that is added to the envelope is added to these tests."""
    assert example_names == set(CURRENT_VERSION)


def test_every_record_comes_back_as_it_went_in(record):
    """Packed, encoded, decoded and unpacked, it equals the original."""
    assert unpack(decode(encode(packed(record)))) == record


def test_encoding_is_stable(record):
    """The same record gives the same bytes, before and after a round trip; one line each."""
    data = encode(packed(record))
    assert encode(packed(unpack(decode(data)))) == data == encode(decode(data))
    assert b"\n" not in data


def test_an_event_has_the_attributes_that_cloudevents_requires(record):
    """JSON format of CloudEvents 1.0: required attributes are non-empty strings, extension names are plain."""
    fields = json.loads(encode(packed(record)))
    assert fields["specversion"] == "1.0"
    assert all(isinstance(fields[name], str) and fields[name] for name in ("id", "source", "type", "subject"))
    assert fields["type"] == f"kirkuk.{type(record).__name__}"
    assert fields["datacontenttype"] == "application/json"
    assert datetime.fromisoformat(fields["time"]) == NOON
    assert isinstance(fields["data"], dict)
    assert all(name.isascii() and name.isalnum() and name == name.lower() for name in fields)


def test_times_are_stored_in_utc():
    """An event's time keeps its moment, whatever zone it came in."""
    baghdad = NOON.astimezone(timezone(timedelta(hours=3)))
    event = pack(moved(), event_id="e1", subject="f1", time=baghdad)
    assert json.loads(encode(event))["time"] == "2017-10-16T12:00:00Z"


def test_a_naive_time_is_refused():
    """A time without a zone is a bug in the caller."""
    with pytest.raises(ValueError, match="aware"):
        pack(moved(), event_id="e1", subject="f1", time=NOON.replace(tzinfo=None))


def test_a_record_without_a_stream_is_refused():
    """Parts of records are no events."""
    with pytest.raises(ValueError, match="SchemaRef is not a record that is stored"):
        pack(records.SchemaRef(name="n", version="1", digest="d"), event_id="e", subject="s", time=NOON)


def test_an_event_survives_pickling(record):
    """Runners hand events from process to process."""
    event = packed(record)
    assert encode(pickle.loads(pickle.dumps(event))) == encode(event)


@pytest.mark.parametrize("name", [*REQUIRED, "data"])
def test_an_envelope_that_lacks_an_attribute_is_no_event(name):
    """The error says what is missing."""
    fields = {**REQUIRED, "data": {}}
    del fields[name]
    with pytest.raises(RecordError, match=rf"not a stored event: .*`{name}`"):
        decode(json.dumps(fields).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"\xff", b'{"id": "\xff"}', b'"text"', b"[" * 100_000])
def test_bytes_that_are_no_event_are_a_record_error(data):
    """Whatever a file may hold, decoding fails in one way."""
    with pytest.raises(RecordError, match="not a stored event"):
        decode(data)


def test_attributes_of_other_writers_are_ignored():
    """An extension that this release does not know does no harm."""
    event = decode(json.dumps({**REQUIRED, "traceparent": "00-1", "data": {"any": 1}}).encode())
    assert (event.id, event.data_version, event.name) == ("e1", 1, "FeedMoved")


def test_an_unknown_type_is_a_record_error():
    """The message names event and type."""
    with pytest.raises(RecordError, match=r"event e1: unknown type 'kirkuk\.Nothing'.*newer release"):
        unpack(packed(moved(), type="kirkuk.Nothing"))


def test_a_future_version_asks_for_an_upgrade(record):
    """A payload of a later release is not guessed at."""
    future = CURRENT_VERSION[type(record).__name__] + 1
    with pytest.raises(RecordError, match=rf"event e1: .* version {future} is newer.*upgrade kirkuk"):
        unpack(packed(record, data_version=future))


@pytest.mark.parametrize("data", [b"{}", b"[]", b"{", b'{"feed_id": 5}', b'"\xff"'])
def test_a_broken_payload_is_a_record_error(data):
    """The message names event, record and version."""
    with pytest.raises(RecordError, match="event e1: FeedMoved version 1 can't be read"):
        unpack(packed(moved(), data=msgspec.Raw(data)))


def test_fields_of_a_later_minor_change_are_ignored():
    """A field added without a new version does not stop an older reader."""
    data = {**msgspec.to_builtins(moved()), "added": 1}
    assert unpack(packed(moved(), data=msgspec.Raw(msgspec.json.encode(data)))) == moved()


def test_derived_streams_are_named_by_generation():
    """Such a name is a legal Kafka topic, and no stream of facts."""
    assert derived("matches", "1_0-abc-1") == "matches.1_0-abc-1"
    assert derived(envelope.MATCHES, "g") not in envelope.FACTS


@pytest.fixture
def third_version(monkeypatch):
    """FeedMoved as if it were in its third version: the first said `from` and `to`, the second lacked `at`."""
    monkeypatch.setitem(CURRENT_VERSION, "FeedMoved", 3)
    monkeypatch.setitem(
        envelope.UPCASTERS,
        ("FeedMoved", 1),
        lambda old: {"feed_id": old["feed_id"], "old_url": old["from"], "new_url": old["to"]},
    )
    monkeypatch.setitem(envelope.UPCASTERS, ("FeedMoved", 2), lambda old: {**old, "at": "2017-10-16T12:00:00Z"})


@pytest.mark.usefixtures("third_version")
@pytest.mark.parametrize(
    "version, payload",
    [
        (1, {"feed_id": "f1", "from": "a", "to": "b"}),
        (2, {"feed_id": "f1", "old_url": "a", "new_url": "b"}),
        (3, {"feed_id": "f1", "old_url": "a", "new_url": "b", "at": "2017-10-16T12:00:00Z"}),
    ],
)
def test_old_versions_are_lifted_step_by_step(version, payload):
    """Each upcaster goes to the next version; all versions come out as the record of today."""
    event = Event(
        id="e1",
        source="kirkuk",
        type="kirkuk.FeedMoved",
        subject="f1",
        time=NOON,
        data_version=version,
        data=msgspec.Raw(msgspec.json.encode(payload)),
    )
    assert unpack(decode(encode(event))) == moved()


@pytest.mark.usefixtures("third_version")
def test_new_events_carry_the_current_version():
    """What is written today is not lifted when it is read."""
    event = packed(moved())
    assert event.data_version == 3
    assert json.loads(encode(event))["dataversion"] == 3
    assert unpack(event) == moved()


@pytest.mark.usefixtures("third_version")
def test_other_records_are_not_lifted():
    """Upcasters belong to one record."""
    failed = records.FeedFailed(feed_id="f1", at=NOON, kind="dns", message="m")
    assert unpack(packed(failed)) == failed


@pytest.mark.usefixtures("third_version")
@pytest.mark.parametrize("version, payload", [(1, {"feed_id": "f1"}), (2, {"at": 5}), (0, {})])
def test_a_payload_that_cannot_be_lifted_is_a_record_error(version, payload):
    """Also one of a version for which nothing is registered."""
    broken = packed(moved(), data_version=version, data=msgspec.Raw(msgspec.json.encode(payload)))
    with pytest.raises(RecordError, match=rf"event e1: FeedMoved version {version} can't be read"):
        unpack(broken)
