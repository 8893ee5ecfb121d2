"""The shipped crisis is as large and varied as it must be, and a faulty playbook says where its faults are."""

import shutil
from collections import Counter

import pytest

from desk.demo.playbook import DEFAULT_FOLDER, load_playbook, version_of
from schemas.errors import ConfigError
from schemas.vocabulary import load_vocabulary


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped playbook that a test may spoil."""
    return shutil.copytree(DEFAULT_FOLDER, tmp_path / "crisis")


def spoil(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_size(shipped):
    """At least ten outlets, all formats, and articles in six languages, most of them in English."""
    languages = Counter(shipped.outlet[story.outlet].language for story in shipped.stories)
    assert len(shipped.outlets) >= 10
    assert {outlet.format for outlet in shipped.outlets} == {
        "rss2",
        "rss2-content",
        "rss091",
        "rdf",
        "atom",
        "jsonfeed",
    }
    assert len(shipped.stories) >= 75
    assert languages["en"] >= 60
    assert set(languages) == {"en", "ar", "ckb", "kmr", "tr", "fa"}


def test_variety(shipped):
    """Copies, silent edits, articles about something else and every way for a feed to fail are there."""
    kinds = {fault.kind for outlet in shipped.outlets for fault in outlet.faults}
    assert kinds == {"unavailable", "reset", "malformed", "entity-bomb", "gone"}
    assert sum(story.copy_of is not None for story in shipped.stories) >= 8
    assert sum(len(story.edits) for story in shipped.stories) >= 5
    assert sum(not story.relevant for story in shipped.stories) >= 20
    assert sum(label.non_english_only and not label.minor for label in shipped.labels) >= 5
    assert len({outlet.publisher for outlet in shipped.outlets}) < len(shipped.outlets)


def test_labels_speak_the_schema(shipped):
    """Types, places and actors of the labels are ids of the shipped event schema."""
    vocabulary = load_vocabulary("schemas/kirkuk")
    for label in shipped.labels:
        assert set(label.types) <= set(vocabulary.types)
        assert set(label.places) <= set(vocabulary.places)
        assert set(label.actors_any) <= set(vocabulary.actors)


def test_every_relevant_article_is_behind_a_label_or_tells_nothing_new(shipped):
    """What is marked as relevant is used: few relevant articles are named by no label."""
    named = {version_of(ref).story for label in shipped.labels for ref in label.reported_by}
    unnamed = [story.id for story in shipped.stories if story.relevant and story.id not in named]
    assert len(unnamed) <= 5, unnamed


def test_copies_have_the_original_text(shipped):
    """A copy is the original between its own first and last lines."""
    for story in shipped.stories:
        if story.copy_of:
            text = shipped.title_and_text(story, 0)[1]
            assert shipped.story[story.copy_of].text in text
            assert text.startswith(story.lead)
            assert text.endswith(story.tail)


def test_edits_change_something(shipped):
    """Each version of an article differs from the one before."""
    for story in shipped.stories:
        said = [shipped.title_and_text(story, number) for number in range(len(story.edits) + 1)]
        assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    "name,old,new,told",
    [
        ("crisis.yaml", "seconds: 60", "seconds: many", "crisis.yaml: seconds:"),
        ("crisis.yaml", "seconds: 60", "seconds: 0", "crisis.yaml: seconds: must be over 0"),
        ("crisis.yaml", "share: 0.46", "share: 0.1", "crisis.yaml: pace:"),
        ("outlets.yaml", "format: rss2\n", "format: rss3\n", "outlets.yaml: outlets[harbour-wire].format"),
        ("outlets.yaml", "- id: qelat", "- id: harbour-wire", "outlets[harbour-wire]: the id stands 2 times"),
        ("outlets.yaml", "encoding: utf-16", "encoding: latin-1", "outlets.yaml: outlets[cira-nuce].encoding"),
        ("articles/06-kupri.yaml", "outlet: harbour-wire", "outlet: harbor", "articles[kupri-clash].outlet: 'harbor'"),
        ("articles/06-kupri.yaml", "2017-10-20T10:20", "2018-10-20T10:20", "articles[kupri-clash].at: lies outside"),
        ("articles/06-kupri.yaml", "copy_of: kupri-clash", "copy_of: kupri", "articles[kupri-captured-copy].copy_of"),
        ("articles/06-kupri.yaml", "relevant: true", "relevent: true", "06-kupri.yaml: articles[kupri-clash].relevent"),
        ("labels.yaml", "[kosrat-warrant]", "[kosrat-warrants]", "labels[kosrat-warrant]: there is no article"),
        ("labels.yaml", '"night-clashes-south#1"', '"night-clashes-south#2"', "the article has 1 edits"),
        ("labels.yaml", "days: [2017-10-05]", "days: [5 October]", "labels[hawija-recaptured].days: '5 October'"),
        ("labels.yaml", "labels:\n", "labels: []\nlabels:\n", "labels.yaml: line"),
    ],
)
def test_faults_name_file_and_key(folder, name, old, new, told):
    """One fault in one file is told with its place."""
    spoil(folder / name, old, new)
    with pytest.raises(ConfigError) as caught:
        load_playbook(folder)
    assert told in str(caught.value)


def test_no_folder(tmp_path):
    """A folder without the files is a ConfigError that names them."""
    with pytest.raises(ConfigError, match=r"crisis\.yaml"):
        load_playbook(tmp_path)
