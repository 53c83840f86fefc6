"""The framing of chunked bodies comes off wherever the network cuts them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.chat.assistants.model.chunked import MAX_LINE, Dechunker

Cuts = st.lists(st.integers(0, 400))


def encode(chunks: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


@given(st.lists(st.binary(min_size=1, max_size=40)), Cuts, st.binary(max_size=10))
def test_chunks_are_joined_however_they_are_cut(
    chunks: list[bytes], cuts: list[int], after: bytes
) -> None:
    body = encode(chunks) + after
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    dechunker = Dechunker()
    data = b""
    for begin, end in pairwise(places):
        if not dechunker.over:
            data += dechunker.feed(body[begin:end])
            last = end
    assert data == b"".join(chunks)
    assert dechunker.over
    assert dechunker.rest + body[last:] == after


def test_a_chunk_counts_as_far_as_it_has_come() -> None:
    dechunker = Dechunker()
    assert dechunker.feed(b"5\r\nhe") == b"he"
    assert dechunker.feed(b"llo") == b"llo"
    assert not dechunker.over


def test_extensions_and_trailers_are_left_out() -> None:
    dechunker = Dechunker()
    assert dechunker.feed(b"2;name=value\r\nok\r\n0\r\nExpires: never\r\n\r\n") == b"ok"
    assert dechunker.over


@pytest.mark.parametrize(
    "body",
    [
        b"x\r\n",
        b"-1\r\n",
        b"0x2\r\nok\r\n",
        b"\r\n",
        b"1\r\nok\r\n",
        b"f" * 16 + b"\r\n",
        b"1" * (MAX_LINE + 1),
    ],
)
def test_what_is_not_chunked_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Dechunker().feed(body)
