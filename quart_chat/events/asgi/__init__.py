"""Streams of contexts from any ASGI application; see :mod:`quart_chat.events.asgi.middleware`."""

from quart_chat.events.asgi.middleware import (
    CONTENT_TYPE,
    EventStreams,
    stream_context,
    stream_headers,
)

__all__ = ["CONTENT_TYPE", "EventStreams", "stream_context", "stream_headers"]
