"""Settings: what holds, where it comes from, and how a mistake is told."""

import sys
import threading

import pytest

from connectors.registry import sqlite_path
from connectors.terminal_notifier import TerminalNotifier
from desk.doctor import examine
from desk.feeds_commands import list_feeds
from desk.settings import load_settings, shipped_config, variable_names
from desk.stages import Run, run_stage
from schemas.errors import ConfigError
from schemas.feed_list import load_feeds


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a settings file and work in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def make(text: str):
        path = tmp_path / "settings" / "kirkuk.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return make


def test_defaults_need_no_file(tmp_path, monkeypatch):
    """In an empty folder everything has a default: data below it, the shipped feeds, rules and schema."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert settings.data_dir == str(tmp_path / "data")
    assert sqlite_path(settings.log_url) == str(tmp_path / "data" / "log.db")
    assert settings.feeds_file.endswith("feeds.toml")
    assert settings.schema_dir.endswith("kirkuk")


def test_a_folder_with_odd_letters_reaches_the_log(tmp_path):
    """A data folder may hold blanks, percent and question marks, and letters of any script."""
    folder = tmp_path / "crisis 100%25 ? کەرکووک"
    assert sqlite_path(load_settings(data=folder, environ={}).log_url) == str(folder / "log.db")


def test_the_environment_stands_above_the_file(write):
    """A KIRKUK_ variable wins over the file, and is read as its setting's type."""
    path = write("[match]\nbatch_size = 50\n")
    assert load_settings(path, environ={}).match.batch_size == 50
    changed = load_settings(
        path,
        environ={"KIRKUK_MATCH_BATCH_SIZE": "7", "KIRKUK_MATCH_STREAMING": "true", "KIRKUK_MATCH_BEAM_ARGS": "--a --b"},
    )
    assert (changed.match.batch_size, changed.match.streaming, changed.match.beam_args) == (7, True, ("--a", "--b"))


def test_paths_are_relative_to_their_file(write, tmp_path):
    """What a file names lies beside it; what a variable names lies in the working directory."""
    path = write('data = "kept"\n[feeds]\nfile = "mine.toml"\n')
    settings = load_settings(path, environ={"KIRKUK_RULES_FILE": "rules.toml"})
    assert settings.data_dir == str(path.parent / "kept")
    assert settings.feeds_file == str(path.parent / "mine.toml")
    assert settings.rules_file == str(tmp_path / "rules.toml")


def test_data_on_the_command_line_moves_log_and_index(write, tmp_path):
    """--data takes both files along, whatever folder the settings name; a URL that says the same is no conflict."""
    path = write('data = "elsewhere"\n[match]\nbatch_size = 5\n')
    same = f"sqlite:///{tmp_path}/here/log.db"
    settings = load_settings(path, tmp_path / "here", environ={"KIRKUK_LOG_URL": same})
    assert sqlite_path(settings.log_url) == str(tmp_path / "here" / "log.db")
    assert sqlite_path(settings.index_url) == str(tmp_path / "here" / "index.db")


@pytest.mark.parametrize(
    "text,environ,wanted",
    [
        ("", {"KIRKUK_LOG_URL": "kafka://broker:9092/x"}, ("KIRKUK_LOG_URL", "log.url", "leave out --data")),
        ("", {"KIRKUK_INDEX_URL": "http://search:9200"}, ("KIRKUK_INDEX_URL", "index.url", "leave out --data")),
        ('[log]\nurl = "sqlite:////elsewhere/log.db"\n', {}, ("kirkuk.toml", "log.url", "leave out")),
        ('[index]\nurl = "http://search:9200"\n', {}, ("kirkuk.toml", "index.url", "leave out")),
    ],
)
def test_data_beside_another_log_or_index_is_refused(write, tmp_path, text, environ, wanted):
    """A log or index that --data would pass over is told, with key and remedy, but for the URL: it may hold secrets."""
    with pytest.raises(ConfigError) as raised:
        load_settings(write(text), tmp_path / "here", environ=environ)
    for part in wanted:
        assert part in str(raised.value)
    assert "9200" not in str(raised.value)


