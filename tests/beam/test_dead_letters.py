"""`kirkuk dead-letters list` and `retry`: what failed can be seen, and fed to its step again."""

import pytest

from connectors.ports import SystemClock
from desk.dead_letters_commands import letter_states, list_rows, retry
from pipelines import match_step
from pipelines.match_step import pack_dead
from schemas.errors import KirkukError
from schemas.records import DeadLetter


@pytest.fixture
def failed(desk, play, monkeypatch):
    """Five articles, of which the coder could not code two; then the coder is well again."""
    ill = {play.article(number).article_id for number in (1, 3)}
    code = match_step.code_article

    def code_or_fail(coder, article):
        if article.article_id in ill:
            raise RecursionError("too deep")
        return code(coder, article)

    monkeypatch.setattr(match_step, "code_article", code_or_fail)
    desk.log.append([play.stored_form(play.article(number)) for number in range(5)])
    assert desk.match()["dead"] == 2
    monkeypatch.setattr(match_step, "code_article", code)
    return desk


def again(desk, ids=None, **options):
    return retry(desk.log, desk.index, desk.schema_dir, ids=ids, clock=SystemClock(), **options)


def test_letters_are_listed_with_their_errors(failed, play):
    """One row a letter, oldest first, JSON-ready and short."""
    rows = list_rows(failed.log)
    assert [row["key"] for row in rows] == [play.article(number).article_id for number in (1, 3)]
    assert {row["error"] for row in rows} == {"RecursionError: too deep"}
    assert all(len(row["record"]) <= 300 and not row["solved"] for row in rows)


def test_a_retry_leaves_what_a_healthy_run_leaves(failed, new_desk, play):
    """The documents are those of a run in which nothing failed; the letters count as solved and are not listed."""
    healthy = new_desk("healthy")
    healthy.log.append([play.stored_form(play.article(number)) for number in range(5)])
    healthy.match()
    results = again(failed)
    assert [(result.ok, result.message) for result in results] == [(True, "done"), (True, "done")]
    assert play.documents(failed.index) == play.documents(healthy.index)
    assert sorted(play.matches(failed.log, failed.index.live())) == sorted(
        play.matches(healthy.log, healthy.index.live())
    )
    assert list_rows(failed.log) == []
    assert [row["solved"] for row in list_rows(failed.log, include_solved=True)] == [True, True]
    assert again(failed) == []


def test_a_retry_does_not_bring_an_earlier_revision_back(failed, play):
    """The article was edited since: the edit stays what the index shows."""
    failed.log.append([play.stored_form(play.article(1, revision=2))])
    failed.match()
    before = play.documents(failed.index)
    [result] = again(failed, [list_rows(failed.log)[0]["dead_letter_id"]])
    assert result.ok
    assert play.documents(failed.index) == before


def test_a_letter_that_fails_again_stays(desk, play):
    """Poison stays poison: the retry is counted and its error kept."""
    desk.log.append([play.poison(1)])
    desk.match()
    [result] = again(desk)
    assert result.ok is False
    assert "can't be read" in result.message
    [state] = letter_states(desk.log)
    assert (state.retries, state.solved) == (1, False)
    assert [row["retries"] for row in list_rows(desk.log)] == [1]


def test_a_dry_run_writes_nothing(failed, play):
    """It says what would be fed where."""
    before = play.state(failed.log, failed.index)
    assert {(result.ok, result.message) for result in again(failed, dry_run=True)} == {
        (None, "would be fed to match again")
    }
    assert play.state(failed.log, failed.index) == before


def test_a_record_too_large_for_a_letter_is_pointed_at(desk, play, monkeypatch):
    """The letter names the place in the log, and a retry reads the record there."""
    monkeypatch.setattr(match_step, "_LARGEST_EMBEDDED", 100)
    monkeypatch.setattr(match_step, "code_article", lambda *_: 1 / 0)
    desk.log.append([play.stored_form(play.article(number)) for number in range(2)])
    desk.match()
    monkeypatch.undo()
    assert list_rows(desk.log)[1]["record"].startswith('{"stream":"articles","partition":0,"position":2,')
    assert [result.ok for result in again(desk)] == [True, True]
    assert desk.index.count("articles") == 2


def test_ids_may_be_cut_short_but_must_be_one_letters(failed):
    """The beginning of an id is enough; an unknown or shared one is refused by name."""
    first = list_rows(failed.log)[0]["dead_letter_id"]
    assert [result.dead_letter_id for result in again(failed, [first[:10]], dry_run=True)] == [first]
    with pytest.raises(KirkukError, match="zzz: no dead letter with this id"):
        again(failed, ["zzz"])
    with pytest.raises(KirkukError, match="2 dead letters"):
        again(failed, [""])


def test_letters_of_other_steps_are_left_alone(desk, play):
    """An item that a feed served comes again by itself."""
    letter = DeadLetter(dead_letter_id="d1", step="ingest", key="feed-1", error="no link", record="{}", at=play.SUNDAY)
    desk.log.append([pack_dead(letter)])
    [result] = again(desk)
    assert (result.ok, result.message) == (None, "step ingest takes no retries: its input comes again")


def test_nothing_live_is_said(desk, play):
    """Before the first match there is nothing to feed a letter to."""
    letter = DeadLetter(dead_letter_id="d1", step="match", key="a", error="x", record="{}", at=play.SUNDAY)
    desk.log.append([pack_dead(letter)])
    [result] = again(desk)
    assert (result.ok, result.message) == (False, "nothing is live yet; run `kirkuk match` first")
