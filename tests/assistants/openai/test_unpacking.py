"""Answers that come compressed, although no compression was asked for."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.assistants.openai.unpacking import MOST, CannotUnpack, Unpacker
from tests.assistants.openai.endpoint import FakeEndpoint, fake_endpoint, refuse
from tests.assistants.openai.test_shapes import END, C, ask
from tests.assistants.openai.test_words import WORDS, fail

# The time of day is left out: it would be a part of the names of tests.
zipped = partial(gzip.compress, mtime=0)
STREAM = C("Hi") + C("!") + END
RAW = zlib.compress(STREAM)[2:-4]


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", zipped(STREAM)),
        ("X-GZip", zipped(STREAM)),
        ("gzip, gzip", zipped(zipped(STREAM))),
        ("gzip", zipped(C("Hi")) + zipped(C("!") + END)),
        ("gzip", zipped(STREAM) + b"\0" * 20),
        ("deflate", zlib.compress(STREAM)),
        ("deflate", RAW),
        # Nothing says so, or what says so is wrong
        ("", zipped(STREAM)),
        ("br", zipped(STREAM)),
        ("gzip", STREAM),
        ("deflate", STREAM),
        ("br", STREAM),
        ("utf-8", STREAM),
    ],
)
async def test_what_is_compressed_is_unpacked(
    endpoint: FakeEndpoint, coding: str, body: bytes
) -> None:
    script = refuse(200, body, **{"Content-Encoding": coding})
    assert await ask(endpoint, script) == ("", "Hi!")


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", zipped(STREAM)[:-90]),
        ("gzip", zipped(C("Hi"))[:-8] + b"\xff" * 8),
        ("gzip", zipped(b"")[:5]),
        ("deflate", zlib.compress(STREAM)[:9]),
        ("deflate", b"\x01\x02\x03" * 30),
        ("br", b"\x0b\x02\x80Hi!\x03"),
        ("", b"\x28\xb5\x2f\xfdHi!"),
        ("gzip", b"\x01\x02"),
    ],
)
async def test_what_can_not_be_unpacked_is_told_as_such(
    endpoint: FakeEndpoint, coding: str, body: bytes
) -> None:
    error, _ = await fail(endpoint, refuse(200, body, **{"Content-Encoding": coding}))
    assert error.code == "answer_malformed"
    assert "can't be unpacked" in error.message
    assert len(endpoint.completions) == 1


async def test_a_refusal_keeps_its_status_and_its_words(endpoint: FakeEndpoint) -> None:
    for body, words in (
        (zipped(WORDS.encode()), WORDS),
        (WORDS.encode(), WORDS),
        (b"\x0b", ""),
    ):
        script = refuse(503, body, **{"Content-Encoding": "br"})
        error, _ = await fail(endpoint, script, retries=0)
        assert error.code == "endpoint_failed"
        assert words in error.message


@given(
    st.sets(st.integers(0, 150), max_size=10),
    st.sampled_from([("gzip", zipped(STREAM)), ("deflate", RAW), ("", STREAM)]),
)
def test_a_body_may_be_cut_anywhere(cuts: set[int], sent: tuple[str, bytes]) -> None:
    coding, packed = sent
    unpacker = Unpacker(coding)
    unpacked = b""
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), len(packed)], strict=True):
        unpacked += unpacker.take(packed[start:stop])
    assert unpacked + unpacker.finish() == STREAM
    assert unpacker.take() + unpacker.finish() == b""


def test_only_so_much_is_unpacked_at_a_time() -> None:
    unpacker = Unpacker("gzip")
    pieces = [unpacker.take(zipped(bytes(5 * MOST)))]
    while piece := unpacker.take():
        pieces.append(piece)
    assert max(map(len, pieces)) == MOST
    assert sum(map(len, pieces)) == 5 * MOST
    assert unpacker.finish() == b""


def test_a_body_may_be_a_single_byte() -> None:
    unpacker = Unpacker("")
    assert [unpacker.take(b"7"), unpacker.finish(), unpacker.take(), unpacker.finish()] == [
        *(b"", b"7", b"", b""),
    ]


def test_what_comes_in_part_is_no_whole_body() -> None:
    unpacker = Unpacker("gzip")
    unpacker.take(zipped(STREAM)[:-1])
    with pytest.raises(CannotUnpack):
        unpacker.finish()
