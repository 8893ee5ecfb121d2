"""Generations and prefixes on the search server: made once by many, completed, promoted at once, kept apart."""

import signal
import subprocess
import threading
import time
from contextlib import closing
from functools import partial

import pytest

from connectors.elastic_generations import index_name
from connectors.elastic_index import ElasticIndex
from connectors.elastic_options import parse_elastic_url
from connectors.elastic_templates import KINDS, LAYOUT
from connectors.registry import open_index
from schemas.documents import FIELDS
from schemas.errors import ConfigError, IndexUnavailableError
from tests.contracts.index_play import LIVE, document, emptied, numbered

NAMES = [
    "v1",
    "V1",
    "kirkuk-*",
    "a,b/c?d#e%20",
    "..",
    "كركوك \U0001f525" + "x" * 300,
    "",
    '"\\\x00\n',
]
"""No two may meet, and none may become another's wildcard."""
HALF_MADE = """
import os, signal, sys
from connectors import elastic_generations
from connectors.registry import open_index
from tests.contracts.index_play import document

made = elastic_generations._make_index
left = [int(sys.argv[2])]

def make(*arguments):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    made(*arguments)

elastic_generations._make_index = make
open_index(sys.argv[1]).upsert("g1", [document("a", title="Kirkuk")])
"""
AT_ONCE = """
import sys
from connectors.registry import open_index
from tests.contracts.index_play import numbered

index = open_index(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for generation in ("one", "two"):
    assert index.upsert(generation, [numbered(int(sys.argv[2]))]) == []
index.close()
"""


