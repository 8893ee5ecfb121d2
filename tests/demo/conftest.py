"""The shipped playbook, a tiny one for tests of single facts, and a clock that tests move by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from desk.demo.playbook import Head, Label, Outlet, Playbook, Story, load_playbook

NOON = datetime(2017, 10, 16, 12, tzinfo=UTC)


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, now):
        self._now = now

    def now(self):
        return self._now

    def sleep(self, seconds):
        self._now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return HandClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="session")
def shipped():
    return load_playbook()


def an_outlet(**changes):
    given = {
        "id": "wire",
        "name": "The Wire",
        "publisher": "wire",
        "country": "GB",
        "language": "en",
        "format": "rss2",
        "site": "https://wire.example",
    }
    return Outlet(**(given | changes))


def a_story(key, hour, **changes):
    given = {
        "id": key,
        "outlet": "wire",
        "at": NOON + timedelta(hours=hour),
        "title": f"Title of {key}",
        "text": f"Text of {key}.\nSecond paragraph.",
        "relevant": True,
    }
    return Story(**(given | changes))


def a_label(**changes):
    given = {
        "id": "taken",
        "what": "The town is taken.",
        "types": ("SEIZE",),
        "places": ("kirkuk-city",),
        "days": ("2017-10-16",),
        "reported_by": ("a",),
    }
    return Label(**(given | changes))


def a_playbook(*stories, outlets=None, labels=(), pace=()):
    """Ten hours from noon, one second an hour."""
    head = Head(name="test", begins=NOON, ends=NOON + timedelta(hours=10), seconds=10, pace=pace)
    return Playbook(head=head, outlets=outlets or (an_outlet(),), stories=stories, labels=labels)


@pytest.fixture
def build():
    """The builders, by name."""

    class Builders:
        outlet = staticmethod(an_outlet)
        story = staticmethod(a_story)
        label = staticmethod(a_label)
        playbook = staticmethod(a_playbook)
        noon = NOON

    return Builders
