"""What is refused of passkeys: each answer tells as little as the others."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Scope
from tests.accounts.authenticator import Authenticator
from tests.web.accounts.passkeys.browser import ORIGIN, browser_of, is_refused
from tests.web.accounts.people import (
    OPERATOR,
    Person,
    accounts_of,
    make_token,
)


async def test_an_answer_that_was_seen_is_worth_nothing(
    client: Client, user: Person, key: Authenticator
) -> None:
    browser = browser_of(client)
    begun = await browser.begin("/api/passkeys/sign-in/challenge")
    sent = {"challengeId": begun["challengeId"], "credential": key.get(begun["options"])}
    # Another browser has seen all of it, but not the cookie.
    assert await is_refused(await browser_of(client).post("/api/passkeys/sign-in", sent))
    planted = browser_of(client)
    await planted.begin("/api/passkeys/sign-in/challenge")
    assert await is_refused(await planted.post("/api/passkeys/sign-in", sent))
    assert (await browser.post("/api/passkeys/sign-in", sent)).status_code == 200
    assert await is_refused(await browser.post("/api/passkeys/sign-in", sent))


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example:8000",
        "http://localhost:8001",
        "https://localhost:8000",
        "http://localhost.evil.example:8000",
        "",
    ],
)
async def test_what_was_signed_for_a_page_elsewhere_is_refused(
    client: Client, user: Person, key: Authenticator, origin: str
) -> None:
    key._origin = origin
    assert await is_refused(await browser_of(client).come(key))
    response = await browser_of(client, user).add(Authenticator(origin))
    assert await is_refused(response, 422, "invalid_input")


async def test_what_was_signed_for_another_site_is_refused(
    client: Client, user: Person, key: Authenticator
) -> None:
    browser = browser_of(client)
    begun = await browser.begin("/api/passkeys/sign-in/challenge")
    assert begun["options"]["rpId"] == "localhost"
    for party in ("evil.example", "host", "127.0.0.1"):
        begun = await browser.begin("/api/passkeys/sign-in/challenge")
        credential = key.get({**begun["options"], "rpId": party})
        sent = {"challengeId": begun["challengeId"], "credential": credential}
        assert await is_refused(await browser.post("/api/passkeys/sign-in", sent))


async def test_a_copy_a_removed_and_an_unknown_key_are_told_alike(
    app: Quart, client: Client, user: Person, key: Authenticator
) -> None:
    assert (await browser_of(client).come(key)).status_code == 200
    key.count = 0
    told = [
        await browser_of(client).come(key),
        await browser_of(client).come(Authenticator(ORIGIN)),
    ]
    (passkey,) = await accounts_of(app).passkeys.list(user.id)
    key.count = 9
    await accounts_of(app).users.disable(OPERATOR, user.id)
    told.append(await browser_of(client).come(key))
    await accounts_of(app).users.enable(OPERATOR, user.id)
    assert (await browser_of(client).come(key)).status_code == 200
    await accounts_of(app).passkeys.remove(OPERATOR, user.id, passkey.id)
    told.append(await browser_of(client).come(key))
    assert {response.status_code for response in told} == {401}
    assert len({await response.get_data(as_text=True) for response in told}) == 1


async def test_a_key_that_has_not_seen_its_user_is_refused(client: Client, user: Person) -> None:
    lazy = Authenticator(ORIGIN, verifies=False)
    response = await browser_of(client, user).add(lazy)
    assert await is_refused(response, 422, "invalid_input")


async def test_a_challenge_of_one_user_is_none_of_another_s(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    browser, key = browser_of(client, user), Authenticator(ORIGIN)
    begun = await browser.begin("/api/passkeys/challenge")
    sent = {"challengeId": begun["challengeId"], "credential": key.create(begun["options"])}
    browser.cookies["__Host-session"] = admin.secret
    assert await is_refused(await browser.post("/api/passkeys", sent), 422, "invalid_input")
    assert await accounts_of(app).passkeys.list(admin.id) == []


async def test_a_program_adds_no_passkey(app: Quart, client: Client, user: Person) -> None:
    """A token that leaked would let in for good."""
    token = await make_token(app, user, Scope.WRITE)
    for path in ("/api/passkeys/challenge", "/api/passkeys"):
        body = {"challengeId": "0" * 32, "credential": {}}
        response = await client.post(path, json=body, headers=token)
        assert await is_refused(response, 403, "forbidden")


async def test_a_page_of_another_site_begins_nothing(client: Client, user: Person) -> None:
    browser = browser_of(client, user)
    browser.headers["Origin"] = "https://evil.example"
    for path in ("challenge", "sign-in/challenge", "sign-in"):
        assert (await browser.post(f"/api/passkeys/{path}")).status_code == 403


@pytest.mark.parametrize("body", [None, [], {}, {"challengeId": "x", "credential": {}}])
async def test_a_body_that_can_t_be_read_is_told_of(
    client: Client, user: Person, body: Any
) -> None:
    for path in ("/api/passkeys", "/api/passkeys/sign-in"):
        response = await browser_of(client, user).post(path, body)
        assert response.status_code in (415, 422)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000"])
async def test_an_address_without_a_name_has_no_passkeys(
    client: Client, user: Person, host: str
) -> None:
    browser = browser_of(client, user)
    browser.headers |= {"Host": host, "Origin": f"http://{host}"}
    for path in ("challenge", "sign-in/challenge"):
        response = await browser.post(f"/api/passkeys/{path}")
        assert await is_refused(response, 422, "invalid_input")
        assert "host name" in (await response.get_json())["error"]["message"]
    first = await client.get("/", headers={**user.headers, "Host": host})
    assert "passkeys/decline" not in await first.get_data(as_text=True)
