"""Uploads that are taken as they come: never more of a file in memory than is being written.

The framework reads a body as fast as its sender sends it, and keeps what no handler has taken yet,
up to the limit of a request's body. For an upload that limit is not there; instead no more is read
from the connection while enough is waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from quart import Request, request
from quart.asgi import ASGIHTTPConnection
from quart.wrappers.request import Body
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

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent
    from quart import Quart

T = TypeVar("T")

PATHS = frozenset({"/api/documents", "/documents", "/api/chatbot/import", "/transfer"})
"""Where uploads go."""

MAX_WAITING = 256 * 1024
"""Bytes of a body that may wait to be taken."""

CHUNK = 64 * 1024
"""Bytes that are looked at together."""

MAX_PARTS = 100
"""Files and fields in one upload."""

MAX_HEADERS = 1024 * 1024
"""Bytes that are not the content of a file and are not understood yet."""

MAX_DISCARDED = 100_000_000
"""Bytes that are read past, so that whoever sends too much still gets an answer."""

SILENCE = 60.0
"""Seconds that a sender may pause."""

_TOO_MUCH = N_("There is too much in this upload. Send fewer files at a time.")
_BROKEN = N_("The form can't be read: it is not whole.")


class UploadBody(Body):
    """A body of any size, of which only a little waits at a time."""

    def __init__(self) -> None:
        super().__init__(None, None)
        self._room = asyncio.Event()
        self._room.set()

    async def room(self) -> None:
        """Wait until little enough waits."""
        await self._room.wait()

    def append(self, data: bytes) -> None:
        super().append(data)
        if len(self._data) >= MAX_WAITING:
            self._room.clear()

    async def __anext__(self) -> bytes:
        data = await super().__anext__()
        self._room.set()
        return data


class ChatRequest(Request):
    """A request, whose body may be an upload."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.method == "POST" and self.path in PATHS:
            self.body = UploadBody()


class UploadingHTTPConnection(ASGIHTTPConnection):
    """Reads no more of an upload while enough of it waits."""

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        body = request.body
        if not isinstance(body, UploadBody):
            await super().handle_messages(request, receive)
            return

        async def receive_with_room() -> ASGIReceiveEvent:
            await body.room()
            return await receive()

        await super().handle_messages(request, receive_with_room)


def init_app(app: Quart) -> None:
    """Have uploads taken as they come."""
    app.request_class = ChatRequest
    app.asgi_http_class = UploadingHTTPConnection


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
    take: Callable[[str, AsyncIterator[bytes]], Awaitable[T]],
) -> list[Taken[T]]:
    """Take each file of the form that is being sent; one that is refused keeps no other from it.

    Raises:
        InvalidInput: There is none, or it is no form.
    """
    files: list[Taken[T]] = []
    try:
        async for name, content in uploads().files():
            try:
                files.append(Taken(name, await take(name, content)))
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


def failure(files: Sequence[Taken[T]]) -> ChatError | None:
    """The first reason, where none of the files was taken."""
    errors = [file.error for file in files]
    return errors[0] if None not in errors else None


def uploads() -> Uploads:
    """The files of the form that the request carries."""
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary:
        raise WrongMediaType(_("Send the files as a form, 'Content-Type: multipart/form-data'."))
    return Uploads(aiter(request.body), boundary.encode())
