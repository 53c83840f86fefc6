"""Users whom a proxy names, and who may not name any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import LOCAL_USER, Role
from tests.web.accounts.people import HOST, OPERATOR, accounts_of, team_app

TRUSTED, STRANGER = "10.0.0.5", "10.0.0.6"


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    return team_app(
        tmp_path / "instance",
        QUART_CHAT_AUTH="accounts,proxy",
        QUART_CHAT_TRUSTED_PROXIES=f"{TRUSTED},fd00::/8",
        QUART_CHAT_AUTH_ADMINS="ada",
    )


async def ask(client: Client, peer: str, path: str = "/api/settings", **headers: str) -> Any:
    return await client.get(
        path,
        headers={**HOST, **{name.replace("_", "-"): value for name, value in headers.items()}},
        scope_base={"client": (peer, 5000)},
    )


async def test_a_user_whom_a_trusted_proxy_names_is_let_in(app: Quart, client: Client) -> None:
    for peer in (TRUSTED, f"::ffff:{TRUSTED}", "fd00::17"):
        assert (await ask(client, peer, Remote_User="berta")).status_code == 200
    (user,) = await accounts_of(app).users.all()
    assert (user.name, user.role) == ("berta", Role.USER)


async def test_administrators_are_a_setting(app: Quart, client: Client) -> None:
    page = await ask(client, TRUSTED, "/admin/users", Remote_User="ada")
    assert page.status_code == 200
    assert (await ask(client, TRUSTED, "/admin/users", Remote_User="berta")).status_code == 403
    ada = await accounts_of(app).users.find("ada")
    assert (ada.id, ada.role) == (LOCAL_USER, Role.ADMIN)


@pytest.mark.parametrize("path", ["/api/settings", "/", "/sign-in", "/static/css/styles.css"])
async def test_another_address_may_not_name_a_user(app: Quart, client: Client, path: str) -> None:
    response = await ask(client, STRANGER, path, Remote_User="ada")
    assert response.status_code == 403
    assert await accounts_of(app).users.all() == []
    # What it says of where it comes from does not help.
    response = await ask(client, STRANGER, path, Remote_User="ada", X_Forwarded_For=TRUSTED)
    assert response.status_code == 403


async def test_a_header_that_was_sent_twice_names_nobody(app: Quart, client: Client) -> None:
    response = await client.get(
        "/api/settings",
        headers=[("Host", "localhost"), ("Remote-User", "ada"), ("Remote-User", "berta")],
        scope_base={"client": (TRUSTED, 1)},
    )
    assert response.status_code == 403
    assert await accounts_of(app).users.all() == []


async def test_without_the_header_a_stranger_is_one(client: Client) -> None:
    assert (await ask(client, TRUSTED)).status_code == 401
    assert (await ask(client, TRUSTED, Remote_User=" ")).status_code == 401
    assert (await ask(client, STRANGER)).status_code == 401


async def test_a_disabled_user_is_not_let_in_by_the_proxy(app: Quart, client: Client) -> None:
    assert (await ask(client, TRUSTED, Remote_User="berta")).status_code == 200
    users = accounts_of(app).users
    await users.disable(OPERATOR, (await users.find("berta")).id)
    assert (await ask(client, TRUSTED, Remote_User="berta")).status_code == 401


async def test_a_page_of_another_site_changes_nothing(client: Client) -> None:
    response = await client.post(
        "/api/chatbot/delete-all",
        headers={**HOST, "Remote-User": "berta", "Origin": "https://evil.example"},
        scope_base={"client": (TRUSTED, 1)},
    )
    assert response.status_code == 403
