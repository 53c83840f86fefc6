"""A route and an emitter written against the queue API, as published for FastAPI, run as they are.

Only what surrounds them is of this test: where modules are imported from, the router, and the
chat's database behind ``interfaceDbChat``. (Quotes nested in an f-string differ, too: Python 3.11
does not read them.)
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx2
import orjson
import pytest
from quart import Quart, Response, request

from quart_chat.events.quart import Events, get_event_manager
from quart_chat.events.sse import StreamParser
from tests.events.serving import served
from tests.waiting import until


@dataclass
class StoredMessage:
    id: str
    content: str

    def dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Workflow:
    id: str


@dataclass
class ChatDatabase:
    items: list[dict[str, Any]] = field(default_factory=list)

    def createMessage(self, data: dict[str, Any]) -> StoredMessage:  # noqa: N802
        message = StoredMessage(**data)
        self.items.append(chat_data(message))
        return message

    def getUnifiedChatData(self, workflow_id: str, _: None) -> dict[str, Any]:  # noqa: N802
        return {"items": list(self.items), "workflowId": workflow_id}


def chat_data(message: StoredMessage) -> dict[str, Any]:
    return {"type": "message", "createdAt": 1.0, "item": message.dict()}


def StreamingResponse(  # noqa: N802
    content: AsyncIterator[str], media_type: str, headers: dict[str, str]
) -> Response:
    response = Response(content, content_type=media_type, headers=headers)
    response.timeout = None
    return response


interfaceDbChat = ChatDatabase()  # noqa: N816


async def emitting_code(workflowId: str) -> None:  # noqa: N803
    """The emitting code as published, its waiting for a model aside."""
    event_manager = get_event_manager()
    message_timestamp = time.time()
    assistantMessage = interfaceDbChat.createMessage({"id": "m2", "content": "An answer"})  # noqa: N806
    # Emit event immediately
    await event_manager.emit_event(
        context_id=workflowId,
        event_type="chatdata",
        data={
            "type": "message",
            "createdAt": message_timestamp,
            "item": assistantMessage.dict(),
        },
        event_category="chat",
    )
    # When workflow completes
    await event_manager.emit_event(
        context_id=workflowId,
        event_type="complete",
        data={"workflowId": workflowId},
        event_category="workflow",
        message="Chatbot-Verarbeitung abgeschlossen",
        step="complete",
    )


async def stream_chatbot_start(workflow: Workflow) -> Response:
    """The route as published."""
    event_manager = get_event_manager()
    # Get or create event queue
    queue = event_manager.get_queue(workflow.id) or event_manager.create_queue(workflow.id)

    async def event_stream() -> AsyncIterator[str]:
        """Pure event-driven streaming (no database polling)"""
        # 1. Send initial chat data once (from database)
        chatData = interfaceDbChat.getUnifiedChatData(workflow.id, None)  # noqa: N806
        if chatData.get("items"):
            for item in chatData["items"]:
                yield f"data: {json.dumps(item)}\n\n"
        # 2. Stream events from queue (event-driven)
        while True:
            try:
                # Get event from queue (blocks until event available)
                event = await asyncio.wait_for(queue.get(), timeout=1.0)
                # Handle event types
                if event["type"] == "chatdata":
                    yield f"data: {json.dumps(event['data'])}\n\n"
                elif event["type"] == "complete":
                    break  # Close stream
                # ... other event types
            except asyncio.TimeoutError:  # noqa: UP041 - as published
                # Send keepalive every 30 seconds
                yield ": keepalive\n\n"
                continue

    return StreamingResponse(
        event_stream(),
        media_type="text/event-stream",
        headers={
            "Cache-Control": "no-cache",
            "Connection": "keep-alive",
            "X-Accel-Buffering": "no",
        },
    )


LAST_WORDS = chat_data(StoredMessage("m2", "Last words"))


def waiting_readers(events: Events) -> int:
    log = events.manager.log("w1")
    return 0 if log is None else len(log.subscribers)


def make_app() -> tuple[Quart, Events]:
    """An app with the route, and a chat that has a question."""
    app = Quart(__name__)
    events = Events(app)
    interfaceDbChat.items.clear()
    interfaceDbChat.createMessage({"id": "m1", "content": "A question"})

    @app.post("/api/chatbot/start/stream")
    async def route() -> Response:
        return await stream_chatbot_start(Workflow(request.args["workflowId"]))

    return app, events


def contents(body: bytes) -> list[str]:
    return [orjson.loads(frame.data)["item"]["content"] for frame in StreamParser().feed(body)]


@pytest.mark.parametrize("readers", [1, 2])
async def test_the_published_route_streams_what_the_published_code_emits(readers: int) -> None:
    app, events = make_app()

    async def read() -> list[str]:
        response = await app.test_client().post("/api/chatbot/start/stream?workflowId=w1")
        return contents(await response.get_data(as_text=False))

    async with app.test_app(), app.app_context():
        get_event_manager().create_queue("w1")
        reading = [asyncio.create_task(read()) for _ in range(readers)]
        await until(lambda: waiting_readers(events) == readers)
        await emitting_code("w1")
        for read_contents in await asyncio.gather(*reading):
            assert read_contents == ["A question", "An answer"]


async def test_the_published_route_ends_when_the_server_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, events = make_app()

    async def read(http: httpx2.AsyncClient, url: str) -> list[str]:
        response = await http.post(f"{url}/api/chatbot/start/stream?workflowId=w1", timeout=60)
        return contents(response.content)

    async def say_last_words() -> None:
        await events.manager.emit_event("w1", "chatdata", LAST_WORDS, "chat")

    events.on_drain(say_last_words)
    async with asyncio.timeout(60), httpx2.AsyncClient() as http:
        async with served(app, events.begin_shutdown) as url:
            reading = asyncio.create_task(read(http, url))
            await until(lambda: waiting_readers(events) == 1)
        assert await reading == ["A question", "Last words"]
    assert not caplog.records
