"""Streams end with what they were opened by, on every node, and say why."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Actor, Scope
from quart_chat.errors import NotFound
from quart_chat.events.sse import StreamParser
from tests.server import Server
from tests.web.accounts.people import (
    HOST,
    OPERATOR,
    PASSWORD,
    Person,
    accounts_of,
    make_token,
)
from tests.web.streams import open_stream
from tests.web.test_documents import FORM, form


async def end_of(stream: Any) -> dict[str, Any]:
    """Read a stream to its end, and return its last item."""
    last: dict[str, Any] = await stream.until("revoked")
    return last


@pytest.mark.parametrize("path", ["/api/stream", "/api/events/user:{id}"])
async def test_a_stream_ends_with_its_session(
    app: Quart, client: Client, user: Person, path: str
) -> None:
    accounts = accounts_of(app)
    (session,) = await accounts.sessions.list(user.id)
    async with open_stream(client, path.format(id=user.id), headers=user.headers) as stream:
        await stream.connection.receive()
        await accounts.sessions.revoke(Actor(user.id), user.id, session.id)
        assert (await end_of(stream))["item"] == {"reason": "revoked"}
    response = await client.get("/api/stream", headers=user.headers)
    assert response.status_code == 401  # an EventSource does not come back after that


async def test_other_sessions_of_the_user_go_on(app: Quart, client: Client, user: Person) -> None:
    accounts = accounts_of(app)
    (session,) = await accounts.sessions.list(user.id)
    token = await make_token(app, user, Scope.READ)
    async with open_stream(client, "/api/stream", headers=token) as stream:
        await stream.until("pulse")
        await accounts.sessions.revoke(Actor(user.id), user.id, session.id)
        written = await client.post(
            "/api/chatbot/start/stream",
            json={"prompt": "Hello", "assistant": "slow"},
            headers=await make_token(app, user, Scope.WRITE),
        )
        assert written.status_code == 200
        await written.get_data(as_text=False)
        await stream.until("workflow")


async def test_a_stream_ends_with_its_token(app: Quart, client: Client, user: Person) -> None:
    accounts = accounts_of(app)
    token = await make_token(app, user)
    (made,) = await accounts.tokens.list(user.id)
    async with open_stream(client, "/api/stream", headers=token) as stream:
        await stream.until("pulse")
        await accounts.tokens.revoke(Actor(user.id), user.id, made.id)
        assert (await end_of(stream))["item"] == {"reason": "revoked"}
    assert (await client.get("/api/settings", headers=token)).status_code == 401


async def test_a_stream_ends_with_the_time_of_its_token(
    app: Quart, client: Client, user: Person
) -> None:
    accounts = accounts_of(app)
    new = await accounts.tokens.create(
        Actor(user.id), user.id, "brief", Scope.READ, time.time() + 1.5
    )
    headers = {**HOST, "Authorization": f"Bearer {new.secret}"}
    async with open_stream(client, "/api/stream", headers=headers) as stream:
        assert (await end_of(stream))["item"] == {"reason": "expired"}


async def test_an_upload_ends_with_the_user(app: Quart, client: Client, user: Person) -> None:
    documents = app.extensions["quart_chat"].documents
    token = await make_token(app, user, Scope.WRITE)
    before, after = form(("first.txt", b"One."), ("second.txt", b"Two.")).split(b"Two.")
    headers = {**token, **FORM}
    async with client.request("/api/documents", method="POST", headers=headers) as connection:
        await connection.send(before)
        while not await documents.documents(user.id):  # noqa: ASYNC110 - storing tells nothing
            await asyncio.sleep(0.001)
        await accounts_of(app).users.disable(OPERATOR, user.id)
        await connection.send(b"Two." + after)
        await connection.send_complete()
    told = await (await connection.as_response()).get_json()
    (refused,) = told["refused"]
    assert (refused["name"], refused["error"]["code"]) == ("second.txt", "unauthenticated")
    assert [document.name for document in await documents.documents(user.id)] == ["first.txt"]


@pytest.mark.parametrize(("change", "reason"), [("disable", "disabled"), ("delete", "deleted")])
async def test_every_stream_ends_with_the_user(
    app: Quart, client: Client, user: Person, change: str, reason: str
) -> None:
    accounts = accounts_of(app)
    token = await make_token(app, user)
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(open_stream(client, "/api/stream", headers=headers))
            for headers in (user.headers, token)
        ]
        for stream in streams:
            await stream.until("pulse")
        await getattr(accounts.users, change)(OPERATOR, user.id)
        for stream in streams:
            assert (await end_of(stream))["item"] == {"reason": reason}


async def test_nothing_follows_the_end(app: Quart, client: Client, user: Person) -> None:
    """What was emitted, and is still to be read, is not sent any more."""
    accounts = accounts_of(app)
    events = app.extensions["quart_chat.events"].manager
    async with open_stream(client, f"/api/events/user:{user.id}", headers=user.headers) as stream:
        await events.emit_event(f"user:{user.id}", "status", {"number": 1})
        await stream.until("status")
        await asyncio.gather(
            accounts.users.disable(OPERATOR, user.id),
            *(
                events.emit_event(f"user:{user.id}", "status", {"number": number})
                for number in range(2, 50)
            ),
        )
        await end_of(stream)
        assert stream.items[-1]["type"] == "revoked"


async def test_a_stream_that_opens_while_its_session_ends_is_ended(
    app: Quart, client: Client, user: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the session and the stream, the database is asked once more."""
    services = app.extensions["quart_chat"]
    check = services.policies.check

    async def check_slowly(user_id: str, context_id: str) -> None:
        await check(user_id, context_id)
        await services.accounts.users.disable(OPERATOR, user.id)

    monkeypatch.setattr(services.policies, "check", check_slowly)
    path = f"/api/events/user:{user.id}"
    async with open_stream(client, path, headers=user.headers) as stream:
        assert (await end_of(stream))["item"] == {"reason": "disabled"}
        assert [item["type"] for item in stream.items] == ["revoked"]


