"""The stream doctor: a page that finds out what becomes of a stream on its way to this browser.

What it is sent goes the way of every other stream, through a context of the event manager and the
same response, so that what the page measures is what a chat would get.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing
from time import time
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from quart import Blueprint, Response, current_app, jsonify, request

from quart_chat.errors import TooManyRequests
from quart_chat.events import make_event
from quart_chat.events.asgi.chunks import Chunks
from quart_chat.events.quart import get_event_manager, sse_response
from quart_chat.web.context import take_stream, user_id
from quart_chat.web.openapi.operation import EVENTS, Answer, operation
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.paths import path_to
from quart_chat.web.schemas.answers import Clock
from quart_chat.web.schemas.requests import ProbeQuery

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from quart_chat.events.manager import StreamingEventManager

LONG_PAUSE = 90
"""Seconds of the long check's silence: more than the 60 that most proxies wait by default."""

SETTINGS = {
    "http2": "listen 443 ssl;\nhttp2 on;  # nginx; before 1.25.1: listen 443 ssl http2;",
    "compression": (
        "nginx: gzip off;\nApache: SetEnv no-gzip 1\nHAProxy: no compression of text/event-stream"
    ),
    "nginx": "proxy_http_version 1.1;\nproxy_buffering off;\ngzip off;",
    "apache": "ProxyPass / http://127.0.0.1:8000/ flushpackets=on\nSetEnv no-gzip 1",
    "cloudflare": "Content-Type: text/event-stream\nCache-Control: no-cache, no-transform",
    "unknown": (
        "nginx: proxy_http_version 1.1;  proxy_buffering off;  gzip off;\n"
        "Apache: ProxyPass / http://127.0.0.1:8000/ flushpackets=on"
    ),
    "nginx-timeout": "proxy_read_timeout 1h;",
    "apache-timeout": "ProxyTimeout 3600",
    "cloudflare-timeout": "QUART_CHAT_EVENTS_KEEPALIVE=15",
    "unknown-timeout": (
        "nginx: proxy_read_timeout 1h;\nApache: ProxyTimeout 3600\nHAProxy: timeout server 1h\n"
        "quart-chat: QUART_CHAT_EVENTS_KEEPALIVE=5"
    ),
}
"""What cures, in the words of what is to be set; the sentences about it are in the template."""

blueprint = Blueprint("doctor", __name__)


@blueprint.get("/doctor")
async def show_doctor() -> str:
    """The page that runs the checks."""
    return await render_in_frame(
        "doctor.html",
        plan=msgspec.to_builtins(ProbeQuery()),
        long_pause=LONG_PAUSE,
        keepalive=current_app.config["EVENTS_KEEPALIVE"],
        settings=SETTINGS,
        command=f"curl -NL 'http://{request.host}{path_to('/api/doctor/stream?padded=0')}'",
    )


@blueprint.get("/api/doctor/clock")
@operation(Answer(Clock), tag="doctor")
async def clock() -> Response:
    """The server's time, to measure the round trip and compare clocks by."""
    response: Response = jsonify({"time": time()})
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/api/doctor/stream")
@operation(EVENTS, tag="doctor", query=ProbeQuery, errors=[TooManyRequests])
async def probe_stream(query: ProbeQuery) -> Response:
    """Stream a known series of events at known times: small ones, large ones, a pause, one more."""
    manager = get_event_manager()
    with await take_stream(user_id()) as slot:
        context_id = f"doctor:{uuid4().hex}"
        response = sse_response(context_id)
        response.stream.chunks = _with_probes(response.stream.chunks, manager, context_id, query)
        return slot.stream(response)


async def _with_probes(
    frames: Chunks | None,
    manager: StreamingEventManager,
    context_id: str,
    plan: ProbeQuery,
) -> AsyncGenerator[bytes, None]:
    """Emit for as long as there is a reader; nothing of it is kept."""
    assert frames is not None  # noqa: S101 - a context that is new has no end
    emitting: asyncio.Task[None] | None = None
    try:
        async with aclosing(frames) as chunks:
            emitting = asyncio.create_task(emit_probes(manager, context_id, plan))
            async for chunk in chunks:
                yield chunk
    finally:
        if emitting is not None:
            emitting.cancel()
        await manager.cleanup(context_id, delay=0)


async def emit_probes(manager: StreamingEventManager, context_id: str, plan: ProbeQuery) -> None:
    """Emit the series; each event says its number and when it was sent."""
    manager.emit_here(make_event(context_id, "probe", {"number": 1}))
    for number in range(2, plan.events + plan.padded + 1):
        await asyncio.sleep(plan.interval / 1000)
        data: dict[str, object] = {"number": number}
        if number > plan.events:
            # Random, so that nothing that compresses makes it small again.
            data["padding"] = secrets.token_hex(plan.padding // 2)
        manager.emit_here(make_event(context_id, "probe", data))
    if plan.pause:
        await asyncio.sleep(plan.pause)
        manager.emit_here(
            make_event(context_id, "probe", {"number": plan.events + plan.padded + 1})
        )
    manager.emit_here(make_event(context_id, "complete", {"message": "This was all."}))
