"""A demo that can't begin says why, in one line, before anything starts."""

import time

import pytest

from desk.demo.run import Servers, run_demo
from schemas.errors import ConfigError, KirkukError


@pytest.mark.parametrize(
    "servers,wanted",
    [
        (Servers("foo"), ("--log", "scheme")),
        (Servers(None, "127.0.0.1:9200"), ("--index", "http://")),
        (Servers("kafka://"), ("--log", "kafka://host:9092/prefix")),
    ],
)
def test_a_url_that_is_none_is_refused_at_once(tmp_path, servers, wanted):
    """The option is named with what to write, and no folder is made."""
    with pytest.raises(ConfigError) as raised:
        run_demo(seconds=5, data=str(tmp_path / "data"), as_json=True, servers=servers)
    assert all(part in str(raised.value) for part in wanted)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("servers", [Servers("kafka://127.0.0.1:1/x"), Servers(None, "http://127.0.0.1:1/x")])
def test_a_server_that_is_away_ends_the_demo_and_names_the_remedy(tmp_path, servers):
    """Within seconds, instead of stages that wait without end."""
    began = time.monotonic()
    with pytest.raises(KirkukError, match="make services"):
        run_demo(seconds=5, data=str(tmp_path / "data"), as_json=True, servers=servers)
    assert time.monotonic() - began < 20
    assert not (tmp_path / "data").exists()


def test_a_folder_that_can_not_be_made_is_told(tmp_path):
    """No traceback: the folder, why not, and the option."""
    (tmp_path / "file").touch()
    with pytest.raises(KirkukError, match=r"file/data: no folder can be made here: .*; correct --data"):
        run_demo(seconds=5, data=str(tmp_path / "file" / "data"), as_json=True)
