"""What a feed serves at a moment: items appear, change, roll off; validators and faults are as a server's would be."""

import gzip
import itertools
from datetime import timedelta

import pytest

from desk.demo.playbook import Edit, Fault, Pace, Version
from desk.demo.playing import answer, elapsed_at, fault_at, items_at, moment_at, story_url


def hours(count):
    return timedelta(hours=count)


def test_time_runs_as_the_pace_says(build):
    """Half of the seconds for the first hour, the other half for the rest; it stands still before and after."""
    head = build.playbook(pace=(Pace(at=build.noon + hours(1), share=0.5),)).head
    assert moment_at(head, -1, 10) == build.noon
    assert moment_at(head, 2.5, 10) == build.noon + hours(0.5)
    assert moment_at(head, 7.5, 10) == build.noon + hours(5.5)
    assert moment_at(head, 11, 10) == build.noon + hours(10)


def test_elapsed_is_the_inverse(shipped):
    """Every article's time is reached, and at the elapsed time that is computed for it."""
    for story in shipped.stories:
        elapsed = elapsed_at(shipped.head, story.at, 60)
        assert 0 <= elapsed <= 60
        assert abs(moment_at(shipped.head, elapsed, 60) - story.at) < timedelta(seconds=1)


def test_items_appear_newest_first_and_roll_off(build):
    """The feed keeps as many as it says."""
    outlet = build.outlet(newest=2)
    playbook = build.playbook(*(build.story(key, hour) for hour, key in enumerate("abc", 1)), outlets=(outlet,))

    def shown(hour):
        return [item.version.story for item in items_at(playbook, outlet, build.noon + hours(hour))]

    assert shown(0) == []
    assert shown(1) == ["a"]
    assert shown(2) == ["b", "a"]
    assert shown(3) == ["c", "b"]


def test_silent_edit_changes_text_only(build):
    """Address and dates stay; a noted edit moves the date of update."""
    quiet = build.story("a", 1, edits=(Edit(at=build.noon + hours(2), text="Corrected."),))
    loud = build.story("b", 1, edits=(Edit(at=build.noon + hours(2), text="Corrected.", noted=True),))
    playbook = build.playbook(quiet, loud)
    outlet = playbook.outlets[0]
    before = {item.version.story: item for item in items_at(playbook, outlet, build.noon + hours(1))}
    after = {item.version.story: item for item in items_at(playbook, outlet, build.noon + hours(2))}
    assert (after["a"].text, after["a"].version) == ("Corrected.", Version("a", 1))
    assert (after["a"].url, after["a"].updated, after["a"].title) == (
        before["a"].url,
        before["a"].updated,
        before["a"].title,
    )
    assert after["b"].updated == build.noon + hours(2)


def test_addresses_end_with_the_id(shipped):
    """That is how a score knows them again, and they don't depend on the port."""
    for story in shipped.stories:
        url = story_url(shipped.outlet[story.outlet], story)
        assert url.endswith(f"/{story.id}")
        assert "127.0.0.1" not in url


@pytest.mark.parametrize(
    "validators,header,condition",
    [(("etag",), "etag", "if-none-match"), (("last-modified",), "last-modified", "if-modified-since")],
)
def test_not_modified(build, validators, header, condition):
    """A client that has the body gets 304 until the next item, by either validator alone."""
    outlet = build.outlet(validators=validators)
    playbook = build.playbook(build.story("a", 1), build.story("b", 3), outlets=(outlet,))
    first = answer(playbook, outlet, build.noon + hours(1), {})
    assert (first.status, first.shown) == (200, (Version("a", 0),))
    asked = {condition: first.headers[header]}
    again = answer(playbook, outlet, build.noon + hours(2), asked)
    assert (again.status, again.body, again.shown) == (304, b"", ())
    assert answer(playbook, outlet, build.noon + hours(3), asked).status == 200


def test_etag_changes_with_a_silent_edit_and_outranks_the_date(build):
    """As HTTP has it: where both are sent, the tag decides."""
    story = build.story("a", 1, edits=(Edit(at=build.noon + hours(2), text="Corrected."),))
    playbook = build.playbook(story)
    outlet = playbook.outlets[0]
    first = answer(playbook, outlet, build.noon + hours(1), {})
    asked = {"if-none-match": first.headers["etag"], "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert answer(playbook, outlet, build.noon + hours(2), asked).status == 200


def test_a_feed_without_validators_is_always_sent(build):
    """Conditions of a client that invents them are ignored."""
    outlet = build.outlet(validators=())
    playbook = build.playbook(build.story("a", 1), outlets=(outlet,))
    asked = {"if-none-match": "*", "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    reply = answer(playbook, outlet, build.noon + hours(1), asked)
    assert reply.status == 200
    assert not {"etag", "last-modified"} & set(reply.headers)


def test_gzip_only_for_those_who_ask(build):
    """The body is the same inside."""
    outlet = build.outlet(gzip=True)
    playbook = build.playbook(build.story("a", 1), outlets=(outlet,))
    plain = answer(playbook, outlet, build.noon + hours(1), {})
    packed = answer(playbook, outlet, build.noon + hours(1), {"accept-encoding": "gzip, br"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body


def test_outage_ends_and_nothing_is_lost(build):
    """During it 503 without a trace of the items; after it, all that was missed."""
    fault = Fault(kind="unavailable", begins=build.noon + hours(2), ends=build.noon + hours(4))
    outlet = build.outlet(faults=(fault,))
    playbook = build.playbook(build.story("a", 1), build.story("b", 3), outlets=(outlet,))
    down = answer(playbook, outlet, build.noon + hours(3), {})
    assert (down.status, down.shown) == (503, ())
    assert answer(playbook, outlet, build.noon + hours(4), {}).shown == (Version("b", 0), Version("a", 0))


@pytest.mark.parametrize("kind,status,hang_up", [("gone", 410, False), ("reset", 0, True), ("entity-bomb", 200, False)])
def test_faults(build, kind, status, hang_up):
    """A fault without an end lasts."""
    outlet = build.outlet(faults=(Fault(kind=kind, begins=build.noon + hours(2)),))
    playbook = build.playbook(build.story("a", 1), outlets=(outlet,))
    assert fault_at(outlet, build.noon + hours(1)) is None
    reply = answer(playbook, outlet, build.noon + hours(9), {})
    assert (reply.status, reply.hang_up) == (status, hang_up)


def test_shipped_items_stay_long_enough(shipped):
    """No item rolls off its feed while the feed can't be read: what an outage hides is served after it."""
    for outlet in shipped.outlets:
        for fault in outlet.faults:
            if fault.ends is None:
                continue
            hidden = {s.id for s in shipped.stories if s.outlet == outlet.id and fault.begins <= s.at < fault.ends}
            after = {item.version.story for item in items_at(shipped, outlet, fault.ends)}
            assert hidden <= after, outlet.id


def test_shipped_versions_can_be_seen(shipped):
    """Each version of an edited article stands for over a second of the play, so that a watcher can meet it."""
    for story in shipped.stories:
        times = [elapsed_at(shipped.head, at, 60) for at in (story.at, *(edit.at for edit in story.edits))]
        assert all(later - earlier > 1.2 for earlier, later in itertools.pairwise(times)), story.id
