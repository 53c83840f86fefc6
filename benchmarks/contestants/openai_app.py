"""Starlette with sse-starlette and the openai package, as their documentation shows them.

It stores nothing, keeps nothing for who comes back, and ends with its client.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

from openai import AsyncOpenAI
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

client = AsyncOpenAI()  # OPENAI_BASE_URL and OPENAI_API_KEY are in the environment


async def answer(prompt: str, model: str) -> AsyncGenerator[dict[str, str], None]:
    chunks = await client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": prompt}],
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in chunks:
        if chunk.choices and (text := chunk.choices[0].delta.content):
            yield {"data": json.dumps({"type": "delta", "item": {"text": text}})}
    yield {"data": json.dumps({"type": "complete"})}


async def start(request: Request) -> EventSourceResponse:
    body = await request.json()
    return EventSourceResponse(answer(body["prompt"], body["model"]))


app = Starlette(routes=[Route("/api/chatbot/start/stream", start, methods=["POST"])])
