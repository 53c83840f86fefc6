"""What one chunk of an answer says.

A chunk as the OpenAI API describes it is decoded by msgspec, straight into what matters here. All
else takes a second look, which costs as much as dozens of pieces of text do.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from quart_chat.assistants.openai.replies.chunks.counts import find_counts
from quart_chat.assistants.openai.replies.chunks.lenient import read_leniently
from quart_chat.assistants.openai.replies.chunks.said import Counted, Said


class Delta(Struct, gc=False):
    """What a chunk adds; servers call reasoning by either name."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class Choice(Struct, gc=False):
    delta: Delta | None = None
    finish_reason: str | None = None
    index: int | None = None


class Chunk(Struct):
    """The parts of a ``chat.completion.chunk`` that matter here; the rest is not even read."""

    choices: list[Choice] = []
    usage: Counted | None = None
    error: Any = None


class PlainDelta(Struct, gc=False, forbid_unknown_fields=True):
    """A delta that can say nothing but a text."""

    role: str | None = None
    content: str | None = None
    refusal: None = None


class PlainChoice(Struct, gc=False, forbid_unknown_fields=True):
    """A choice that can say nothing but a text and the usual end."""

    delta: PlainDelta
    index: int | None = None
    finish_reason: Literal["stop"] | None = None
    logprobs: None = None


class PlainChunk(Struct, forbid_unknown_fields=True):
    """A chunk with the fields of the OpenAI API alone, such as the first and the last ones."""

    choices: list[PlainChoice]
    id: str | None = None
    object: str | None = None
    created: int | None = None
    model: str | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    usage: Counted | None = None


_decode = msgspec.json.Decoder(Chunk).decode
_decode_plain = msgspec.json.Decoder(PlainChunk).decode


def read_text(data: bytes) -> str | None:
    """The text of a chunk of the first answer that says nothing else; None for any other."""
    try:
        chunk = _decode(data)
    except (ValueError, RecursionError):
        return None
    if len(chunk.choices) != 1 or chunk.usage is not None or chunk.error is not None:
        return None
    choice = chunk.choices[0]
    delta = choice.delta
    if delta is None or choice.finish_reason is not None or choice.index:
        return None
    return None if delta.reasoning_content or delta.reasoning else delta.content


def read_chunk(data: bytes, frame: str = "") -> Said | None:
    """Read a chunk; None where it is no JSON that can say anything.

    Args:
        data: The chunk.
        frame: The name of the event that it is.
    """
    try:
        chunk = _decode(data)
    except (ValueError, RecursionError):
        return read_leniently(data, frame)
    choice = chunk.choices[0] if len(chunk.choices) == 1 else None
    if choice is not None and chunk.error is None and (delta := choice.delta) is not None:
        thought = delta.reasoning_content or delta.reasoning or ""
        finish = choice.finish_reason
        if (delta.content or thought) and (finish is None or finish == "stop"):
            counted = _plausible(chunk.usage)
            return Said(delta.content or "", thought, finish, counted, index=choice.index)
    # It may say something in another way.
    return _read_plain(data) or read_leniently(data, frame)


def _read_plain(data: bytes) -> Said | None:
    """Read a chunk that says nothing in another way; None where it is none."""
    try:
        chunk = _decode_plain(data)
    except (ValueError, RecursionError):
        return None
    said = Said(usage=_plausible(chunk.usage), model=chunk.model)
    if len(chunk.choices) > 1 or (said.usage is None and chunk.usage is not None):
        return None
    for choice in chunk.choices:
        said.text = choice.delta.content or ""
        said.finish, said.index = choice.finish_reason, choice.index
    return said


def _plausible(counted: Counted | None) -> Counted | None:
    """What was counted, unless it can't be."""
    if counted is None:
        return None
    return find_counts(
        {
            "prompt_tokens": counted.prompt_tokens,
            "completion_tokens": counted.completion_tokens,
        }
    )
