"""The feed list: every fault is named, and marking it changes nothing else."""

import io
import json
import logging
from datetime import date, timedelta
from pathlib import Path

import pytest

import schemas
from desk.feeds_commands import judge, list_feeds, write_verified
from desk.settings import load_settings
from schemas.errors import ConfigError
from schemas.feed_list import load_feeds, mark_verified
from schemas.feeds import ParsedFeed
from tests.ingestion.newsroom import NOW, failed, item, source

SHIPPED = Path(schemas.__file__).parents[1] / "config" / "feeds.toml"
ENTRY = {
    "id": '"herald-en"',
    "url": '"https://herald.example/rss"',
    "outlet": '"Herald"',
    "publisher": '"herald"',
    "language": '"en"',
    "country": '"IQ"',
}


def entry(**changes):
    values = {**ENTRY, **changes}
    return "[[feeds]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value is not None)


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "feeds.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_shipped_list_covers_region_and_languages_and_claims_nothing_unseen():
    feeds = load_feeds(SHIPPED)
    assert len(feeds) >= 36
    assert {feed.language for feed in feeds} == {"en", "ar", "ckb", "kmr", "tr", "fa"}
    assert {"IQ", "IR", "TR"} < {feed.country for feed in feeds}
    assert all(feed.verified is None for feed in feeds)


@pytest.mark.parametrize(
    "changes, fault",
    [
        ({"url": None}, "feeds[herald-en].url: is missing; add it"),
        ({"url": '"ftp://herald.example/rss"'}, "feeds[herald-en].url: begins with ftp:; only http"),
        ({"url": '"herald.example/rss"'}, "feeds[herald-en].url: begins with no scheme"),
        ({"url": '"https://"'}, "feeds[herald-en].url: is no address"),
        ({"url": '"https://x.example:port/"'}, "feeds[herald-en].url: is no address"),
        ({"outlett": '"Herald"'}, "feeds[herald-en].outlett: unknown key; did you mean 'outlet'?"),
        ({"id": "7"}, "feeds[1].id: expected str, got int; put it in quotes"),
        ({"id": '"Herald EN"'}, "feeds[Herald EN].id: 'Herald EN' is no id"),
        ({"outlet": '" "'}, "feeds[herald-en].outlet: is empty"),
        ({"language": '"ku"'}, "feeds[herald-en].language: 'ku' is two languages"),
        ({"language": '"english"'}, "feeds[herald-en].language: 'english' is no code"),
        ({"country": '"Iraq"'}, "feeds[herald-en].country: 'Iraq' is no code"),
        ({"verified": '"16.10.2017"'}, "feeds[herald-en].verified: '16.10.2017' is no day"),
        ({"poll_interval_s": "1.0"}, "feeds[herald-en].poll_interval_s: must be 10 or more"),
        ({"poll_interval_s": "nan"}, "feeds[herald-en].poll_interval_s: must be 10 or more"),
        ({"enabled": '"no"'}, "feeds[herald-en].enabled: expected bool"),
    ],
)
def test_a_fault_names_file_entry_key_and_remedy(write, changes, fault):
    path = write(entry(**changes))
    with pytest.raises(ConfigError) as caught:
        load_feeds(path)
    assert f"{path}: {fault}" in str(caught.value)


def test_all_faults_are_named_at_once(write):
    path = write(entry() + entry() + entry(id='"other"', country='"iq"'))
    with pytest.raises(ConfigError) as caught:
        load_feeds(path)
    faults = str(caught.value).splitlines()
    assert [fault.split(": ", 2)[1] for fault in faults] == [
        "feeds[other].country",
        "feeds[herald-en].id",
        "feeds[herald-en].url",
        "feeds[other].url",
    ]


