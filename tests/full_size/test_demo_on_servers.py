"""The demo on real Kafka and Elasticsearch keeps the promises that it keeps embedded."""

import json
import os

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_demo_scores_on_servers_as_it_does_embedded(kafka_server, elastic_server, start, tmp_path):
    """Every labelled development is found, none is alerted twice, at most two alerts are false; `kirkuk doctor` and a
    search then work on the same servers.
    """
    prefix = f"demo{os.getpid()}"
    log, index = f"kafka://{kafka_server.bootstrap}/{prefix}?partitions=3", f"{elastic_server.url}/{prefix}"
    options = ("--json", "--seconds", 45, "--data", tmp_path / "data", "--log", log, "--index", index)
    status = start("demo", "-m", "desk.cli", "demo", *options).wait(240)
    score = json.loads((tmp_path / "demo.out").read_text())
    assert score["developments_found"] == score["developments_expected"] > 30, score["missed"]
    assert score["duplicate_alerts"] == 0, score["duplicates"]
    assert score["false_alerts"] <= 2, score["false"]
    assert score["copies_collapsed"] > 0
    assert status == 0
    config = tmp_path / "data" / "config" / "kirkuk.toml"
    assert start("search", "-m", "desk.cli", "search", "Kirkuk", "--json", "--config", config).wait(60) == 0
    assert "Kirkuk" in (tmp_path / "search.out").read_text()
    assert start("doctor", "-m", "desk.cli", "doctor", "--json", "--config", config).wait(60) == 0
