"""`kirkuk match`: JSON lines in, JSON lines out."""

import io
import json

import pytest

from desk.match_command import match_file
from schemas.errors import ConfigError


@pytest.fixture
def run(tmp_path, coder):
    def go(lines, **options):
        path = tmp_path / "in.jsonl"
        path.write_bytes(
            b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
        )
        out, err = io.BytesIO(), io.StringIO()
        status = match_file(str(path), coder, out=out, err=err, **options)
        return status, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()

    return go


def test_one_result_a_line_in_order(run, coder):
    """Ids come back as given, in order, with schema and records; magnitude is null when there is none."""
    status, results, err = run(
        [
            {"id": "b", "text": "Iraqi forces entered Kirkuk.", "published": "2017-10-16T10:00:00Z", "source": "x"},
            {"id": 7, "text": "It rained.", "title": None or ""},
        ]
    )
    assert (status, err) == (0, "")
    assert [result["id"] for result in results] == ["b", 7]
    assert [result["relevant"] for result in results] == [True, False]
    assert results[0]["schema"]["digest"] == coder.ref.digest
    (event,) = results[0]["events"]
    assert (event["type"], event["mode"], event["magnitude"]) == ("SEIZE", "enter", None)
    assert event["trigger"]["span"] == [13, 20]


def test_bad_lines_are_named_and_the_others_done(run):
    """A broken line gives status 1 and a message with file and line; the rest is coded."""
    status, results, err = run(
        [
            b"{no json\n",
            {"id": "a", "text": "Iraqi forces entered Kirkuk."},
            {"text": "no id"},
            b'{"id":"z","text":"\xff"}\n',
        ]
    )
    assert status == 1
    assert [result["id"] for result in results] == ["a"]
    assert [f"line {number}" in err for number in (1, 2, 3, 4)] == [True, False, True, True]
    assert "in.jsonl" in err


def test_all_codes_every_sentence(run):
    """With all sentences, parties that the schema doesn't know come as text."""
    _, results, _ = run([{"id": 1, "text": "Norway condemned Sweden."}], all_sentences=True)
    (event,) = results[0]["events"]
    assert [party["text"] for party in event["actors"] + event["recipients"]] == ["Norway", "Sweden"]
    assert {party["id"] for party in event["actors"] + event["recipients"]} == {None}


def test_a_missing_file_is_told(coder):
    """The error names the file."""
    with pytest.raises(ConfigError, match="no-such-file"):
        match_file("no-such-file.jsonl", coder)


def test_several_processes_give_the_same_lines(run, schema_dir):
    """Order and content do not depend on the number of processes."""
    lines = [{"id": at, "text": "Iraqi forces entered Kirkuk."} for at in range(150)]
    assert run(lines, processes=2, schema_dir=schema_dir) == run(lines)
