"""Adding passkeys and signing in with them by the API, with a key in software."""

from __future__ import annotations

from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Role
from tests.accounts.authenticator import Authenticator
from tests.web.accounts.passkeys.browser import ORIGIN, Browser, browser_of
from tests.web.accounts.people import (
    Person,
    accounts_of,
    add_person,
    cookies_of,
    team_app,
)


async def test_a_passkey_is_added_and_signs_in_without_a_name(
    app: Quart, client: Client, user: Person
) -> None:
    key = Authenticator(ORIGIN)
    agent = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"
    browser = browser_of(client, user)
    browser.headers["User-Agent"] = agent
    response = await browser.add(key, name=" ")
    assert response.status_code == 201
    assert (await response.get_json())["name"] == "Firefox on Linux"
    stranger = browser_of(client)
    response = await stranger.come(key, next="/documents")
    assert response.status_code == 200
    assert await response.get_json() == {"next": "/documents"}
    assert (await client.get("/settings", headers=stranger.shown)).status_code == (200)
    (session,) = [
        each for each in await accounts_of(app).sessions.list(user.id) if each.method == "passkey"
    ]
    assert session.passkey_id == (await accounts_of(app).passkeys.list(user.id))[0].id


async def test_the_cookie_of_a_challenge_is_hidden_and_for_this_site_alone(
    client: Client, user: Person
) -> None:
    response = await browser_of(client).post("/api/passkeys/sign-in/challenge")
    cookie = cookies_of(response)["__Host-passkey"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Strict", "/", "")
    assert cookie["secure"]
    assert cookie["httponly"]


async def test_several_tabs_of_a_browser_wait_for_a_passkey(
    client: Client, user: Person, key: Authenticator
) -> None:
    browser = browser_of(client)
    first, _second = [await browser.begin("/api/passkeys/sign-in/challenge") for _ in range(2)]
    sent = {"challengeId": first["challengeId"], "credential": key.get(first["options"])}
    assert (await browser.post("/api/passkeys/sign-in", sent)).status_code == 200


async def test_a_sign_in_by_passkey_leads_to_no_other_server_and_renews_the_session(
    client: Client, admin: Person, user: Person, key: Authenticator
) -> None:
    browser = browser_of(client, admin)  # an attacker has planted a session
    response = await browser.come(key, next="https://evil.example/")
    assert await response.get_json() == {"next": "/"}
    assert browser.cookies["__Host-session"] not in (admin.secret, user.secret)
    assert (await client.get("/api/settings", headers=admin.headers)).status_code == 401


async def test_behind_a_proxy_the_origin_is_that_of_the_browser(tmp_path: Path) -> None:
    """The proxy ends TLS, so the request itself looks as if it were sent in the clear."""
    app = team_app(tmp_path / "instance", QUART_CHAT_ALLOWED_HOSTS="chat.example.org")
    async with app.test_app():
        client = app.test_client(use_cookies=False)
        ada = await add_person(app, "Ada", Role.ADMIN)
        site = {"Host": "chat.example.org", "Origin": "https://chat.example.org"}
        browser = Browser(client, site, {"__Host-session": ada.secret})
        key = Authenticator("https://chat.example.org")
        assert (await browser.add(key)).status_code == 201
        # Some programs between leave Origin out.
        stranger = Browser(client, {"Host": "chat.example.org"})
        assert (await stranger.come(key)).status_code == 200
        stripped = Authenticator("http://chat.example.org")
        assert (await browser.add(stripped)).status_code == 422


async def test_the_document_describes_passkeys_where_users_sign_in(
    client: Client, user: Person
) -> None:
    document = await (await client.get("/openapi.json", headers=user.headers)).get_json()
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    paths = document["paths"]
    assert paths["/api/passkeys/sign-in"]["post"]["security"] == []
    assert "security" not in paths["/api/passkeys"]["post"]
    tags = {tag["name"] for tag in document["tags"]}
    assert set(paths["/api/passkeys"]["post"]["tags"]) <= tags
