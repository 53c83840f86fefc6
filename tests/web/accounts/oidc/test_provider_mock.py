"""Signing in at a provider that others have written, which runs as a program of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import orjson
import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Role
from tests.server import Server
from tests.web.accounts.oidc.browser import Browser
from tests.web.accounts.oidc.test_sign_in import refused
from tests.web.accounts.people import accounts_of, team_app

ADA = {
    "sub": "248289761001",
    "preferred_username": "ada",
    "email": "ada@example.org",
    "email_verified": True,
    "groups": ["chat", "admins"],
}


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("provider") / "instance"
    command = (sys.executable, "-m", "oidc_provider_mock", "--require-nonce", "true")
    users = ("--user-claims", orjson.dumps(ADA).decode())
    with Server(instance=folder, command=(*command, *users)) as server:
        yield server


@pytest.fixture
def app(tmp_path: Path, mock: Server) -> Quart:
    return team_app(
        tmp_path / "instance",
        QUART_CHAT_AUTH="oidc",
        QUART_CHAT_OIDC_ISSUER=mock.url,
        QUART_CHAT_OIDC_CLIENT_ID="chat",
        QUART_CHAT_OIDC_CLIENT_SECRET="geheim-und-lang",
        QUART_CHAT_OIDC_USERS="email=@example.org",
        QUART_CHAT_OIDC_ADMINS="groups=admins",
    )


class Person:
    """Signs in at the provider, in the place of a browser's :class:`TestProvider`."""

    def __init__(self, sub: str, action: str = "authorize") -> None:
        self._form = {"sub": sub, "action": action}

    def sign_in(self, address: str) -> dict[str, str]:
        with httpx.Client(trust_env=False) as client:
            response = client.post(address, data=self._form)
        assert response.status_code == 302, response.text
        return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


def browser_of(client: Client, person: Person) -> Any:
    return Browser(client, person)  # type: ignore[arg-type]  # it signs in as the provider does


async def test_a_user_of_the_provider_signs_in(app: Quart, client: Client) -> None:
    browser = browser_of(client, Person(ADA["sub"]))  # type: ignore[arg-type]  # a text
    response = await browser.sign_in("/documents")
    assert response.headers["Location"] == "/documents"
    assert await browser.is_in()
    (user,) = await accounts_of(app).users.all()
    assert (user.name, user.role) == ("ada", Role.ADMIN)


async def test_a_user_of_another_domain_is_not_let_in(app: Quart, client: Client) -> None:
    browser = browser_of(client, Person("eve@evil.example"))
    assert "have access to this server" in await refused(await browser.sign_in(), 403)
    assert await accounts_of(app).users.all() == []


async def test_a_user_who_says_no_is_not_signed_in(app: Quart, client: Client) -> None:
    browser = browser_of(client, Person("248289761001", "deny"))
    answer = await browser.leave()
    assert answer["error"] == "access_denied"
    await refused(await browser.come_back(answer), 401)
    assert not await browser.is_in()
    assert await accounts_of(app).users.all() == []


async def test_a_code_of_the_provider_works_once(client: Client) -> None:
    person = Person("248289761001")
    browser, again = browser_of(client, person), browser_of(client, person)
    answer, other = await browser.leave(), await again.leave()
    assert (await browser.come_back(answer)).status_code == 303
    stolen = {**other, "code": answer["code"]}
    assert "has refused the sign-in" in await refused(await again.come_back(stolen), 401)
    assert not await again.is_in()


async def test_a_provider_that_has_gone_is_told(
    tmp_path: Path, app: Quart, client: Client, mock: Server
) -> None:
    browser = browser_of(client, Person("248289761001"))
    answer = await browser.leave()
    mock.kill()
    try:
        assert "be reached" in await refused(await browser.come_back(answer), 503)
    finally:
        mock.start()
    assert (await browser.sign_in()).status_code == 303
