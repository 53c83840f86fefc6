"""Connecting an existing account with a provider, and disconnecting it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.external import linking
from quart_chat.accounts.models import Role, Scope
from tests.accounts.oidc.provider import TestProvider
from tests.web.accounts.oidc.browser import Browser
from tests.web.accounts.people import (
    OPERATOR,
    ORIGIN,
    PASSWORD,
    Person,
    accounts_of,
    add_person,
    make_token,
)

ACCOUNT = "/settings/account"
CONNECT = f"{ACCOUNT}/provider/connect"
DISCONNECT = f"{ACCOUNT}/provider/disconnect"


@pytest.fixture
async def berta(app: Quart, client: Client) -> Person:
    await add_person(app, "Admin", Role.ADMIN)
    return await add_person(app, "Berta")


@pytest.fixture
def browser(client: Client, provider: TestProvider, berta: Person) -> Browser:
    """Berta's browser, in which she has just signed in with her password."""
    browser = Browser(client, provider)
    browser.cookies["__Host-session"] = berta.secret
    return browser


async def leave(browser: Browser, provider: TestProvider) -> dict[str, str]:
    response = await browser.get(CONNECT, Sec_Fetch_Site="same-origin")
    assert response.status_code == 303, await response.get_data(as_text=True)
    return provider.sign_in(response.headers["Location"])


async def connect(browser: Browser, provider: TestProvider) -> Any:
    return await browser.come_back(await leave(browser, provider))


async def refusal(response: Any, status: int) -> str:
    page: str = await response.get_data(as_text=True)
    assert response.status_code == status, page
    found = re.search(r'id="(?:provider-)?refused" role="alert">([^<]*)', page)
    assert found is not None, page
    return found[1]


async def actions_of(app: Quart, person: Person) -> list[str]:
    return [entry.action for entry in (await accounts_of(app).log.page(user_id=person.id)).entries]


async def test_an_account_is_connected_and_signs_in_there(
    app: Quart, client: Client, provider: TestProvider, browser: Browser, berta: Person
) -> None:
    page = await (await browser.get(ACCOUNT)).get_data(as_text=True)
    assert f'href="{CONNECT}"' in page
    response = await connect(browser, provider)
    assert response.headers["Location"] == f"{ACCOUNT}?saved=provider#provider"
    # It is the request of a sign-in in all that protects one.
    assert {"state", "nonce", "code_challenge"} <= set(provider.asked_for)
    page = await (await browser.get(ACCOUNT)).get_data(as_text=True)
    assert "known there as 7" in page
    assert f'action="{DISCONNECT}#provider"' in page
    elsewhere = Browser(client, provider)
    await elsewhere.sign_in()
    assert "Berta" in await (await elsewhere.get(ACCOUNT)).get_data(as_text=True)
    assert {user.name for user in await accounts_of(app).users.all()} == {"Admin", "Berta"}
    assert "identity_connected" in await actions_of(app, berta)


async def test_a_connection_is_ended_with_the_sessions_that_began_by_it(
    app: Quart, client: Client, provider: TestProvider, browser: Browser, berta: Person
) -> None:
    await connect(browser, provider)
    elsewhere = Browser(client, provider)
    await elsewhere.sign_in()
    assert await elsewhere.is_in()
    response = await browser.open("POST", DISCONNECT)
    assert response.headers["Location"] == f"{ACCOUNT}?saved=provider#provider"
    assert await browser.is_in()
    assert not await elsewhere.is_in()
    assert "identity_disconnected" in await actions_of(app, berta)
    assert "not connected" in await refusal(await browser.open("POST", DISCONNECT), 404)
    # A sign-in there now makes another account; once that is deleted, Berta can connect again.
    await elsewhere.sign_in()
    ada = await accounts_of(app).users.find("ada")
    assert "another account here" in await refusal(await connect(browser, provider), 409)
    await accounts_of(app).users.delete(OPERATOR, ada.id)
    assert (await connect(browser, provider)).status_code == 303


async def test_one_account_has_one_user_there(provider: TestProvider, browser: Browser) -> None:
    await connect(browser, provider)
    assert (await connect(browser, provider)).status_code == 303
    provider.claims = {"sub": "8"}
    provider.userinfo = {"sub": "8"}
    assert "Disconnect it first" in await refusal(await connect(browser, provider), 409)


