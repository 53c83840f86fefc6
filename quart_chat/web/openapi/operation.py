"""One declaration of what a route takes and answers, which both decodes and documents it.

    @blueprint.get("/<workflow_id>/chatdata")
    @operation(Answer(ChatDataList), tag="chat", query=SinceQuery, errors=[NotFound])
    async def chatdata(workflow_id: str, query: SinceQuery) -> Item:

The handler is given what the request carries, decoded; what is refused never reaches it. The
OpenAPI document is made of the same declaration, so that the two can't differ.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from quart_chat.errors import (
    BodyTooLarge,
    ChatError,
    DatabaseUnavailable,
    Forbidden,
    InvalidInput,
    InvalidJSON,
    InvalidParameter,
    Unavailable,
    UnknownHost,
    WrongMediaType,
)
from quart_chat.web.api.uploads import uploads
from quart_chat.web.errors import SENTENCES
from quart_chat.web.inputs import json_body, last_event_id, query_string

View = TypeVar("View", bound=Callable[..., Awaitable[Any]])
Refusal = tuple[int, str]

JSON = "application/json"
EVENT_STREAM = "text/event-stream"

_OPERATION = "operation"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request that succeeds is answered with.

    Attributes:
        model: What the JSON is decoded by; None where there is none.
        status: The HTTP status.
        description: What it means; where it is empty, the model says so.
        media_type: What the body is; None where there is none.
    """

    model: Any = None
    status: int = 200
    description: str = ""
    media_type: str | None = JSON


EVENTS = Answer(description="Server-sent events.", media_type=EVENT_STREAM)


def nothing(description: str) -> Answer:
    """An answer without a body."""
    return Answer(status=204, description=description, media_type=None)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route takes and answers.

    Attributes:
        answers: What it answers when it succeeds.
        tag: What the document lists it under.
        query: What the query string is decoded by.
        body: What the JSON body is decoded by.
        files: What the files of the form are, where it takes some.
        resumes: Whether it reads the ``Last-Event-ID`` header.
        errors: What it can refuse beside what its inputs say.
    """

    answers: tuple[Answer, ...]
    tag: str
    query: Any = None
    body: Any = None
    files: str | None = None
    resumes: bool = False
    errors: tuple[type[ChatError], ...] = ()

    async def inputs(self) -> dict[str, Any]:
        """What the request carries, by the names of the handler's parameters."""
        given: dict[str, Any] = {}
        if self.query is not None:
            given["query"] = query_string(self.query)
        if self.body is not None:
            given["body"] = await json_body(self.body)
        if self.files is not None:
            given["uploaded"] = uploads()
        if self.resumes:
            given["last_id"] = last_event_id()
        return given

    def refusals(self) -> set[Refusal]:
        """The status and the code of every error that it can be answered with."""
        errors = set(self.errors) | {UnknownHost, Forbidden, DatabaseUnavailable, Unavailable}
        refusals = {(status, SENTENCES[status][0]) for status in (400, 500)}
        if self.query is not None:
            errors |= {InvalidParameter, InvalidInput}
        if self.body is not None:
            errors |= {InvalidJSON}
        if self.body is not None or self.files is not None:
            errors |= {WrongMediaType, BodyTooLarge, InvalidInput}
            refusals.add((408, SENTENCES[408][0]))
        return refusals | {(error.status, error.code) for error in errors}


def operation(
    *answers: Answer,
    tag: str,
    query: Any = None,
    body: Any = None,
    files: str | None = None,
    resumes: bool = False,
    errors: Iterable[type[ChatError]] = (),
) -> Callable[[View], View]:
    """Declare what a route takes and answers; see :class:`Operation`.

    The handler is given ``query``, ``body``, ``uploaded`` and ``last_id``, as far as declared.
    """
    declared = Operation(answers, tag, query, body, files, resumes, tuple(errors))

    def declare(view: View) -> View:
        @wraps(view)
        async def decode(**names: str) -> Any:
            return await view(**names, **await declared.inputs())

        vars(decode)[_OPERATION] = declared
        return decode  # type: ignore[return-value]  # it takes what the path names, as Quart calls it

    return declare


def find_operation(view: Callable[..., Any]) -> Operation | None:
    """What is declared of a view; None for a page."""
    found: Operation | None = vars(view).get(_OPERATION)
    return found
