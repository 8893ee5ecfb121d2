"""What was read and checked of a schema folder, kept on disk: the same files are not parsed and checked again.

An entry is found by the bytes of the files and of the code that reads them, and holds data alone, with its own digest
before it: one that is damaged or foreign is not used. Without a folder to write to, nothing is kept.
"""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from schemas.user_cache import user_cache
from schemas.vocabulary import Vocabulary

_DIGEST_BYTES: Final = 32
_LARGEST: Final = 16 * 1024 * 1024
"""Files beyond this are left to the reader, which refuses them."""
_KEPT: Final = 8
"""Entries that stay, the latest: a few schemas in a few versions."""
_DECODER: Final = msgspec.msgpack.Decoder(Vocabulary)


def cache_folder() -> Path:
    """Return the folder of the entries."""
    return user_cache() / "schemas"


def folder_key(folder: Path) -> str | None:
    """Return what stands for a folder's files as they are now; None when they can't be read or are too large."""
    told = hashlib.blake2b(_code(), digest_size=_DIGEST_BYTES)
    try:
        for path in sorted((*folder.glob("*.y*ml"), *folder.glob("lexicon/*.yaml"))):
            with path.open("rb") as file:
                raw = file.read(_LARGEST + 1)
            if len(raw) > _LARGEST:
                return None
            told.update(f"{path.relative_to(folder)}\0{len(raw)}\0".encode())
            told.update(raw)
    except OSError:
        return None
    return told.hexdigest()


def read_entry(key: str) -> Vocabulary | None:
    """Return the vocabulary kept under a key, if there is one and it is whole."""
    try:
        raw = (cache_folder() / f"{key}.msgpack").read_bytes()
        if raw[:_DIGEST_BYTES] == _digest(raw[_DIGEST_BYTES:]):
            return _DECODER.decode(raw[_DIGEST_BYTES:])
    except (OSError, RuntimeError, msgspec.MsgspecError):
        pass
    return None


def write_entry(key: str, vocabulary: Vocabulary) -> None:
    """Keep a vocabulary under a key, whole or not at all, and drop the oldest entries beyond a few."""
    raw = msgspec.msgpack.encode(vocabulary)
    with contextlib.suppress(OSError, RuntimeError):
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".new-", delete=False) as file:
            temporary = Path(file.name)
            file.write(_digest(raw) + raw)
        temporary.replace(folder / f"{key}.msgpack")
        _drop(sorted(folder.glob("*.msgpack"), key=lambda path: path.stat().st_mtime)[:-_KEPT])


def _drop(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _digest(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).digest()


@cache
def _code() -> bytes:
    """Hash the code that reads and checks schemas: what another release let pass is checked again."""
    told = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        told.update(path.read_bytes())
    return told.digest()