async def test_the_only_way_to_sign_in_stays(
    app: Quart, client: Client, provider: TestProvider, berta: Person
) -> None:
    browser = Browser(client, provider)
    await browser.sign_in()
    page = await (await browser.get(ACCOUNT)).get_data(as_text=True)
    assert "only way to sign in" in page
    assert DISCONNECT not in page
    refused = await browser.open("POST", DISCONNECT)
    assert "no password and no passkey" in await refusal(refused, 409)
    ada = await accounts_of(app).users.find("ada")
    await accounts_of(app).passwords.set(OPERATOR, ada.id, PASSWORD)
    # What has made the account is no intruder's, so a new password leaves it.
    await browser.sign_in()
    assert (await browser.open("POST", DISCONNECT)).status_code == 303


@pytest.mark.parametrize("settings", [{"QUART_CHAT_AUTH": "oidc"}])
async def test_without_passwords_the_provider_is_the_only_way(
    app: Quart, provider: TestProvider, browser: Browser
) -> None:
    await connect(browser, provider)
    assert "Add a passkey" in await refusal(await browser.open("POST", DISCONNECT), 409)


async def test_a_sign_in_of_long_ago_is_made_once_more(
    provider: TestProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "FRESH", 0.0)
    page = await (await browser.get(ACCOUNT)).get_data(as_text=True)
    assert CONNECT not in page
    assert f'action="{ACCOUNT}/provider/sign-in-again"' in page
    assert "once more first" in await refusal(await browser.get(CONNECT), 403)
    assert provider.asked == []
    response = await browser.open("POST", f"{ACCOUNT}/provider/sign-in-again")
    assert response.headers["Location"] == "/sign-in?next=%2Fsettings%2Faccount"
    assert not await browser.is_in()


async def test_another_site_can_begin_no_connection(
    provider: TestProvider, browser: Browser
) -> None:
    response = await browser.get(CONNECT, Sec_Fetch_Site="cross-site")
    assert response.headers["Location"] == f"{ACCOUNT}#provider"
    assert provider.asked == []


async def test_a_program_connects_nothing(app: Quart, client: Client, berta: Person) -> None:
    token = await make_token(app, berta, Scope.WRITE)
    assert (await client.get(CONNECT, headers=token)).status_code == 403
    assert (await client.post(DISCONNECT, headers=token)).status_code == 403


async def test_another_user_of_the_browser_is_not_connected(
    app: Quart, client: Client, provider: TestProvider, browser: Browser
) -> None:
    answer = await leave(browser, provider)
    carl = await add_person(app, "Carl")
    session, browser.cookies["__Host-session"] = browser.cookies["__Host-session"], carl.secret
    assert "signed out meanwhile" in await refusal(await browser.come_back(answer), 401)
    # Without a session, the answer signs no user in.
    answer = await leave(browser, provider)
    del browser.cookies["__Host-session"]
    assert "signed out meanwhile" in await refusal(await browser.come_back(answer), 401)
    assert not await browser.is_in()
    # An answer for another browser is none.
    browser.cookies["__Host-session"] = session
    answer = await leave(browser, provider)
    other = Browser(client, provider)
    other.cookies["__Host-session"] = carl.secret
    assert "another window" in await refusal(await other.come_back(answer), 401)
    assert await accounts_of(app).linking.list(carl.id, provider.url) == []


@pytest.mark.parametrize("settings", [{"QUART_CHAT_OIDC_USERS": "groups=staff"}])
async def test_a_user_who_may_not_come_in_is_not_connected(
    app: Quart, provider: TestProvider, browser: Browser, berta: Person
) -> None:
    refused = await connect(browser, provider)
    assert "have access to this server" in await refusal(refused, 403)
    assert await accounts_of(app).linking.list(berta.id, provider.url) == []


async def test_a_new_password_from_an_administrator_ends_a_connection(
    app: Quart, provider: TestProvider, browser: Browser, berta: Person
) -> None:
    await connect(browser, provider)
    accounts = accounts_of(app)
    link = await accounts.invites.create_password_link(OPERATOR, berta.id)
    await accounts.invites.accept(link.secret, PASSWORD, ORIGIN)
    assert await accounts.linking.list(berta.id, provider.url) == []
