"""Who is independent of whom."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.developments.voices import Voice, Voices, voice_of
from schemas.records import ClaimSource
from tests.developments.builders import MONDAY, coded

TEXT = tuple(range(100, 160))
OTHER = tuple(range(500, 560))


def voice(name, *, outlet=None, credited=(), shingles=(), minute=0):
    article = coded(name, outlet=outlet, shingles=shingles, ingested=MONDAY + timedelta(minutes=minute)).article
    return voice_of(article, credited)


def counts(*voices):
    found = Voices()
    for item in voices:
        found.add(item)
    return found.counts()


def test_two_outlets_with_texts_of_their_own_are_two_sources():
    assert counts(voice("a", shingles=TEXT), voice("b", shingles=OTHER)) == (2, 0)


def test_one_publisher_is_one_source_however_often_it_tells():
    assert counts(voice("a", outlet="Post"), voice("b", outlet="Post")) == (1, 0)


def test_a_copied_text_is_one_source_and_a_copy():
    assert counts(voice("a", shingles=TEXT), voice("b", shingles=(*TEXT[:40], *OTHER[:20]))) == (1, 1)


def test_outlets_that_credit_one_source_are_one_source():
    governor = ClaimSource(text="the governor", id="rakan-jabouri", kind="official")
    assert counts(voice("a", credited=[governor]), voice("b", credited=[governor])) == (1, 0)


def test_anonymous_sources_may_be_different_people():
    somebody = ClaimSource(text="a security source", kind="anonymous")
    assert counts(voice("a", credited=[somebody]), voice("b", credited=[somebody])) == (2, 0)


def test_an_outlet_that_cites_another_is_no_source_besides_it():
    cited = ClaimSource(text="the North Post", kind="media")
    assert counts(voice("a", outlet="North Post"), voice("b", credited=[cited])) == (1, 0)


def test_dependence_goes_along_the_chain():
    governor = ClaimSource(text="the governor", id="rakan-jabouri")
    chain = (voice("a", outlet="Post", shingles=TEXT), voice("b", outlet="Post", credited=[governor]))
    assert counts(*chain, voice("c", credited=[governor]), voice("d", shingles=TEXT)) == (1, 1)


KEYS = ("p", "q", "r", "s", "t")
voices = st.builds(
    lambda number, keys, sketch: Voice((MONDAY, f"a{number}"), sketch, frozenset(keys)),
    st.integers(0, 30),
    st.lists(st.sampled_from(KEYS), max_size=2),
    st.sampled_from((TEXT, OTHER, (*TEXT[:30], *OTHER[:30]), TEXT[20:], ())),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(voices, max_size=20, unique_by=lambda item: item.rank), st.data())
def test_counts_are_those_of_the_set_whatever_came_and_went(pool, data):
    state, present = Voices(), []
    for item in data.draw(st.lists(st.sampled_from(pool), max_size=30)) if pool else []:
        if item in present:
            present.remove(item)
            state.remove(item)
        else:
            present.append(item)
            state.add(item)
        assert state.counts() == counts(*present)
