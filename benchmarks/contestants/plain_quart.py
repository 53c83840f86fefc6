"""The plain pattern on Quart: a queue for each reader, and a json.dumps for each event of each."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from typing import Any

from quart import Quart, Response, request

from benchmarks.emission import Plan, make_event, make_item, run

app = Quart(__name__)
readers: defaultdict[str, set[asyncio.Queue[dict[str, Any]]]] = defaultdict(set)


async def emit(context: str, item: dict[str, Any]) -> None:
    event = make_event(item)
    for queue in readers[context]:
        queue.put_nowait(event)


def respond(context: str, first: dict[str, Any] | None = None) -> Response:
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    readers[context].add(queue)
    if first is not None:
        queue.put_nowait(make_event(first))

    async def frames() -> AsyncGenerator[str, None]:
        try:
            while True:
                event = await queue.get()
                yield f"id: {event['item']['n']}\ndata: {json.dumps(event)}\n\n"
        finally:
            readers[context].discard(queue)

    response = Response(frames(), content_type="text/event-stream")
    response.timeout = None
    return response


@app.get("/stream/<context>")
async def stream(context: str) -> Response:
    return respond(context)


@app.get("/start/<context>")
async def start(context: str) -> Response:
    return respond(context, make_item(0))


@app.post("/emit")
async def start_emission() -> str:
    app.add_background_task(run, Plan.parse(request.args), emit)
    return ""
