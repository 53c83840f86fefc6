"""This project: quart_chat.events through its public API.

``THROUGH_ASGI=1`` hides the server's own ``send`` behind a function, as a middleware would: no
stream can then write to its socket by itself, and all bytes pass through ASGI.
"""

from __future__ import annotations

import os
from typing import Any

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from quart import Quart, Response, request

from benchmarks.emission import Plan, make_item, run
from quart_chat.events.quart import Events, sse_response

app = Quart(__name__)
events = Events(app)
serve = app.asgi_app


async def emit(context: str, item: dict[str, Any]) -> None:
    await events.manager.emit_event(context, "progress", item)


@app.get("/stream/<context>")
async def stream(context: str) -> Response:
    return sse_response(context)


@app.get("/start/<context>")
async def start(context: str) -> Response:
    await emit(context, make_item(0))
    return sse_response(context)


@app.post("/emit")
async def start_emission() -> str:
    app.add_background_task(run, Plan.parse(request.args), emit)
    return ""


async def serve_through_asgi(
    scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    async def pass_on(message: ASGISendEvent) -> None:
        await send(message)

    await serve(scope, receive, pass_on)


if os.environ.get("THROUGH_ASGI") == "1":
    app.asgi_app = serve_through_asgi  # type: ignore[method-assign]
