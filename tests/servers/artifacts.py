"""Fetch the real servers once for all test runs, into a cache outside the work tree.

An entry of the cache is made in a temporary folder and then renamed, under a lock per entry: runs beside each other
wait for one download, and one that is killed leaves nothing that looks finished. Maven and Go are used as the machine
has them set up, so nothing here knows where packages come from.

What can't be had is a value, `Missing`, that says why; whether that skips tests or fails them is not decided here.
`python tests/servers/artifacts.py kafka elastic prism` fetches ahead of time.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import guarded

KAFKA_VERSION = "4.3.1"
SLF4J_VERSION = "1.7.36"
ELASTIC_VERSION = "8.19.0"
# The Beam that the project pins; a test holds them equal.
PRISM_VERSION = "2.77.0"
PRISM_MODULE = "github.com/apache/beam/sdks/v2/go/cmd/prism"
OLDEST_JAVA = 17

# Seen: seconds from a warm Maven repository, 65 s for Prism on two idle cores and 150 s on busy ones. The rest is for
# slow lines.
FETCH_LIMIT_S = 900
PLUGIN_SOURCES = Path(__file__).with_name("plugin")
PLUGIN_NAME = "kirkuk-test-analysis"


@dataclass(frozen=True)
class Missing:
    """A server that can't be had on this machine now, and why, for a person."""

    reason: str


@dataclass(frozen=True)
class Java:
    """A JDK: its home folder."""

    home: Path

    @property
    def java(self) -> str:
        return str(self.home / "bin" / "java")


def cache() -> Path:
    """KIRKUK_SERVER_CACHE, else the user's cache folder."""
    named = os.environ.get("KIRKUK_SERVER_CACHE")
    base = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "kirkuk-servers"
    folder = base.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@functools.cache
def java() -> Java | Missing:
    """The JDK of JAVA_HOME, else that of the PATH."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if program is None or not Path(program).exists():
        return Missing(f"Java {OLDEST_JAVA} or newer is not installed (no java in JAVA_HOME or on the PATH)")
    asked = subprocess.run(
        [program, "-XshowSettings:properties", "-version"], capture_output=True, text=True, timeout=60, check=False
    )
    told = dict(re.findall(r"^\s*(java\.home|java\.specification\.version) = (.*)$", asked.stderr, re.MULTILINE))
    version = told.get("java.specification.version", "unknown")
    if not version.isdigit() or int(version) < OLDEST_JAVA:
        return Missing(f"Java {OLDEST_JAVA} or newer is needed, this one is {version}")
    return Java(Path(told["java.home"]))


def kafka() -> Path | Missing:
    """The folder of Kafka's jars."""
    return _of_maven(
        f"kafka-{KAFKA_VERSION}",
        [("org.apache.kafka", "kafka_2.13", KAFKA_VERSION, "jar"), ("org.slf4j", "slf4j-simple", SLF4J_VERSION, "jar")],
        lambda _: None,
    )


def elastic() -> Path | Missing:
    """The home folder of Elasticsearch with our analysis plugin."""
    group = "org.elasticsearch.distribution.integ-test-zip"
    package = _of_maven(
        f"elasticsearch-{ELASTIC_VERSION}", [(group, "elasticsearch", ELASTIC_VERSION, "zip")], _unpack_elastic
    )
    jdk = java()
    if isinstance(package, Missing) or isinstance(jdk, Missing):
        return package if isinstance(package, Missing) else jdk
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return Missing("Elasticsearch does not run as root, and setpriv (util-linux) is not there to give that up")
    compiler = jdk.home / "bin" / "javac"
    if not compiler.exists():
        return Missing("javac is not installed (a JDK is needed, not only a Java runtime)")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(PLUGIN_SOURCES.iterdir()))).hexdigest()[:12]

    def build(folder: Path, log: Path) -> str | None:
        # Links, not copies: an edit of the plugin then costs nothing.
        shutil.copytree(package, folder, copy_function=os.link, dirs_exist_ok=True)
        return _compile_plugin(str(compiler), folder, log)

    return _cached(f"elasticsearch-{ELASTIC_VERSION}-with-{digest}", build)


def prism() -> Path | Missing:
    """The program file of Beam's portable runner."""
    go = shutil.which("go")

    def build(folder: Path, log: Path) -> str | None:
        if go is None:
            return "Go is not installed (no go on the PATH)"
        command = [go, "install", f"{PRISM_MODULE}@v{PRISM_VERSION}"]
        return _run("go install", command, folder, log, GOBIN=str(folder))

    found = _cached(f"prism-{PRISM_VERSION}", build)
    return found if isinstance(found, Missing) else found / "prism"


FETCHERS: dict[str, Callable[[], Path | Missing]] = {"kafka": kafka, "elastic": elastic, "prism": prism}


