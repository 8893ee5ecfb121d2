"""Unpacking in pieces: the outcome does not depend on where a body is cut, nor does the memory on what it claims."""

import contextlib
import gzip
import random
import zlib

import pytest

from connectors.inflate import EncodingError, inflater

TEXT = b"".join(b"%d people left. " % number for number in range(2000))
RAW = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "gzip of two members": ("GZIP", gzip.compress(TEXT[:999]) + gzip.compress(TEXT[999:])),
    "gzip with a tail": ("x-gzip", gzip.compress(TEXT) + b"\0\0trailing"),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "raw deflate": ("deflate", RAW.compress(TEXT) + RAW.flush()),
    "as it is": ("identity", TEXT),
    "nothing said": ("", TEXT),
}


def unpack(encoding, packed, cuts, limit=10**6):
    """Feed a body cut at the given places."""
    inner, out = inflater(encoding), b""
    for begin, end in zip([0, *cuts], [*cuts, len(packed)], strict=True):
        out += inner.feed(packed[begin:end], limit - len(out))
    inner.finish()
    return out


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("seed", range(5))
def test_cuts_do_not_matter(name, seed):
    """Wherever the network cuts, also after the very first byte and within a header of a second member."""
    encoding, packed = PACKED[name]
    cuts = sorted({1, *random.Random(seed).sample(range(1, len(packed)), 9)})
    assert unpack(encoding, packed, cuts) == TEXT


@pytest.mark.parametrize("name", [name for name in PACKED if PACKED[name][0]])
def test_no_more_comes_out_than_asked(name):
    """A piece that would unpack to more ends one byte over the limit: enough to know, and no more memory."""
    encoding, packed = PACKED[name]
    assert len(inflater(encoding).feed(packed, 100)) == 101


@pytest.mark.parametrize("name", ["gzip", "deflate", "raw deflate"])
def test_a_cut_body_is_an_error(name):
    """What ends too early is not taken for whole."""
    encoding, packed = PACKED[name]
    for end in (1, 2, len(packed) // 2, len(packed) - 1):
        with pytest.raises(EncodingError):
            unpack(encoding, packed[:end], [])


@pytest.mark.parametrize("name", ["br", "zstd", "gzip, gzip", "compress", "gzip, identity"])
def test_only_what_was_asked_for_is_unpacked(name):
    """Other encodings, and several at once, are refused."""
    with pytest.raises(EncodingError):
        inflater(name)


@pytest.mark.parametrize("seed", range(30))
def test_damage_is_an_encoding_error(seed):
    """Random bytes end in text or EncodingError."""
    dice = random.Random(seed)
    encoding, packed = PACKED[dice.choice(list(PACKED))]
    broken = bytearray(packed)
    broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)
    outcome = None
    with contextlib.suppress(EncodingError):
        outcome = unpack(encoding, bytes(broken), [])
    assert outcome is None or isinstance(outcome, bytes)
