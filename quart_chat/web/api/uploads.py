"""Uploads that are taken as they come: never more of a file in memory than is being written.

Quart reads a body as fast as its sender sends it, and keeps what no handler has taken yet. So the
body of an upload does not pass through Quart: a middleware hands it to the handler in the scope of
the request, and the next piece of it is received when the handler asks for it. Until then it waits
at the server, which lets the sender wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hypercorn.typing import HTTPDisconnectEvent, HTTPRequestEvent
from quart import request
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    File,
    MultipartDecoder,
    NeedData,
    Preamble,
)

from quart_chat.errors import BodyTooLarge, ChatError, InvalidInput, WrongMediaType
from quart_chat.texts import N_, _
from quart_chat.web.auth.credentials import check_still_in
from quart_chat.web.paths import plain_path

if TYPE_CHECKING:
    from hypercorn.typing import (
        ASGIReceiveCallable,
        ASGIReceiveEvent,
        ASGISendCallable,
        HTTPScope,
        Scope,
    )
    from quart import Quart

    ASGIApp = Callable[[Scope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]

T = TypeVar("T")

PATHS = frozenset({"/api/documents", "/documents", "/api/chatbot/import", "/transfer"})
"""Where uploads go."""

_BODY = "quart_chat.upload"
"""The key of the body in the scope of a request."""

CHUNK = 64 * 1024
"""Bytes that are looked at together."""

MAX_PARTS = 100
"""Files and fields in one upload."""

MAX_HEADERS = 1024 * 1024
"""Bytes that are not the content of a file and are not understood yet."""

MAX_DISCARDED = 100_000_000
"""Bytes that are read and dropped, so that a client that sends too much still gets an answer."""

SILENCE = 60.0
"""Seconds that a sender may pause."""

_TOO_MUCH = N_("There is too much in this upload. Send fewer files at a time.")
_BROKEN = N_("The form can't be read: it is incomplete.")


class UploadBody:
    """A body of any size, received piece by piece as it is asked for."""

    def __init__(self, receive: ASGIReceiveCallable) -> None:
        self._receive = receive
        self._announced = False
        self._ended = asyncio.Event()
        self._disconnect: HTTPDisconnectEvent | None = None

    def __aiter__(self) -> UploadBody:
        return self

    async def __anext__(self) -> bytes:
        if self._ended.is_set():
            raise StopAsyncIteration
        message = await self._receive()
        if message["type"] == "http.request":
            if not message.get("more_body", False):
                self._ended.set()
            return message.get("body", b"")
        self._disconnect = HTTPDisconnectEvent(type="http.disconnect")
        self._ended.set()
        # The framework is told that the client has gone, and cancels the handler. An error beside
        # that would be a second reason to clean up, and the one would interrupt the other.
        await asyncio.Event().wait()
        raise StopAsyncIteration

    async def receive_rest(self) -> ASGIReceiveEvent:
        """What the framework is told: an empty body, and when the client has gone."""
        if not self._announced:
            self._announced = True
            return HTTPRequestEvent(type="http.request", body=b"", more_body=False)
        await self._ended.wait()
        return self._disconnect or await self._receive()


class UploadMiddleware:
    """Keeps the bodies of uploads from the framework, and puts them into the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and _path(scope) in PATHS:
            body = UploadBody(receive)
            # A key of our own, which the type of a scope does not list.
            scope[_BODY] = body  # type: ignore[literal-required]
            receive = body.receive_rest
        await self._app(scope, receive, send)


def _path(scope: HTTPScope) -> str:
    return plain_path(plain_path(scope["path"]).removeprefix(scope.get("root_path", "")))


def init_app(app: Quart) -> None:
    """Have uploads taken as they come."""
    # Quart documents asgi_app as the place for middleware; to mypy it is a method.
    app.asgi_app = UploadMiddleware(app.asgi_app)  # type: ignore[method-assign]