@functools.cache
def fetch(name: str) -> Path | Missing:
    """A server by its name in `FETCHERS`, asked for once in a process: what is missing stays missing."""
    return FETCHERS[name]()


def _of_maven(entry: str, packages: list[tuple[str, str, str, str]], finish: Callable[[Path], None]) -> Path | Missing:
    jdk = java()
    if isinstance(jdk, Missing):
        return jdk
    maven = shutil.which("mvn")

    def build(folder: Path, log: Path) -> str | None:
        if maven is None:
            return "Maven is not installed (no mvn on the PATH)"
        project = folder / "pom.xml"
        project.write_text(_project(packages))
        command = [maven, "-B", "-q", "-f", str(project), "dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
        trouble = _run("Maven", command, folder, log, JAVA_HOME=str(jdk.home))
        project.unlink()
        if trouble is None:
            finish(folder)
        return trouble

    return _cached(entry, build)


def _project(packages: list[tuple[str, str, str, str]]) -> str:
    wanted = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
        f"<version>{version}</version><type>{kind}</type></dependency>"
        for group, name, version, kind in packages
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        f"<groupId>kirkuk</groupId><artifactId>servers</artifactId><version>1</version>"
        f"<dependencies>{wanted}</dependencies></project>"
    )


def _unpack_elastic(folder: Path) -> None:
    package = folder / f"elasticsearch-{ELASTIC_VERSION}.zip"
    top = f"elasticsearch-{ELASTIC_VERSION}/"
    with zipfile.ZipFile(package) as archive:
        for item in archive.infolist():
            archive.extract(item, folder)
            mode = item.external_attr >> 16
            if mode:
                (folder / item.filename).chmod(mode & 0o777)
    package.unlink()
    for path in (folder / top).iterdir():
        path.rename(folder / path.name)
    (folder / top).rmdir()


def _compile_plugin(compiler: str, home: Path, log: Path) -> str | None:
    classes = home / "classes"
    sources = sorted(str(path) for path in PLUGIN_SOURCES.glob("*.java"))
    command = [compiler, "--release", str(OLDEST_JAVA), "-cp", str(home / "lib" / "*"), "-d", str(classes), *sources]
    trouble = _run("javac", command, home, log)
    if trouble is not None:
        return trouble
    plugin = home / "plugins" / PLUGIN_NAME
    plugin.mkdir(parents=True)
    with zipfile.ZipFile(plugin / f"{PLUGIN_NAME}.jar", "w", zipfile.ZIP_DEFLATED) as jar:
        for path in sorted(classes.rglob("*.class")):
            jar.write(path, path.relative_to(classes))
    shutil.rmtree(classes)
    shutil.copy(PLUGIN_SOURCES / "plugin-descriptor.properties", plugin)
    return None


def _cached(entry: str, build: Callable[[Path, Path], str | None]) -> Path | Missing:
    """The folder of an entry, made by `build(folder, log)` when it is not there; `build` returns its trouble if any."""
    final = cache() / entry
    if final.exists():
        return final
    with _locked(entry) as ours:
        if final.exists():
            return final
        if not ours:
            return Missing(f"{entry} is being fetched by another process and was not ready within {FETCH_LIMIT_S} s")
        for left in cache().glob(f"{entry}.*.part"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{entry}.", suffix=".part", dir=cache()))
        log = cache() / f"{entry}.log"
        log.unlink(missing_ok=True)
        try:
            folder.chmod(0o755)
            trouble = build(folder, log)
            if trouble is not None:
                return Missing(f"{entry} could not be had: {trouble}")
            folder.rename(final)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return final


@contextlib.contextmanager
def _locked(entry: str) -> Iterator[bool]:
    """Whether we got the entry's lock in time. The system gives it back when its holder dies."""
    with (cache() / f"{entry}.lock").open("w") as lock:
        end = time.monotonic() + FETCH_LIMIT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > end:
                    yield False
                    return
                time.sleep(0.2)
            else:
                yield True
                return


def _run(what: str, command: list[str], folder: Path, log: Path, **environment: str) -> str | None:
    """None when all went well, else what went wrong. Names of users and passwords in addresses are left out."""
    status = guarded.run(
        command, folder=folder, output=log, limit_s=FETCH_LIMIT_S, environment={**os.environ, **environment}
    )
    if status == 0:
        return None
    if status is None:
        return f"{what} was stopped after {FETCH_LIMIT_S} s, see {log}"
    said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][:3]
    hidden = re.sub(r"//[^/@\s]+@", "//", " / ".join(said))
    return f"{what} ended with status {status}, see {log}: {hidden[:400]}"


def main(names: list[str]) -> int:
    # Others are meant to work on meanwhile.
    os.nice(10)
    missing = 0
    for name in names:
        found = fetch(name)
        print(f"{name}: {found.reason if isinstance(found, Missing) else found}", flush=True)
        missing += isinstance(found, Missing)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(FETCHERS)))
