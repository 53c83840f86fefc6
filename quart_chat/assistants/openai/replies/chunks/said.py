"""What a chunk of an answer says, however it was read."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Counted(Struct, gc=False):
    """The tokens that an endpoint has counted."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Said(Struct):
    """What a chunk says.

    Attributes:
        text: A piece of the answer.
        thought: A piece of the model's reasoning.
        finish: Why the answer ends with it.
        usage: What the endpoint has counted.
        error: An error in the place of more, as it came.
        model: The model that answers, as the endpoint calls it.
        index: Which of several answers it belongs to, where that is said.
        whole: Whether the text is all of the answer, and no piece of it.
        again: Whether it may all have come before.
        ends: Whether it ends an answer that has begun.
        goes_on: Whether more is to follow.
        unread: The longest text in an object that can't be told to say anything.
    """

    text: str = ""
    thought: str = ""
    finish: str | None = None
    usage: Counted | None = None
    error: Any = None
    model: str | None = None
    whole: bool = False
    again: bool = False
    ends: bool = False
    goes_on: bool = False
    unread: str = ""
    index: int | None = None
