"""The pages of the account and of the users."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Role
from tests.app import create_test_app
from tests.web.accounts.people import (
    HOST,
    PASSWORD,
    Person,
    accounts_of,
    cookies_of,
)
from tests.web.accounts.test_sign_in import sign_in

NEW = "another bridge of walnut wood"


async def text_of(client: Client, path: str, person: Person, language: str = "en") -> str:
    headers = {**person.headers, "Accept-Language": language}
    response = await client.get(path, headers=headers)
    text: str = await response.get_data(as_text=True)
    assert response.status_code == 200, text
    return text


async def test_the_name_and_the_way_out_are_on_every_page(client: Client, user: Person) -> None:
    for path in ("/", "/settings", "/documents"):
        page = await text_of(client, path, user)
        assert "Berta" in page
        assert 'action="/sign-out"' in page
        assert "/admin/users" not in page


async def test_a_password_is_changed_and_other_browsers_are_signed_out(
    app: Quart, client: Client, user: Person
) -> None:
    response = await sign_in(client, "Berta")
    other = cookies_of(response)["__Host-session"]["value"]
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    response = await client.post("/settings/account/password", form=form, headers=user.headers)
    assert response.status_code == 303
    assert (await client.get("/api/settings", headers=user.headers)).status_code == 200
    headers = {**HOST, "Cookie": f"__Host-session={other}"}
    assert (await client.get("/api/settings", headers=headers)).status_code == 401
    assert (await sign_in(client, "Berta", NEW)).status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [{"current": "wrong"}, {"again": "otherwise"}, {"new": "short", "again": "short"}],
)
async def test_a_password_that_can_t_be_changed_stays(
    client: Client, user: Person, wrong: dict[str, str]
) -> None:
    form = {"current": PASSWORD, "new": NEW, "again": NEW, **wrong}
    response = await client.post("/settings/account/password", form=form, headers=user.headers)
    assert response.status_code == 422
    assert 'id="refused"' in await response.get_data(as_text=True)
    assert (await sign_in(client, "Berta")).status_code == 303


async def test_sessions_are_listed_and_ended(app: Quart, client: Client, user: Person) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"
    response = await sign_in(client, "Berta", **{"User-Agent": agent})
    other = cookies_of(response)["__Host-session"]["value"]
    page = await text_of(client, "/settings/account", user)
    assert "Firefox on Linux" in page
    assert "this browser" in page
    ends = re.findall(r"/settings/account/sessions/([^/]+)/revoke", page)
    assert len(ends) == 1
    path = f"/settings/account/sessions/{ends[0]}/revoke"
    assert (await client.post(path, headers=user.headers)).status_code == 303
    headers = {**HOST, "Cookie": f"__Host-session={other}"}
    assert (await client.get("/api/settings", headers=headers)).status_code == 401
    response = await client.post("/settings/account/sessions/revoke-all", headers=user.headers)
    assert response.status_code == 303
    assert (await client.get("/api/settings", headers=user.headers)).status_code == 401


async def test_an_invited_user_enters_once(client: Client, admin: Person) -> None:
    response = await client.post(
        "/admin/users/invite", form={"role": "user"}, headers=admin.headers
    )
    page = await response.get_data(as_text=True)
    link = re.search(r'value="http://localhost:8000(/invite/[^"]+)"', page)
    assert link is not None
    for wrong in (
        {"name": "ada", "password": NEW, "again": NEW},  # taken
        {"name": "", "password": NEW, "again": NEW},
        {"name": "Carla", "password": "password1234", "again": "password1234"},
        {"name": "Carla", "password": NEW, "again": "typed otherwise"},
    ):
        response = await client.post(link[1], form=wrong, headers=HOST)
        assert response.status_code in (409, 422), wrong
        assert 'id="refused"' in await response.get_data(as_text=True)
    form = {"name": "Carla", "password": NEW, "again": NEW}
    response = await client.post(link[1], form=form, headers=HOST)
    assert response.status_code == 303
    secret = cookies_of(response)["__Host-session"]["value"]
    carla = Person("", "Carla", secret)
    assert "Carla" in await text_of(client, "/", carla)
    assert (await client.post(link[1], form=form, headers=HOST)).status_code == 410
    assert (await client.get("/admin/users", headers=carla.headers)).status_code == 403


async def test_an_administrator_manages_users(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    async def post(path: str, **form: str) -> int:
        response = await client.post(f"/admin/users/{path}", form=form, headers=admin.headers)
        status: int = response.status_code
        return status

    users = accounts_of(app).users
    assert await post(f"{user.id}/disable") == 303
    assert not (await users.get(user.id)).is_enabled
    assert "disabled" in await text_of(client, "/admin/users", admin)
    assert await post(f"{user.id}/enable") == 303
    assert await post(f"{user.id}/role", role="admin") == 303
    assert (await users.get(user.id)).role is Role.ADMIN
    assert await post(f"{user.id}/role", role="emperor") == 422
    assert await post(f"{user.id}/role", role="user") == 303
    asks = await text_of(client, f"/admin/users/{user.id}/delete", admin)
    assert "Delete Berta?" in asks
    assert await post(f"{user.id}/delete") == 303
    assert await post(f"{user.id}/delete") == 404
    assert await post(f"{admin.id}/disable") == 409  # nobody would be left
    assert (await client.get("/api/settings", headers=admin.headers)).status_code == 200


async def test_a_link_sets_a_forgotten_password(
    client: Client, admin: Person, user: Person
) -> None:
    path = f"/admin/users/{user.id}/password-link"
    page = await (await client.post(path, headers=admin.headers)).get_data(as_text=True)
    link = re.search(r'value="http://localhost:8000(/password/[^"]+)"', page)
    assert link is not None
    shown = await (await client.get(link[1], headers=HOST)).get_data(as_text=True)
    assert "Berta" in shown
    form = {"password": NEW, "again": NEW}
    assert (await client.post(link[1], form=form, headers=HOST)).status_code == 303
    assert (await client.get("/api/settings", headers=user.headers)).status_code == 401
    assert (await sign_in(client, "Berta", NEW)).status_code == 303


async def test_open_links_are_listed_and_revoked(client: Client, admin: Person) -> None:
    await client.post("/admin/users/invite", form={"role": "user"}, headers=admin.headers)
    page = await text_of(client, "/admin/users", admin)
    paths = re.findall(r"/admin/users/links/[^/]+/revoke", page)
    assert paths
    for path in paths:
        assert (await client.post(path, headers=admin.headers)).status_code == 303
    assert "/admin/users/links/" not in await text_of(client, "/admin/users", admin)


async def test_without_accounts_there_is_nothing_of_them(tmp_path: Path) -> None:
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path / "instance"})
    async with app.test_app():
        client = app.test_client()
        for path in ("/sign-in", "/settings/account", "/admin/users", "/invite/x"):
            assert (await client.get(path)).status_code == 404
        page = await (await client.get("/")).get_data(as_text=True)
        assert "sign-out" not in page
        assert "data-auth" not in page
        document = await (await client.get("/openapi.json")).get_json()
        assert "securitySchemes" not in document["components"]
