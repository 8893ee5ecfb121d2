"""Start the real servers for work by hand, and keep them until Ctrl-C: `make services`.

They listen on their usual ports where these are free, and keep their data from one call to the next.
"""

import argparse
import contextlib
import fcntl
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import artifacts
from elastic_server import ElasticServer
from kafka_server import KafkaServer
from prism_server import PrismServer
from server_base import Server, ServerError

HOME = Path(__file__).resolve().parents[2] / "data" / "services"


def kafka(folder: Path, files: Path, java: artifacts.Java) -> Server:
    return KafkaServer(folder, files, java, usual_ports=True)


def elastic(folder: Path, files: Path, java: artifacts.Java) -> Server:
    return ElasticServer(folder, files, java, usual_ports=True)


def prism(folder: Path, files: Path, java: artifacts.Java) -> Server:
    return PrismServer(folder, files, usual_ports=True)


SERVERS: dict[str, Callable[[Path, Path, artifacts.Java], Server]] = {
    "kafka": kafka,
    "elastic": elastic,
    "prism": prism,
}


def told(server: Server) -> list[str]:
    """Lines for the shell that say where a server is."""
    if isinstance(server, KafkaServer):
        return [f"export KIRKUK_LOG_URL=kafka://{server.bootstrap}/kirkuk"]
    if isinstance(server, ElasticServer):
        return [f"export KIRKUK_INDEX_URL={server.url}"]
    assert isinstance(server, PrismServer)
    options = f"--runner=PortableRunner --job_endpoint={server.endpoint} --environment_type=LOOPBACK --streaming"
    return [f"# Beam: {options}", f"# jobs: {server.page}"]


def start(name: str, data: Path) -> Server | None:
    """None, and a word to the person, when it can't be had or doesn't start."""
    say(f"{name}: fetching (the first time may take minutes) ...")
    files, java = artifacts.fetch(name), artifacts.java()
    for found in (java, files):
        if isinstance(found, artifacts.Missing):
            say(f"{name}: {found.reason}")
            return None
    assert isinstance(files, Path)
    assert isinstance(java, artifacts.Java)
    server = SERVERS[name](data / name, files, java)
    try:
        return server.start()
    except ServerError as error:
        server.close()
        say(f"{name}: {error}")
        return None


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def end(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def serve(names: Sequence[str], data: Path) -> int:
    """Run until a signal; 1 when a server is not there."""
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context((data / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"the servers of {data} are running already; stop them, or name another folder with --data")
            return 1
        for name in names:
            server = start(name, data)
            if server is None:
                return 1
            stack.enter_context(server)
            print("\n".join(told(server)), flush=True)
        say("ready; Ctrl-C stops them, their data stay")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
        say("stopping ...")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SERVERS), help="kafka, elastic, prism; all when none is named")
    parser.add_argument("--data", type=Path, default=HOME, help="where data and logs are kept")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(SERVERS)
    if unknown:
        parser.error(f"no such server: {', '.join(sorted(unknown))}; there are {', '.join(SERVERS)}")
    chosen.data.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, end)
    try:
        return serve(chosen.names, chosen.data.resolve())
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
