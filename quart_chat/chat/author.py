"""Who signs an answer; static/js/chat/author.js says the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

MODEL = "model"
"""The assistant that answers with whichever model was chosen."""


class _Usage(Protocol):
    @property
    def model(self) -> str: ...


class _Answer(Protocol):
    @property
    def assistant(self) -> str | None: ...

    @property
    def usage(self) -> _Usage | None: ...


def author(answer: _Answer, titles: Mapping[str, str], default: str = "") -> str:
    """The name below which an answer stands.

    An assistant has a title. In place of the one of all models, the model that answered signs, and
    so it does where the assistant is not offered here.

    Args:
        answer: A message of an assistant, stored or from a file.
        titles: What the assistants that are offered are called, by name.
        default: The name of the assistant where the message does not say it.
    """
    name = answer.assistant or default
    title = titles.get(name, "")
    model = answer.usage.model if answer.usage is not None else ""
    return (model or title or name) if name == MODEL or not title else title