@pytest.fixture
def run(start_python):
    """Start a program of Python text."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return partial(start_python, "-c", text=True, **pipes)


def alias_targets(server, prefix):
    """Return the indices behind each alias of a prefix, all seen at one moment."""
    found = server.api("GET", f"/{prefix}-*/_alias").body
    targets = {}
    for name, entry in found.items():
        for alias in entry["aliases"]:
            targets.setdefault(alias, set()).add(name)
    return targets


def test_generations_have_any_names(index):
    """Each holds its own document, is found under its own name, and goes alone."""
    for number, name in enumerate(NAMES):
        assert index.upsert(name, [numbered(number)]) == []
    assert index.generations() == NAMES
    for number, name in enumerate(NAMES):
        assert [one[0] for one in index.scan("articles", generation=name)] == [f"n{number:05d}"], name
    for name in NAMES[-3:]:
        index.promote(name)
        assert index.live() == name
    for name in NAMES[:-1]:
        index.drop(name)
    assert (index.generations(), index.count("articles")) == (NAMES[-1:], 1)


@pytest.mark.parametrize("made", [0, 1, len(KINDS) - 1])
def test_a_half_made_generation_is_none_until_somebody_completes_it(index, url, run, made):
    """A process is killed after it made some of the indices: nobody sees the generation; the next one completes it."""
    killed = run(HALF_MADE, url, made)
    assert killed.wait(60) == -signal.SIGKILL
    assert index.generations() == []
    assert (index.count("articles", generation=LIVE), index.search("events", "", generation=LIVE).total) == (0, 0)
    assert index.upsert(LIVE, [document("a", title="Kirkuk", kind=kind) for kind in FIELDS]) == []
    assert index.generations() == [LIVE]
    index.promote(LIVE)
    assert [index.search(kind, "", facets=[]).total for kind in FIELDS] == [1, 1, 1, 1]


def test_many_processes_make_the_same_generations_at_once(index, url, run, elastic_server):
    """All their documents are there, in indices with our mapping, and every generation is there once."""
    writers = [run(AT_ONCE, url, number) for number in range(3)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n", writer.communicate()
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors
    assert set(index.generations()) == {"one", "two"}
    assert len(index.generations()) == 2
    for generation in index.generations():
        deadline = time.monotonic() + 10
        # What others wrote is seen within a second.
        while index.count("articles", generation=generation) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert index.count("articles", generation=generation) == 3
        names = [index_name(index._options, kind, generation) for kind in KINDS]
        found = elastic_server.api("GET", f"/{','.join(names)}/_mapping").body
        metas = [found[name]["mappings"]["_meta"] for name in names]
        assert [(meta["generation"], meta["layout"]) for meta in metas] == [(generation, LAYOUT)] * len(KINDS)


def test_readers_see_the_old_or_the_new_generation_and_never_both_or_none(index, url, elastic_server):
    """While generations are promoted again and again, every search sees one whole generation, in all kinds."""
    for name in ("old", "new"):
        index.upsert(name, [document(name, title="kirkuk", kind=kind) for kind in FIELDS])
    index.promote("old")
    seen, wrong = set(), []
    done = threading.Event()

    def read():
        with closing(open_index(url)) as reader:
            while not done.is_set():
                for kind in FIELDS:
                    hits = [hit.id for hit in reader.search(kind, "kirkuk").hits]
                    seen.update(hits)
                    if hits not in (["old"], ["new"]):
                        wrong.append((kind, hits))
                if reader.live() not in ("old", "new"):
                    wrong.append("no live generation")
                targets = alias_targets(elastic_server, index._options.prefix)
                generations = {name.rpartition("-")[2] for names in targets.values() for name in names}
                if len(targets) != len(KINDS) or len(generations) != 1:
                    wrong.append(targets)

    index.count("articles", generation="old")
    index.count("articles", generation="new")
    for kind in FIELDS:
        index.search(kind, "", generation="new")
        index.search(kind, "", generation="old")
    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(30):
        index.promote(("new", "old")[turn % 2])
    done.set()
    reader.join(60)
    assert wrong == []
    assert seen == {"old", "new"}


def test_an_index_dropped_meanwhile_is_made_again_by_who_writes(index, url):
    """Another process dropped the generation that this one is writing to: no document is lost, and none refused."""
    index.upsert(LIVE, [document("a", title="Kirkuk"), document("e", kind="events")])
    with closing(open_index(url)) as other:
        other.drop(LIVE)
        assert other.generations() == []
        assert index.upsert(LIVE, [document("b", title="Kirkuk"), document("f", kind="events")]) == []
        assert other.generations() == [LIVE]
        assert [one[0] for one in index.scan("articles", generation=LIVE)] == ["b"]
        other.drop(LIVE)
        index.delete(LIVE, "articles", ["b"])
        assert index.get("articles", "b", generation=LIVE) is None
        index.promote(LIVE)
        assert (other.live(), other.count("events")) == (LIVE, 0)


def test_a_scan_of_a_generation_that_is_dropped_does_not_look_complete(index, url):
    """It fails in the middle rather than end early: who copies or compares would take the rest for gone."""
    index.upsert(LIVE, [numbered(number) for number in range(1200)])
    scan = index.scan("articles", generation=LIVE)
    assert next(scan)[0] == "n00000"
    with closing(open_index(url)) as other:
        other.drop(LIVE)
    with pytest.raises(IndexUnavailableError):
        list(scan)


@pytest.mark.parametrize("prefix", [*KINDS, "kirkuk-articles", "kirkuk-events-2", "alerts-x"])
def test_a_prefix_that_would_look_like_another_ones_index_is_refused(prefix):
    """`kirkuk-articles` would put its articles where `kirkuk` has the generations of its own."""
    with pytest.raises(ConfigError, match="articles"):
        parse_elastic_url(f"http://elastic:9200/{prefix}")


def test_prefixes_that_begin_alike_do_not_meet(elastic_server):
    """Their generations, live ones, templates and deletions are their own, under the same generation names."""
    urls = [f"{elastic_server.url}/{prefix}" for prefix in ("alike", "alike-test", "alike.articles")]
    made = [emptied(url) for url in urls]
    indexes: list[ElasticIndex] = [next(each) for each in made]
    try:
        for number, one in enumerate(indexes):
            one.upsert("test", [numbered(number)])
            one.promote("test")
        for number, one in enumerate(indexes):
            assert one.generations() == ["test"]
            assert [found[0] for found in one.scan("articles")] == [f"n{number:05d}"]
        indexes[0].promote("own")
        indexes[0].drop("test")
        assert indexes[0].generations() == ["own"]
        for one in indexes[1:]:
            assert (one.live(), one.generations(), one.count("articles")) == ("test", ["test"], 1)
    finally:
        # The shortest prefix last, as its wildcard holds the others.
        for each in reversed(made):
            next(each, None)


def test_what_is_written_through_an_alias_goes_to_the_live_generation(index, elastic_server):
    """An operator's tools need not know its name; another generation gets nothing."""
    prefix = index._options.prefix
    for number, generation in enumerate(("g1", "g2")):
        assert index.upsert(generation, [numbered(number)]) == []
        index.promote(generation)
        answer = elastic_server.api("PUT", f"/{prefix}-articles/_doc/by-hand-{number}", {"title": "By hand"})
        assert answer.body["_index"] == f"{prefix}-articles-{generation}"
    assert index.get("articles", "by-hand-1", generation="g1") is None
