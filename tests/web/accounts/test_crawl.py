"""Walks every route as those who may not: each is refused, and told nothing of what is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Actor, Role, Scope
from quart_chat.web.auth.public import is_public
from tests.accounts.authenticator import Authenticator
from tests.accounts.passkeys.parts import SITE, register
from tests.web.accounts.people import (
    HOST,
    OPERATOR,
    Person,
    accounts_of,
    add_person,
    make_token,
    team_app,
)
from tests.web.accounts.routes import PUBLIC, Ask, all_routes
from tests.web.streams import parse
from tests.web.test_documents import FORM, form

MARK = "xylophone"
"""A word that is in all that the owner has, and nowhere else."""

SCRIPT = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}
VISIT = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

STREAMS = {"streams.page_stream", "doctor.probe_stream", "live_api.stream_figures"}
"""Streams that name nothing, which are open for as long as they are read."""

FOR_ADMINISTRATORS = (
    *("users.", "administration.", "activity.", "live.", "live_api."),
    "activity_api.list_activity",
)
"""How the names of what is for administrators alone begin."""

ENDS = {
    *("account.sign_out_everywhere", "connection.sign_in_again"),
    *("all_workflows.delete_all_workflows", "settings.delete_all"),
}
"""What is asked for last, as it ends what the others need."""


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    """The app with every way in that has routes."""
    return team_app(
        tmp_path / "instance",
        QUART_CHAT_AUTH="accounts,oidc",
        QUART_CHAT_OIDC_ISSUER="https://id.example.org",
        QUART_CHAT_OIDC_CLIENT_ID="chat",
        QUART_CHAT_OIDC_USERS="all",
    )


@dataclass
class Owner:
    """A user with one of everything, and where it is."""

    person: Person
    places: dict[str, str]


@pytest.fixture
async def owner(app: Quart, client: Client, admin: Person) -> AsyncIterator[Owner]:
    headers = {**admin.headers, "Origin": "http://localhost:8000"}
    accounts = accounts_of(app)
    chat = app.extensions["quart_chat"].chat

    async def send(method: str, path: str, **body: Any) -> Any:
        response = await client.open(path, method=method, headers=headers, **body)
        assert response.status_code < 300, (path, await response.get_data(as_text=True))
        return await response.get_json(silent=True)

    async def begin(prompt: str) -> str:
        asked = {"prompt": prompt, "assistant": "slow"}
        sent = {**headers, "Content-Type": "application/json"}
        async with client.request("/api/chatbot/start/stream", method="POST", headers=sent) as to:
            await to.send(orjson.dumps(asked))
            await to.send_complete()
            await to.receive()
            await to.disconnect()
        (newest, *_rest) = (await send("GET", "/api/chatbot/workflows"))["workflows"]
        found: str = newest["id"]
        return found

    workflow_id = await begin("wait")
    await send("PATCH", f"/api/chatbot/workflows/{workflow_id}", json={"title": f"The {MARK}"})
    queued = await send("POST", f"/api/chatbot/{workflow_id}/queue", json={"prompt": f"A {MARK}"})
    share = await send("POST", f"/api/chatbot/workflows/{workflow_id}/share")
    uploaded = await client.post(
        "/api/documents",
        data=form((f"{MARK}.txt", f"The {MARK} has wooden bars.".encode())),
        headers={**headers, **FORM},
    )
    document = (await uploaded.get_json())["documents"][0]
    told = await client.get(f"/api/events/document:{document['id']}", headers=headers)
    assert parse(await told.get_data(as_text=False))[-1]["type"] == "complete"
    preset = await send(
        "POST",
        "/api/settings/presets",
        json={"name": MARK, "parameters": {"temperature": 0.5}},
    )
    token = await accounts.tokens.create(Actor(admin.id), admin.id, MARK, Scope.READ)
    invite = await accounts.invites.create(Actor(admin.id))
    (session, *_others) = await accounts.sessions.list(admin.id)
    passkey = await register(accounts, Authenticator(SITE.origin), MARK, admin.id)
    yield Owner(
        admin,
        {
            "workflow_id": workflow_id,
            "prompt_id": queued["queued"]["id"],
            "document_id": document["id"],
            "preset_id": _preset_id(preset),
            "token": share["token"],
            "context_id": workflow_id,
            "number": "1",
            "filename": "css/styles.css",
            "version": "0",
            "place": "tutorial",
            "secret": invite.secret,
            "ended": session.id,
            "token_id": token.token.id,
            "invite_id": invite.invite.id,
            "target_id": admin.id,
            "passkey_id": passkey.id,
        },
    )
    await chat.stop(admin.id, workflow_id)


def _preset_id(answer: Any) -> str:
    presets = answer.get("presets", [answer])
    found: str = presets[-1]["id"]
    return found


async def ask(client: Client, request: Ask, headers: dict[str, str]) -> tuple[Any, str]:
    """The response, and its body; of a stream that stays open, what it begins with."""
    sent = {**HOST, **headers}
    if request.endpoint not in STREAMS:
        response = await client.open(
            request.path, method=request.method, headers=sent, **request.body
        )
        return response, (await response.get_data(as_text=False)).decode(errors="replace")
    async with client.request(request.path, method=request.method, headers=sent) as stream:
        await stream.send_complete()
        first = await stream.receive()
        await stream.disconnect()
    return stream, first.decode()


def of_others(app: Quart, owner: Owner) -> list[Ask]:
    """Every route that is not for everyone; those that end something come last."""
    routes = [route for route in all_routes(app, owner.places) if route.endpoint not in PUBLIC]
    assert len(routes) > 80
    return sorted(routes, key=lambda route: route.endpoint in ENDS)


def says_nothing(body: str, owner: Owner) -> bool:
    ids = {owner.places[name] for name in ("prompt_id", "document_id", "preset_id", "token")}
    return MARK not in body and not any(each in body for each in ids)


async def test_what_is_public_is_what_the_list_says(app: Quart, client: Client) -> None:
    marked = {name for name, view in app.view_functions.items() if is_public(view)}
    assert marked == PUBLIC


async def check_nobody(client: Client, routes: list[Ask], owner: Owner, shown: Any) -> None:
    for request in routes:
        response, body = await ask(client, request, {**SCRIPT, **shown})
        assert response.status_code == 401, request
        assert "unauthenticated" in body, request
        assert says_nothing(body, owner), request
        if request.is_operation or request.path.startswith("/api/"):
            continue
        response, body = await ask(client, request, {**VISIT, **shown})
        assert response.status_code == 303, request
        assert response.headers["Location"].startswith("/sign-in"), request
        assert says_nothing(unquote(body).replace(request.path, ""), owner), request


@pytest.mark.timeout(300)
async def test_nobody_is_let_in_anywhere(app: Quart, client: Client, owner: Owner) -> None:
    await check_nobody(client, of_others(app, owner), owner, {})


@pytest.mark.timeout(300)
async def test_a_disabled_user_is_let_in_nowhere(app: Quart, client: Client, owner: Owner) -> None:
    other = await add_person(app, "Carla")
    await accounts_of(app).users.disable(OPERATOR, other.id)
    shown = {"Cookie": other.headers["Cookie"]}
    await check_nobody(client, of_others(app, owner), owner, shown)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("by", ["session", "token"])
async def test_another_user_reaches_nothing_of_the_owner(
    app: Quart, client: Client, owner: Owner, by: str
) -> None:
    other = await add_person(app, "Berta")
    before = await snapshot(app, owner)
    shown = other.headers if by == "session" else await make_token(app, other, Scope.WRITE)
    for request in of_others(app, owner):
        if by == "token" and not request.is_operation and request.endpoint != "openapi":
            continue
        response, body = await ask(client, request, {**SCRIPT, **shown})
        named = set(request.names) - {"place", "number"}
        if named or request.endpoint.startswith(FOR_ADMINISTRATORS):
            assert response.status_code in (403, 404), (str(request), response.status_code, body)
        # The provider of this app is not there.
        is_away = request.endpoint == "connection.begin_connection"
        assert response.status_code < 500 or is_away, request
        assert says_nothing(body, owner), (str(request), body)
    assert await snapshot(app, owner) == before


async def snapshot(app: Quart, owner: Owner) -> Any:
    """All that the owner has, but for when they were last seen, which is stored a moment later."""
    services = app.extensions["quart_chat"]
    chat = await services.chat.snapshot(owner.person.id, owner.places["workflow_id"])
    return (
        [item for _seq, item in chat.items],
        [document.id for document in await services.documents.documents(owner.person.id)],
        await services.chat.preferences.read(owner.person.id),
        replace(await services.accounts.users.get(owner.person.id), seen_at=None),
        await services.accounts.passkeys.list(owner.person.id),
        len(await services.accounts.tokens.list(owner.person.id)),
        len(await services.accounts.invites.list()),
    )


@pytest.mark.timeout(300)
async def test_what_is_named_beside_the_path_is_guarded_too(
    app: Quart, client: Client, owner: Owner
) -> None:
    """Ids in queries and bodies, searches, and contexts of every kind."""
    other = await add_person(app, "Berta")
    chat, document = owner.places["workflow_id"], owner.places["document_id"]
    refused: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"/api/stream?workflowId={chat}", {}),
        ("GET", f"/api/events/user:{owner.person.id}", {}),
        ("GET", f"/api/events/document:{document}", {}),
        ("GET", f"/api/events/share:{owner.places['token']}", {}),
        ("GET", "/api/events/cluster:", {}),
        ("POST", "/api/chatbot/start/stream", {"json": {"prompt": "a", "workflowId": chat}}),
        ("POST", f"/api/chatbot/start/stream?workflowId={chat}", {"json": {"prompt": "a"}}),
        ("POST", "/api/chatbot/start/stream", {"json": {"prompt": "a", "documentIds": [document]}}),
        ("POST", "/chat", {"form": {"prompt": "a", "documentIds": document}}),
    ]
    for method, path, body in refused:
        response = await client.open(path, method=method, headers=other.headers, **body)
        text = await response.get_data(as_text=True)
        assert response.status_code == 404, (path, text)
        assert says_nothing(text, owner), path
    for path in (
        f"/?document={document}",
        f"/?q={MARK}",
        f"/?deleted={chat}",
        f"/api/chatbot/workflows?q={MARK[:-1]}",
        "/documents",
        "/settings",
    ):
        response = await client.get(path, headers=other.headers)
        text = (await response.get_data(as_text=True)).replace(f'value="{MARK}"', "")
        assert MARK not in text.replace(f"“{MARK}”", "").replace(f"q={MARK}", ""), path


async def test_the_librarian_quotes_nothing_of_others(
    app: Quart, client: Client, owner: Owner
) -> None:
    other = await add_person(app, "Berta")
    response = await client.post(
        "/api/chatbot/start/stream",
        json={"prompt": "What has wooden bars?", "assistant": "librarian"},
        headers=other.headers,
    )
    assert response.status_code == 200
    assert says_nothing(await response.get_data(as_text=True), owner)


@pytest.mark.timeout(300)
async def test_a_read_only_token_changes_nothing_and_opens_no_page(
    app: Quart, client: Client, owner: Owner
) -> None:
    token = await make_token(app, owner.person)
    before = await snapshot(app, owner)
    read = 0
    for request in of_others(app, owner):
        if request.endpoint in STREAMS or request.endpoint.endswith(("_events", "stream_chat")):
            continue  # these it may read; see the test of tokens
        response, body = await ask(client, request, token)
        if request.method == "GET" and (request.is_operation or request.endpoint == "openapi"):
            assert response.status_code in (200, 404), (str(request), body)
            read += response.status_code == 200
            continue
        assert response.status_code == 403, (str(request), response.status_code)
        assert says_nothing(body, owner), request
    assert read > 5
    assert await snapshot(app, owner) == before


async def test_administrators_see_nothing_of_others_chats(
    app: Quart, client: Client, owner: Owner
) -> None:
    other = await add_person(app, "Dora", Role.ADMIN)
    for path in (
        f"/chat/{owner.places['workflow_id']}",
        f"/api/chatbot/workflows/{owner.places['workflow_id']}",
        f"/documents/{owner.places['document_id']}",
    ):
        response = await client.get(path, headers=other.headers)
        assert response.status_code == 404
        assert says_nothing(await response.get_data(as_text=True), owner)


async def test_a_link_that_is_shared_is_read_by_anyone(client: Client, owner: Owner) -> None:
    response = await client.get(f"/shared/{owner.places['token']}", headers=HOST)
    assert response.status_code == 200
    assert MARK in await response.get_data(as_text=True)


async def test_no_one_but_an_administrator_stops_what_they_know_the_id_of(
    app: Quart, client: Client, owner: Owner
) -> None:
    """The page names the round in its form, not in its address."""
    other = await add_person(app, "Berta")
    token = await make_token(app, owner.person, Scope.WRITE)
    before = await snapshot(app, owner)
    form = {"workflow_id": owner.places["workflow_id"], "round": "1"}
    for shown in ({}, other.headers, token):
        sent = {**HOST, **SCRIPT, **shown}
        response = await client.post("/admin/live/stop", form=form, headers=sent)
        assert response.status_code in (401, 403)
    assert await snapshot(app, owner) == before