@pytest.mark.parametrize("text", ["feeds = 3", "[[feed]]\nid = 'x'", "[[feeds]\n", "\xff"])
def test_a_file_of_another_shape_is_refused(write, text):
    with pytest.raises(ConfigError, match=r"feeds\.toml: "):
        load_feeds(write(text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: can't be read"):
        load_feeds(tmp_path / "none.toml")


def test_a_password_in_an_address_is_warned_of_and_never_shown(write, caplog):
    with caplog.at_level(logging.WARNING):
        load_feeds(write(entry(url='"https://me:secret@herald.example/rss"')))
    assert "feeds[herald-en].url holds a password" in caplog.text
    path = write(entry(url='"gopher://me:secret@herald.example/rss"'))
    with pytest.raises(ConfigError) as caught:
        load_feeds(path)
    assert "secret" not in caplog.text + str(caught.value)


def test_marking_keeps_every_other_byte(write):
    text = (
        "# head\r\n\n"
        + entry()
        + "# tail of the first\n\n"
        + entry(id='"b"', url='"https://b.example/"', verified='"2016-01-01" # long ago')
    )
    assert mark_verified(text, ["b"], date(2017, 10, 16)) == text.replace('2016-01-01" # ', '2017-10-16"  # ')
    first = mark_verified(text, ["herald-en"], date(2017, 10, 16))
    assert first == text.replace('"IQ"\n', '"IQ"\nverified = "2017-10-16"\n', 1)


def test_marking_a_last_line_without_its_end(write):
    path = write(entry().rstrip("\n"))
    write_verified(path, ["herald-en"], NOW)
    assert load_feeds(path)[0].verified == "2017-10-16"


def test_a_list_written_in_another_way_is_left_alone(write):
    inline = ", ".join(f"{key} = {value}" for key, value in ENTRY.items())
    path = write(f"feeds = [{{{inline}}}]\n")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="herald-en"):
        write_verified(path, ["herald-en"], NOW)
    assert path.read_bytes() == before
    assert [child.name for child in path.parent.iterdir()] == ["feeds.toml"]


def test_the_shipped_list_can_be_marked(tmp_path):
    path = tmp_path / "feeds.toml"
    path.write_bytes(SHIPPED.read_bytes())
    ids = [feed.id for feed in load_feeds(path)]
    write_verified(path, ids, NOW)
    write_verified(path, ids[:3], NOW + timedelta(days=1))
    days = [feed.verified for feed in load_feeds(path)]
    assert days == ["2017-10-17"] * 3 + ["2017-10-16"] * (len(ids) - 3)
    kept = [line for line in path.read_text().splitlines() if not line.startswith("verified")]
    assert kept == SHIPPED.read_text().splitlines()


def test_a_check_says_what_is_wrong_with_a_feed():
    feed = source()
    assert judge(feed, ParsedFeed(format="rss20", items=(item(),)), NOW).problems == ()
    assert judge(feed, ParsedFeed(format="rss20", items=(item(),)), NOW + timedelta(days=30)).problems == (
        "no news since 2017-10-16",
    )
    empty = judge(feed, ParsedFeed(format="atom10"), NOW)
    assert (empty.ok, empty.problems) == (False, ("no items",))


def test_the_list_shows_how_each_feed_fares(newsroom, write):
    path = write(
        entry(id='"one"', url='"https://one.example/rss"')
        + entry(id='"two"', url='"https://two.example/rss"')
        + entry(id='"three"', url='"https://three.example/rss"', enabled="false")
        + entry(id='"four"', url='"https://four.example/rss"')
    )
    feeds = load_feeds(path)
    newsroom.web.publish(feeds[0], item())
    newsroom.web.put(feeds[1], failed())
    newsroom.poll(*feeds[:2])
    settings = load_settings(environ={"KIRKUK_FEEDS_FILE": str(path), "KIRKUK_LOG_URL": newsroom.url})
    out = io.StringIO()
    list_feeds(settings, as_json=True, out=out)
    rows = json.loads(out.getvalue())
    assert [row["state"] for row in rows] == [
        "answered 2017-10-16T06:00:00Z",
        "failing (timeout), 1 times in a row, never answered",
        "disabled",
        "not polled yet",
    ]
    assert [row.get("failure") for row in rows] == [None, "timeout", None, None]


def test_the_list_needs_no_log_and_makes_none(write, tmp_path):
    settings = load_settings(
        environ={"KIRKUK_FEEDS_FILE": str(write(entry())), "KIRKUK_LOG_URL": f"sqlite:///{tmp_path}/none.db"}
    )
    out = io.StringIO()
    list_feeds(settings, out=out)
    assert "not polled yet" in out.getvalue()
    assert not (tmp_path / "none.db").exists()