class Uploads:
    """The files of a form that is being sent."""

    def __init__(self, body: AsyncIterator[bytes], boundary: bytes) -> None:
        self._body = body
        self._decoder = MultipartDecoder(boundary, MAX_HEADERS, max_parts=MAX_PARTS)
        self._received = memoryview(b"")
        self._in_part = False
        self._discarded = 0

    async def files(self) -> AsyncGenerator[tuple[str, AsyncIterator[bytes]], None]:
        """Each file's name and its content, to be taken before the next is asked for.

        Raises:
            InvalidInput: It is no form that can be read.
            BodyTooLarge: There is far more of it than is taken.
        """
        while not isinstance(event := await self._next(), Epilogue):
            self._in_part = not isinstance(event, Preamble)
            if isinstance(event, File) and event.filename:
                yield event.filename, self._content()
            async for chunk in self._content():
                self._discarded += len(chunk)
                if self._discarded > MAX_DISCARDED:
                    raise BodyTooLarge(_(_TOO_MUCH))

    async def _content(self) -> AsyncGenerator[bytes, None]:
        while self._in_part:
            event = await self._next()
            if not isinstance(event, Data):
                raise InvalidInput(_(_BROKEN))
            self._in_part = event.more_data
            if event.data:
                yield bytes(event.data)

    async def _next(self) -> Event:
        try:
            while isinstance(event := self._decoder.next_event(), NeedData):
                self._decoder.receive_data(await self._receive())
        except RequestEntityTooLarge as error:
            raise BodyTooLarge(_(_TOO_MUCH)) from error
        except UnicodeDecodeError as error:
            raise InvalidInput(
                _("The name of a file can't be read. Send it in UTF-8, or rename the file.")
            ) from error
        except ValueError as error:
            raise InvalidInput(_(_BROKEN)) from error
        return event

    async def _receive(self) -> bytes | None:
        """The next bytes of the body, never many; None where it has ended."""
        if not self._received:
            try:
                async with asyncio.timeout(SILENCE):
                    self._received = memoryview(await anext(self._body))
            except StopAsyncIteration:
                return None
            except TimeoutError as error:
                raise RequestTimeout from error
        taken, self._received = self._received[:CHUNK], self._received[CHUNK:]
        return bytes(taken)


@dataclass(frozen=True, slots=True)
class Taken(Generic[T]):
    """A file of a form, and what has become of it: a result, or the reason that there is none."""

    name: str
    result: T | None = None
    error: ChatError | None = None


async def take_files(
    uploaded: Uploads,
    take: Callable[[str, AsyncIterator[bytes]], Awaitable[T]],
) -> list[Taken[T]]:
    """Take each file of the form that is being sent; one that is refused keeps no other from it.

    Raises:
        InvalidInput: There is none, or it is no form.
    """
    files: list[Taken[T]] = []
    try:
        async for name, content in uploaded.files():
            try:
                files.append(Taken(name, await take(name, _of_user(content))))
            except ChatError as error:
                files.append(Taken(name, error=error))
    except InvalidInput as error:
        # The form broke off: what came before is taken, and is told of.
        if not files:
            raise
        told = files[-1].error
        if told is None or told.message != error.message:
            files.append(Taken(_("The rest"), error=error))
    if not files:
        raise InvalidInput(_("Choose a file first."))
    return files


async def _of_user(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The content of a file, whose end comes only if the sender is let in by then.

    A slow sender may have been shut out meanwhile.

    Raises:
        Unauthenticated: It was.
    """
    async for piece in content:
        yield piece
    await check_still_in()


def failure(files: Sequence[Taken[T]]) -> ChatError | None:
    """The first reason, where none of the files was taken."""
    errors = [file.error for file in files]
    return errors[0] if None not in errors else None


def uploads() -> Uploads:
    """The files of the form that the request carries."""
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary:
        raise WrongMediaType(_("Send the files as a form, 'Content-Type: multipart/form-data'."))
    body: UploadBody = request.scope[_BODY]  # type: ignore[literal-required]  # as above
    return Uploads(body, boundary.encode())
