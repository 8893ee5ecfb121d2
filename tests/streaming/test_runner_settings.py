"""Settings of an endless job are checked before Beam is loaded, and each fault names its key and the remedy."""

import subprocess
import sys

import pytest

from pipelines.jobs.runner_flags import bounded_args, check_streaming, parse_flags
from schemas.errors import ConfigError

FILES = ("sqlite:///log.db", "sqlite:///index.db")
PRISM = ("--job_endpoint=localhost:8073", "--environment_type=LOOPBACK")
FLINK = (
    "--job_endpoint=jobs:8099",
    "--environment_type=EXTERNAL",
    "--environment_config=localhost:50000",
    "--checkpointing_interval=30000",
    "--parallelism=4",
    "--sdk_worker_parallelism=2",
)


@pytest.mark.parametrize(
    "runner, args",
    [
        ("PortableRunner", PRISM),
        ("PortableRunner", ("--job_endpoint", "localhost:8073", "--environment_type", "LOOPBACK", "--streaming")),
        ("FlinkRunner", FLINK),
        ("PortableRunner", (*FLINK, "--sdk_worker_parallelism=0", "--max_parallelism=128")),
    ],
)
def test_good_settings_give_the_address(runner, args):
    """Both ways of writing a flag; Flink under its own name and as a portable runner."""
    assert check_streaming(runner, args, FILES) in {"localhost:8073", "jobs:8099"}


@pytest.mark.parametrize(
    "runner, args, urls, message",
    [
        ("FnApiRunner", PRISM, FILES, r"^match\.runner: FnApiRunner can't run match\.streaming \(it never comes back"),
        (
            "PrismRunner",
            PRISM,
            FILES,
            r"^match\.runner: PrismRunner .*start Prism and name its address",
        ),
        ("SparkRunner", PRISM, FILES, r"^match\.runner: SparkRunner .*use PortableRunner"),
        ("PortableRunner", PRISM[1:], FILES, r"^match\.beam_args: --job_endpoint is missing; add --job_endpoint="),
        ("PortableRunner", ("--job_endpoint=embed", PRISM[1]), FILES, r"embed is no HOST:PORT"),
        ("PortableRunner", PRISM[:1], FILES, r"^match\.beam_args: --environment_type is missing; LOOPBACK runs"),
        ("PortableRunner", (PRISM[0], "--environment_type=loop"), FILES, r"--environment_type=loop is unknown"),
        ("FlinkRunner", FLINK[:2] + FLINK[3:], FILES, r"^match\.beam_args: .* add --environment_config=HOST:PORT"),
        (
            "FlinkRunner",
            FLINK[:3],
            FILES,
            r"^match\.beam_args: Flink .*; add --checkpointing_interval=30000",
        ),
        ("FlinkRunner", (*FLINK[:3], "--checkpointing_interval=-1"), FILES, r"Flink makes no checkpoints"),
        ("PortableRunner", (*PRISM, "--max_parallelism=128"), FILES, r"Flink makes no checkpoints"),
        ("FlinkRunner", (*FLINK, "--parallelism=many"), FILES, r"--parallelism=many is no number; give 1 or more"),
        ("FlinkRunner", (*FLINK, "--state_backend=rocksdb"), FILES, r"belongs to Flink's own configuration"),
        ("FlinkRunner", FLINK, ("memory://x", FILES[1]), r"^log\.url: memory://x lives in one process"),
    ],
)
def test_a_fault_is_named_with_key_and_remedy(runner, args, urls, message):
    """One line, which begins with the key."""
    with pytest.raises(ConfigError, match=message) as raised:
        check_streaming(runner, args, urls)
    assert len(str(raised.value).splitlines()) == 1


def test_all_faults_are_told_at_once():
    """A line each."""
    with pytest.raises(ConfigError) as raised:
        check_streaming("FlinkRunner", (), FILES)
    assert len(str(raised.value).splitlines()) == 3


def test_a_run_that_ends_is_no_streaming_run():
    """`--once` takes the same flags but one."""
    assert bounded_args(("--streaming", *PRISM)) == PRISM
    assert parse_flags(("--streaming", *PRISM))["streaming"] == ""


def test_the_command_refuses_at_once_and_without_beam(tmp_path):
    """`kirkuk match` ends with status 1 and the message alone, in less time than loading Beam takes."""
    config = tmp_path / "kirkuk.toml"
    config.write_text('[match]\nstreaming = true\nrunner = "FlinkRunner"\nbeam_args = ["--job_endpoint=jobs:8099"]\n')
    program = (
        "import sys\nfrom desk.cli import main\ntry:\n    main()\nfinally:\n"
        "    assert not [name for name in sys.modules if name.startswith('apache_beam')]\n"
    )
    command = [sys.executable, "-c", program, "match", "--config", str(config), "--data", str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("kirkuk: match.beam_args: ")
    assert "checkpointing_interval" in done.stderr
    assert "Traceback" not in done.stderr
