"""What `kirkuk reprocess` and `kirkuk diff` print."""

import io
import json
import threading
from types import SimpleNamespace

import pytest

from desk.reprocess_commands import diff_generations, reprocess_history, roll_back_generation
from schemas.errors import KirkukError


@pytest.fixture
def settings(desk, tmp_path, rules):
    """The settings that the commands look at."""
    return SimpleNamespace(
        log_url=desk.log_url,
        index_url=desk.index_url,
        schema_dir=desk.schema_dir,
        data_dir=str(tmp_path),
        rules_file=rules.file,
        file=str(tmp_path / "kirkuk.toml"),
    )


@pytest.fixture
def coded(desk, play):
    play.fill(desk.log, play.crisis(40))
    desk.match()
    return desk


def run(command, *args, **options):
    out = io.StringIO()
    options = {"stop": threading.Event(), "progress": lambda _: None, **options}
    if command is diff_generations:
        del options["stop"], options["progress"]
    return command(*args, out=out, **options), out.getvalue()


def test_the_report_is_a_few_lines_for_a_person(coded, settings, edited_schema):
    """What was coded against what, the counts, and that it is live now."""
    old = coded.index.live()
    status, text = run(reprocess_history, settings, edited_schema)
    lines = text.splitlines()
    assert status == 0
    assert lines[0] == f"{coded.index.live()} (schema kirkuk 1.1)"
    assert lines[1] == f"  against {old}"
    assert any(line.startswith("  events: ") and line.endswith(" changed") for line in lines)
    assert any(line.endswith("nothing was sent") for line in lines)
    assert "  it is live now; the one before is kept for a rollback" in lines


def test_a_schema_that_the_settings_do_not_name_is_told_at_the_end(coded, settings, edited_schema):
    """Else the next reprocess would go back to the old one; nothing is told where the settings name it."""
    _, text = run(reprocess_history, settings, edited_schema)
    assert text.splitlines()[-1].startswith(f"  the settings still name another schema ({settings.schema_dir})")
    assert "[schema]" in text
    assert settings.file in text
    settings.schema_dir = edited_schema
    _, text = run(reprocess_history, settings, edited_schema)
    assert "the settings still name" not in text


def test_the_report_as_json_is_one_document(coded, settings, edited_schema):
    """With every count under its name; a dry run says that nothing was promoted."""
    status, text = run(reprocess_history, settings, edited_schema, dry_run=True, as_json=True)
    report = json.loads(text)
    assert (status, report["finished"], report["promoted"]) == (0, True, False)
    assert report["events"]["events_changed"] > 0
    assert set(report["developments"]) == {"before", "after", "gained", "lost"}
    assert report["schema"]["version"] == "1.1"


def test_a_stopped_run_is_a_failure(coded, settings, edited_schema):
    """Exit status 1, and the text says that the next run goes on."""
    stop = threading.Event()
    stop.set()
    status, text = run(reprocess_history, settings, edited_schema, stop=stop)
    assert status == 1
    assert "stopped before its end; the next run goes on from here" in text


def test_a_rollback_reports_as_well(coded, settings, edited_schema):
    """The earlier generation is live again."""
    old = coded.index.live()
    run(reprocess_history, settings, edited_schema)
    status, text = run(roll_back_generation, settings, None)
    assert (status, coded.index.live()) == (0, old)
    assert text.startswith(f"{old} (schema kirkuk 1.0)")


def test_diff_lists_what_changed_up_to_a_limit(coded, settings, edited_schema):
    """By default the live generation against the one before; each change with its sentence and outlet."""
    old = coded.index.live()
    run(reprocess_history, settings, edited_schema)
    status, text = run(diff_generations, coded.log, None, None, limit=2)
    assert status == 0
    assert text.startswith(f"{coded.index.live()} against {old}\n")
    assert "changed (the first 2 places of " in text
    assert "Peshmerga linked to the PUK withdrew from Kirkuk on Monday." in text
    _, whole = run(diff_generations, coded.log, old, coded.index.live(), limit=1000, as_json=True)
    document = json.loads(whole)
    assert len(document["listed"]) == document["events"]["events_changed"] > 2
    assert {change["kind"] for change in document["listed"]} == {"changed"}


def test_diff_needs_two_generations_that_exist(coded, settings):
    """One generation can't be compared, and a mistyped name is told."""
    with pytest.raises(KirkukError, match="there are no two generations to compare"):
        run(diff_generations, coded.log, None, None)
    with pytest.raises(KirkukError, match="nothing-7: the log has nothing of this generation; once live were 1_0-"):
        run(diff_generations, coded.log, "nothing-7", None)
