"""The extension: an app's event manager, its configuration, its responses and its end.

events = Events(app)

@app.get("/jobs/<job_id>/events")
async def job_events(job_id):
    return sse_response(job_id, last_event_id=request.headers.get("Last-Event-ID"))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from quart import Quart, Response, current_app, has_app_context
from werkzeug.datastructures import Headers

from quart_chat.events.asgi import CONTENT_TYPE, EventStreams
from quart_chat.events.asgi.chunks import Chunks
from quart_chat.events.asgi.exchange import Stream, find_exchange, name_stream
from quart_chat.events.asgi.frames import stream_frames
from quart_chat.events.asgi.shutdown import shutdown_of
from quart_chat.events.broker import Broker, BrokerUnavailable
from quart_chat.events.coalescing import Coalescer
from quart_chat.events.log import Bounds
from quart_chat.events.manager import StreamingEventManager
from quart_chat.events.settings import EventSettings

_EXTENSION = "quart_chat.events"

_SETTINGS = EventSettings()

DEFAULTS: dict[str, float] = {
    "EVENTS_MAX_EVENTS": _SETTINGS.bounds.max_events,
    "EVENTS_MAX_BYTES": _SETTINGS.bounds.max_bytes,
    "EVENTS_PACING": _SETTINGS.bounds.pacing,
    "EVENTS_KEEPALIVE": _SETTINGS.keepalive,
    "EVENTS_RETENTION": _SETTINGS.retention,
    "EVENTS_IDLE": _SETTINGS.idle,
    "EVENTS_MAX_CONTEXTS": _SETTINGS.max_contexts,
    "EVENTS_SHORTCUT": True,
}
"""Configuration keys; their meanings and units are those of ``Bounds`` and ``EventSettings``, and
of the ``shortcut`` of ``EventStreams``."""


class Events:
    """Gives an app an event manager, and ends its streams when the server shuts down.

    Args:
        app: The app; without one, call ``init_app`` later.
        broker: What carries events between processes.
        coalescer: What is merged, and what is urgent.
        enveloped: Types of events whose data has the shape of an envelope already.

    Attributes:
        manager: The app's event manager.
        failure: Why the broker could not be opened at the last start, if it could not.
    """

    manager: StreamingEventManager

    def __init__(
        self,
        app: Quart | None = None,
        *,
        broker: Broker | None = None,
        coalescer: Coalescer | None = None,
        enveloped: Iterable[str] = (),
    ) -> None:
        self.failure: BrokerUnavailable | None = None
        self._broker = broker
        self._coalescer = coalescer
        self._enveloped = frozenset(enveloped)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Quart) -> None:
        for key, value in DEFAULTS.items():
            app.config.setdefault(key, value)
        self.manager = StreamingEventManager(
            _settings(app.config),
            self._broker,
            coalescer=self._coalescer,
            enveloped=self._enveloped,
        )
        self._shutdown = shutdown_of(self.manager)
        app.extensions[_EXTENSION] = self
        # Quart documents asgi_app as the place for middleware.
        app.asgi_app = EventStreams(  # type: ignore[method-assign,assignment]  # a method
            app.asgi_app,
            self.manager,
            lifespan=False,
            shortcut=bool(app.config["EVENTS_SHORTCUT"]),
        )
        # Quart's own hooks, which run in tests without a server, too.
        app.before_serving(self._open)
        app.after_serving(self._close)

    def on_drain(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Have a callback awaited when the server is told to stop, before the streams end.

        What it emits still reaches the readers.
        """
        self._shutdown.on_drain(callback)

    def begin_shutdown(self) -> None:
        """End the streams in the background; for a program that tells its server to stop."""
        self._shutdown.begin()

    @property
    def is_shutting_down(self) -> bool:
        """Whether the server was told to stop."""
        return self._shutdown.has_begun

    async def flush(self) -> None:
        """Wait until what was emitted has reached the streams, for a second at most."""
        await self.manager.flush()

    async def _open(self) -> None:
        self.failure = None
        try:
            await self.manager.open()
        except BrokerUnavailable as error:
            self.failure = error
            raise

    async def _close(self) -> None:
        await self.manager.close()
        self._shutdown.forget()


def _settings(config: dict[str, Any]) -> EventSettings:
    return EventSettings(
        bounds=Bounds(
            max_events=int(config["EVENTS_MAX_EVENTS"]),
            max_bytes=int(config["EVENTS_MAX_BYTES"]),
            pacing=float(config["EVENTS_PACING"]),
        ),
        keepalive=float(config["EVENTS_KEEPALIVE"]),
        retention=float(config["EVENTS_RETENTION"]),
        idle=float(config["EVENTS_IDLE"]),
        max_contexts=int(config["EVENTS_MAX_CONTEXTS"]),
    )


_process_wide = StreamingEventManager()


def get_event_manager() -> StreamingEventManager:
    """The app's manager inside an app or request context, the process-wide one outside."""
    if has_app_context():
        extension: Events = current_app.extensions[_EXTENSION]
        return extension.manager
    return _process_wide


class StreamResponse(Response):
    """An empty response that names a stream.

    Attributes:
        stream: The stream, which is sent once the app is done with the request.
    """

    def __init__(self, stream: Stream) -> None:
        status = 204 if stream.chunks is None else 200
        headers = Headers([*name_stream(stream).items(), ("Content-Type", CONTENT_TYPE)])
        super().__init__(self.data_body_class(b""), status, headers)
        # The middleware keeps all that the app sends, at once: a time limit costs Quart a task and
        # a timer that holds the request until it runs out.
        self.timeout = None
        self.stream = stream


def sse_response(
    context_id: str,
    *,
    categories: Iterable[str] | None = None,
    last_event_id: str | None = None,
) -> StreamResponse:
    """Stream a context as server-sent events until its terminal event.

    Clients that come back are served as ``quart_chat.events.asgi.stream_headers`` says.

    Args:
        context_id: The context to stream; it opens if need be. Whether the client may read it is
            for the caller to check.
        categories: Stream only events of these; terminal events come in any case.
        last_event_id: The request's ``Last-Event-ID`` header.
    """
    return StreamResponse(
        Stream(
            stream_frames(
                find_exchange().manager,
                context_id,
                categories=categories,
                last_event_id=last_event_id,
            )
        )
    )


def stream_response(chunks: Chunks) -> StreamResponse:
    """A response that streams frames for as long as they come, after a ``retry`` of its own."""
    return StreamResponse(Stream(chunks))
