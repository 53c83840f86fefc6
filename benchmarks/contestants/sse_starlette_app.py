"""Starlette with sse-starlette, as its documentation shows it: a queue for each reader.

``ENCODE_ONCE=1`` makes it the kinder variant: an event is encoded once for all its readers.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import AsyncGenerator
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from benchmarks.emission import Plan, make_event, make_item, run

ENCODE_ONCE = os.environ.get("ENCODE_ONCE") == "1"

readers: defaultdict[str, set[asyncio.Queue[Any]]] = defaultdict(set)
emissions: set[asyncio.Task[None]] = set()


def prepare(item: dict[str, Any]) -> Any:
    event = make_event(item)
    if ENCODE_ONCE:
        return f"id: {item['n']}\r\ndata: {json.dumps(event)}\r\n\r\n".encode()
    return event


async def emit(context: str, item: dict[str, Any]) -> None:
    event = prepare(item)
    for queue in readers[context]:
        queue.put_nowait(event)


async def follow(context: str, queue: asyncio.Queue[Any]) -> AsyncGenerator[Any, None]:
    try:
        while True:
            event = await queue.get()
            if ENCODE_ONCE:
                yield event
            else:
                yield {"id": str(event["item"]["n"]), "data": json.dumps(event)}
    finally:
        readers[context].discard(queue)


def respond(context: str, first: dict[str, Any] | None = None) -> EventSourceResponse:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    readers[context].add(queue)
    if first is not None:
        queue.put_nowait(prepare(first))
    return EventSourceResponse(follow(context, queue))


async def stream(request: Request) -> EventSourceResponse:
    return respond(request.path_params["context"])


async def start(request: Request) -> EventSourceResponse:
    return respond(request.path_params["context"], make_item(0))


async def start_emission(request: Request) -> PlainTextResponse:
    emission = asyncio.create_task(run(Plan.parse(request.query_params), emit))
    emissions.add(emission)
    emission.add_done_callback(emissions.discard)
    return PlainTextResponse("")


app = Starlette(
    routes=[
        Route("/stream/{context}", stream),
        Route("/start/{context}", start),
        Route("/emit", start_emission, methods=["POST"]),
    ]
)
