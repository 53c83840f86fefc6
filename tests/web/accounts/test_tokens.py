from __future__ import annotations

import re

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Scope
from tests.web.accounts.people import HOST, Person, accounts_of, make_token
from tests.web.streams import open_stream

TOKENS = "/settings/account/tokens"


async def test_a_token_is_made_on_the_page_shown_once_and_revoked(
    app: Quart, client: Client, user: Person
) -> None:
    form = {"name": "Backup", "scope": "write", "days": "30"}
    response = await client.post(TOKENS, form=form, headers=user.headers)
    page = await response.get_data(as_text=True)
    secret = re.search(r'value="(qc_[^"]+)"', page)
    assert secret is not None
    assert "Backup" in page
    again = await client.get("/settings/account", headers=user.headers)
    assert secret[1] not in await again.get_data(as_text=True)
    headers = {**HOST, "Authorization": f"Bearer {secret[1]}"}
    assert (await client.get("/api/settings", headers=headers)).status_code == 200
    (token,) = await accounts_of(app).tokens.list(user.id)
    response = await client.post(f"{TOKENS}/{token.id}/revoke", headers=user.headers)
    assert response.status_code == 303
    assert (await client.get("/api/settings", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"scope": "all"}, {"days": "soon"}, {"name": "x" * 500}]
)
async def test_a_token_that_can_t_be_made_says_why(
    client: Client, user: Person, wrong: dict[str, str]
) -> None:
    form = {"name": "Backup", "scope": "read", "days": "30", **wrong}
    response = await client.post(TOKENS, form=form, headers=user.headers)
    assert response.status_code == 422
    page = await response.get_data(as_text=True)
    assert 'id="token-refused"' in page
    assert "qc_" not in page


async def test_a_program_asks_from_anywhere_with_its_token_alone(
    app: Quart, client: Client, user: Person
) -> None:
    token = await make_token(app, user, Scope.WRITE)
    elsewhere = {**token, "Origin": "https://tools.example", "Sec-Fetch-Site": "cross-site"}
    response = await client.post(
        "/api/chatbot/start/stream",
        json={"prompt": "Hello", "assistant": "slow"},
        headers=elsewhere,
    )
    assert response.status_code == 200
    await response.get_data(as_text=False)
    listed = await client.get("/api/chatbot/workflows", headers=token)
    assert len((await listed.get_json())["workflows"]) == 1


async def test_a_cookie_lends_a_wrong_token_nothing(client: Client, user: Person) -> None:
    headers = {**user.headers, "Authorization": "Bearer qc_" + "a" * 43}
    assert (await client.get("/api/settings", headers=headers)).status_code == 401
    # Nor does a token free the cookie of the check of the origin.
    foreign = {**headers, "Origin": "https://evil.example"}
    response = await client.post("/api/chatbot/delete-all", headers=foreign)
    assert response.status_code == 401


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer qc_",
        "Basic qc_x",
        "qc_x",
        "Bearer  qc_é",
        "Bearer qc_" + "9" * 9000,
    ],
)
async def test_what_is_no_token_is_a_stranger_s(client: Client, user: Person, value: str) -> None:
    response = await client.get("/api/settings", headers={**HOST, "Authorization": value})
    assert response.status_code == 401


async def test_a_token_for_reading_reads_streams_and_changes_nothing(
    app: Quart, client: Client, user: Person
) -> None:
    token = await make_token(app, user, Scope.READ)
    async with open_stream(client, "/api/stream", headers=token) as stream:
        await stream.until("pulse")
    response = await client.post(
        "/api/chatbot/start/stream", json={"prompt": "Hello"}, headers=token
    )
    assert response.status_code == 403
    assert "read" in (await response.get_json())["error"]["message"]


async def test_the_document_declares_who_may_ask(app: Quart, client: Client, user: Person) -> None:
    response = await client.get("/openapi.json", headers=await make_token(app, user))
    document = await response.get_json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["security"] == [{"token": []}, {"session": []}]
    shared = document["paths"]["/api/shared/{token}/stream"]["get"]
    assert shared["security"] == []
    assert "401" not in shared["responses"]
    assert "401" in document["paths"]["/api/settings"]["get"]["responses"]
