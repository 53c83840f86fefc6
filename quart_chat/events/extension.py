"""The event manager in a Quart app. With ``connection`` the only module here that knows Quart.

events = Events(app)

@app.get("/jobs/<job_id>/events")
async def job_events(job_id):
    return sse_response(job_id, last_event_id=request.headers.get("Last-Event-ID"))
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

from hypercorn.utils import raise_shutdown
from quart import Quart, Response, current_app, has_app_context, request

from quart_chat.events.broker import Broker
from quart_chat.events.connection import StreamingHTTPConnection, StreamResponse
from quart_chat.events.contexts import Settings
from quart_chat.events.log import Bounds, ContextLog
from quart_chat.events.manager import StreamingEventManager
from quart_chat.events.sse import KEEPALIVE, encode_frame
from quart_chat.events.subscription import make_reset
from quart_chat.events.watch import ConnectionWatch

_logger = logging.getLogger(__name__)
_EXTENSION = "quart_chat.events"
_NUMBER = re.compile(r"[0-9]{1,16}")

_SETTINGS = Settings()

DEFAULTS: dict[str, float] = {
    "EVENTS_MAX_EVENTS": _SETTINGS.bounds.max_events,
    "EVENTS_MAX_BYTES": _SETTINGS.bounds.max_bytes,
    "EVENTS_PACING": _SETTINGS.bounds.pacing,
    "EVENTS_KEEPALIVE": _SETTINGS.keepalive,
    "EVENTS_RETENTION": _SETTINGS.retention,
    "EVENTS_IDLE": _SETTINGS.idle,
    "EVENTS_MAX_CONTEXTS": _SETTINGS.max_contexts,
}
"""Configuration keys; their meanings and units are those of ``Bounds`` and ``Settings``."""

DRAIN_TIMEOUT = 1.5
"""Seconds that the callbacks of a shutdown may take before the streams are told in any case."""


class Events:
    """Gives an app an event manager, and ends its streams when the server shuts down.

    Attributes:
        manager: The app's event manager.
        watch: Looks at the connections of the app's streams.
    """

    manager: StreamingEventManager
    watch: ConnectionWatch

    def __init__(self, app: Quart | None = None, *, broker: Broker | None = None) -> None:
        self._broker = broker
        self._callbacks: list[Callable[[], Awaitable[None]]] = []
        self._watched: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Quart) -> None:
        for key, value in DEFAULTS.items():
            app.config.setdefault(key, value)
        config = app.config
        self.manager = StreamingEventManager(
            Settings(
                bounds=Bounds(
                    max_events=int(config["EVENTS_MAX_EVENTS"]),
                    max_bytes=int(config["EVENTS_MAX_BYTES"]),
                    pacing=float(config["EVENTS_PACING"]),
                ),
                keepalive=float(config["EVENTS_KEEPALIVE"]),
                retention=float(config["EVENTS_RETENTION"]),
                idle=float(config["EVENTS_IDLE"]),
                max_contexts=int(config["EVENTS_MAX_CONTEXTS"]),
            ),
            self._broker,
        )
        self.watch = ConnectionWatch(self.manager.settings.keepalive)
        app.extensions[_EXTENSION] = self
        app.asgi_http_class = StreamingHTTPConnection
        app.before_serving(self._open)
        app.before_request(self._watch_shutdown)
        app.after_serving(self.manager.close)

    def on_drain(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Have a callback awaited when the server is told to stop, before the streams end.

        What it emits still reaches the readers.
        """
        self._callbacks.append(callback)

    async def _open(self) -> None:
        # An app may be served again, even on the same event loop.
        self._watched = self._draining = None
        await self.manager.open()

    async def _watch_shutdown(self) -> None:
        """Begin to drain as soon as the server is told to stop.

        From the first request on: the server begins to wait for that after ``before_serving``, and
        a request that is under way then may be the first of all.

        Hypercorn runs ``after_serving`` only once all connections are gone, and streams never go
        by themselves. What it waits on until it is told to stop (a signal, its parent process, a
        trigger of the embedding program) is always a task that runs ``raise_shutdown``.
        """
        loop = asyncio.get_running_loop()
        if self._watched is loop:
            return
        self._watched = loop
        for task in asyncio.all_tasks(loop):
            if getattr(task.get_coro(), "cr_code", None) is raise_shutdown.__code__:
                task.add_done_callback(self._begin_drain)

    def _begin_drain(self, _: asyncio.Task[None]) -> None:
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT):
                for callback in self._callbacks:
                    await callback()
        except Exception:
            _logger.exception("What was to be done before the streams end has failed")
        finally:
            self.manager.drain()


