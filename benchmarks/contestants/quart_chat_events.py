"""This project: quart_chat.events through its public API.

``THROUGH_ASGI=1`` leaves every connection to the server: all bytes pass through ASGI. ``BROKER`` is
the address of what carries the events to other processes, ``BUS`` the folder of the bus.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from quart import Quart, Response, request

from benchmarks.emission import Plan, make_item, run
from quart_chat.events import Broker, collect_rarely
from quart_chat.events.brokers.log import LogBroker
from quart_chat.events.brokers.opening import open_log
from quart_chat.events.quart import Events, sse_response


def make_broker() -> Broker | None:
    if "BROKER" not in os.environ:
        return None
    return LogBroker(open_log(os.environ["BROKER"], Path(os.environ["BUS"])))


app = Quart(__name__)
app.config["EVENTS_SHORTCUT"] = os.environ.get("THROUGH_ASGI") != "1"
events = Events(app, broker=make_broker())


async def emit(context: str, item: dict[str, Any]) -> None:
    await events.manager.emit_event(context, "progress", item)


@app.before_serving
async def begin() -> None:
    collect_rarely()


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