async def test_deleting_a_user_ends_rounds_and_erases_all(
    app: Quart, client: Client, user: Person
) -> None:
    services = app.extensions["quart_chat"]
    token = await make_token(app, user, Scope.WRITE)
    sent = {"prompt": "wait", "assistant": "slow"}
    async with open_stream(client, "/api/chatbot/start/stream", json=sent, headers=token) as stream:
        workflow = await stream.until("workflow")
        await stream.until("log")
        await services.accounts.users.delete(OPERATOR, user.id)
        await end_of(stream)
    await services.accounts.settle()
    assert await services.chat.deletions.count(user.id) == 0
    with pytest.raises(NotFound):
        await services.chat.workflow(user.id, workflow["item"]["id"])


# Two nodes for real


@asynccontextmanager
async def two_nodes(
    start_server: Callable[..., Server], tmp_path: Path
) -> AsyncIterator[tuple[Server, Server]]:
    env = {"QUART_CHAT_AUTH": "accounts", "QUART_CHAT_BROKER": "bus"}
    instance = tmp_path / "shared"
    yield (
        start_server(instance=instance, env=env),
        start_server(instance=instance, env=env),
    )


async def set_up(first: Server) -> dict[str, str]:
    """Become the administrator by the link that the server has printed; returns the cookie."""
    link = re.search(r"(/set-up/\S+)", "".join(first.output))
    assert link is not None, first.output
    async with httpx2.AsyncClient(base_url=first.url) as client:
        form = {"name": "Ada", "password": PASSWORD, "again": PASSWORD}
        response = await client.post(link[1], data=form)
        assert response.status_code == 303, response.text
        cookies: SimpleCookie = SimpleCookie()
        for line in response.headers.get_list("set-cookie"):
            cookies.load(line)
        return {"Cookie": f"__Host-session={cookies['__Host-session'].value}"}


@pytest.mark.timeout(120)
async def test_what_one_node_revokes_ends_on_the_other(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    async with (
        two_nodes(start_server, tmp_path) as (first, second),
        httpx2.AsyncClient(base_url=first.url) as here,
        httpx2.AsyncClient(base_url=second.url, timeout=60) as there,
    ):
        assert "/set-up/" not in "".join(second.output)
        admin = await set_up(first)
        async with there.stream("GET", "/api/stream", headers=admin) as stream:
            assert stream.status_code == 200
            parser = StreamParser()
            items: list[dict[str, Any]] = []
            chunks = stream.aiter_bytes()
            while not any(item["type"] == "pulse" for item in items):
                items += [orjson.loads(f.data) for f in parser.feed(await anext(chunks))]
            response = await here.post("/settings/account/sessions/revoke-all", headers=admin)
            assert response.status_code == 303
            async for chunk in chunks:
                items += [orjson.loads(frame.data) for frame in parser.feed(chunk)]
        assert items[-1]["type"] == "revoked"
        for client in (here, there):
            assert (await client.get("/api/settings", headers=admin)).status_code == 401