@pytest.mark.parametrize(
    "text,environ,wanted",
    [
        ("[match]\nbatchsize = 5\n", {}, ("kirkuk.toml", "match.batchsize", "batch_size")),
        ("[match]\nbatch_size = 'many'\n", {}, ("kirkuk.toml", "match.batch_size", "int")),
        ("", {"KIRKUK_MATCH_BATCH_SIZE": "many"}, ("KIRKUK_MATCH_BATCH_SIZE", "int")),
        ("", {"KIRKUK_MATCH_BATCHSIZE": "5"}, ("KIRKUK_MATCH_BATCHSIZE", "KIRKUK_MATCH_BATCH_SIZE")),
        ("[macth]\n", {}, ("kirkuk.toml", "macth", "match")),
        ("match = 5\n", {}, ("kirkuk.toml", "match")),
        ("[match\n", {}, ("kirkuk.toml", "TOML", "line 1")),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(write, text, environ, wanted):
    """Every bad key names the file or variable, the key, and what was probably meant."""
    path = write(text)
    with pytest.raises(ConfigError) as raised:
        load_settings(path, environ=environ)
    for part in wanted:
        assert part in str(raised.value)


@pytest.mark.parametrize(
    "variable,url,wanted",
    [
        ("KIRKUK_INDEX_URL", "127.0.0.1:9200", "index.url: begins with no scheme; write http://"),
        ("KIRKUK_LOG_URL", "secret@broker:9092", "log.url: begins with no scheme; write kafka://"),
        ("KIRKUK_LOG_URL", "http://secret@host", "log.url: http://…: unknown scheme; use sqlite:///path or kafka://"),
        ("KIRKUK_INDEX_URL", "elastic://secret", "index.url: elastic://…: unknown scheme; use sqlite:///path or http"),
    ],
)
def test_a_url_without_its_scheme_is_told_with_variable_and_remedy(write, variable, url, wanted):
    """Key, variable and what to write are named before anything is opened, and nothing of the address."""
    with pytest.raises(ConfigError) as raised:
        load_settings(write(""), environ={variable: url})
    assert f"{variable} in the environment: {wanted}" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_feed_list_that_is_not_there_is_told_with_what_names_it(write):
    """The message names a setting that there is."""
    with pytest.raises(ConfigError, match="correct KIRKUK_FEEDS_FILE or") as raised:
        load_feeds(load_settings(write(""), environ={"KIRKUK_FEEDS_FILE": "none.toml"}).feeds_file)
    assert "KIRKUK_FEEDS_FILE" in variable_names()
    assert "--feeds" not in str(raised.value)


def test_several_mistakes_are_told_at_once(write):
    """One run shows every fault."""
    path = write("[match]\nbatchsize = 5\n[alrt]\n")
    with pytest.raises(ConfigError) as raised:
        load_settings(path, environ={"KIRKUK_NONSENSE": "1"})
    assert len(str(raised.value).splitlines()) == 3


def test_a_named_file_must_be_there(tmp_path):
    """A --config that is not there is an error, not a silent default."""
    with pytest.raises(ConfigError, match="no such settings file"):
        load_settings(tmp_path / "none.toml", environ={})


def test_every_setting_has_one_variable():
    """No two settings share a variable."""
    places = [(section, key) for section, key, _ in variable_names().values()]
    assert len(places) == len(set(places)) > 20


def test_shipped_feeds_and_rules_that_stand_in_for_own_ones_are_told(write, capsys, caplog):
    """Beside a settings file of the user's own, a missing or misnamed list is told by the stage, doctor and list."""
    path = write("")
    (path.parent / "alerts.toml").write_text((shipped_config() / "alerts.toml").read_text("utf-8"), "utf-8")
    (path.parent / "feed.toml").write_text("", "utf-8")
    settings = load_settings(path, environ={})
    assert settings.shipped == ("feeds",)
    wanted = f"{path.parent / 'feeds.toml'}: no such file, so the shipped feeds are used"
    [finding] = [finding for finding in examine(settings) if finding.check == "settings" and finding.state == "warning"]
    assert finding.message == wanted
    assert "[feeds]" in finding.remedy
    list_feeds(settings)
    assert wanted in capsys.readouterr().err
    stop = threading.Event()
    stop.set()
    run_stage("ingest", settings, Run(stop, lambda _: None, True, TerminalNotifier(sys.stderr)))
    assert wanted in caplog.text


def test_nothing_is_told_where_shipped_files_are_meant(write, tmp_path):
    """Without a settings file, or with a list that is named or there, nothing stands in for anything."""
    assert load_settings(environ={}).shipped == ()
    assert load_settings(shipped_config() / "kirkuk.toml", environ={}).shipped == ()
    path = write('[feeds]\nfile = "mine.toml"\n')
    assert load_settings(path, environ={"KIRKUK_RULES_FILE": "rules.toml"}).shipped == ()