_process_wide = StreamingEventManager()


def get_event_manager() -> StreamingEventManager:
    """The app's manager inside an app or request context, the process-wide one outside."""
    if has_app_context():
        return _extension().manager
    return _process_wide


def _extension() -> Events:
    extension: Events = current_app.extensions[_EXTENSION]
    return extension


def sse_response(
    context_id: str,
    *,
    categories: Iterable[str] | None = None,
    last_event_id: str | None = None,
) -> Response:
    """Stream a context as server-sent events until its terminal event.

    A client that comes back with the id it saw last gets what followed. Where the next event is no
    longer held, it gets a ``reset``, which says how many it has lost, and then all that is held.
    The same where the id is of another process or means nothing; how many are lost is null then.
    One that has seen the end is answered 204, which ends its reconnecting (WHATWG HTML, 9.2.3).

    Args:
        context_id: The context to stream; it opens if need be. Whether the client may read it is
            for the caller to check.
        categories: Stream only events of these; terminal events come in any case.
        last_event_id: The request's ``Last-Event-ID`` header.
    """
    manager = get_event_manager()
    log = manager.log(context_id)
    after = _number_of(last_event_id, log)
    if log is not None and log.ended and after == log.end - 1:
        return Response(status=204)
    return stream_response(stream_context(manager, context_id, categories, last_event_id))


def _number_of(event_id: str | None, log: ContextLog | None) -> int | None:
    """The number that an id stands for, where it is one that the log has given."""
    epoch, _, digits = (event_id or "").partition(":")
    if log is None or epoch != log.epoch or _NUMBER.fullmatch(digits) is None:
        return None
    number = int(digits)
    return number if number < log.end else None


async def stream_context(
    manager: StreamingEventManager,
    context_id: str,
    categories: Iterable[str] | None = None,
    last_event_id: str | None = None,
) -> AsyncGenerator[bytes, None]:
    """The frames of a context; see :func:`sse_response`."""
    log = manager.log(context_id)
    after = _number_of(last_event_id, log)
    unknown = bool(last_event_id) and after is None
    if unknown:
        after = 0 if log is None else log.first - 1
    if after is None:
        subscription = manager.subscribe_generation(context_id, categories)
    else:
        subscription = manager.subscribe(context_id, categories=categories, after=after)
    async with subscription:
        if unknown:
            yield encode_frame(make_reset(context_id, None).body)
        while (batch := await subscription.read()) is not None:
            if batch.keepalive:
                yield KEEPALIVE
                continue
            if subscription.lost:
                yield encode_frame(make_reset(context_id, subscription.lost).body)
            if batch.events:
                yield batch.chunk
                if batch.events[-1].terminal:
                    return
        if manager.draining:
            yield manager.farewell()


def stream_response(chunks: AsyncGenerator[bytes, None]) -> Response:
    """A response that streams frames for as long as they come, after a ``retry`` of its own."""
    # A response to HEAD has no body: nothing would read the frames, and nothing would end them.
    head = request.method == "HEAD"
    response = StreamResponse(
        b"" if head else chunks, content_type="text/event-stream; charset=utf-8"
    )
    extension = _extension()
    response.watch = extension.watch
    if not head:
        response.first = extension.manager.retry()
    response.timeout = None  # Quart would end the stream after RESPONSE_TIMEOUT
    response.headers["Cache-Control"] = "no-cache, no-transform"
    response.headers["X-Accel-Buffering"] = "no"  # nginx
    if request.http_version == "1.1":
        # Connection-specific fields are errors in HTTP/2 and 3 (RFC 9113, 8.2.2).
        response.headers["Connection"] = "keep-alive"
    return response
