"""What is usually written by hand: a subscription to a channel of Redis for each stream.

An event is published once and encoded once. What is published while a reader is not subscribed is
lost to it.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from typing import Any

from redis.asyncio import Redis
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from benchmarks.emission import Plan, make_event, run

# Each stream holds a connection, and the client makes no more than 100 unless it is told to.
redis = Redis.from_url(os.environ["REDIS"], max_connections=10_000)
emissions: set[asyncio.Task[None]] = set()


async def emit(context: str, item: dict[str, Any]) -> None:
    await redis.publish(context, json.dumps(make_event(item)))


async def follow(context: str) -> AsyncGenerator[dict[str, str], None]:
    async with redis.pubsub() as pubsub:
        await pubsub.subscribe(context)
        async for message in pubsub.listen():
            if message["type"] == "message":
                yield {"data": message["data"].decode()}


async def stream(request: Request) -> EventSourceResponse:
    return EventSourceResponse(follow(request.path_params["context"]))


async def start_emission(request: Request) -> PlainTextResponse:
    emission = asyncio.create_task(run(Plan.parse(request.query_params), emit))
    emissions.add(emission)
    emission.add_done_callback(emissions.discard)
    return PlainTextResponse("")


app = Starlette(
    routes=[
        Route("/stream/{context}", stream),
        Route("/emit", start_emission, methods=["POST"]),
    ]
)
