"""Passkeys on the page of the account, and the offer on the first page."""

from __future__ import annotations

import re

from quart import Quart
from quart.typing import TestClientProtocol as Client

from tests.accounts.authenticator import Authenticator
from tests.web.accounts.passkeys.browser import ORIGIN, browser_of
from tests.web.accounts.people import (
    PASSWORD,
    Person,
    accounts_of,
    add_person,
    cookies_of,
)
from tests.web.accounts.test_sign_in import sign_in


async def page_of(client: Client, path: str, person: Person) -> str:
    text: str = await (await client.get(path, headers=person.headers)).get_data(as_text=True)
    return text


async def test_passkeys_are_listed_renamed_and_removed(
    app: Quart, client: Client, admin: Person, user: Person, key: Authenticator
) -> None:
    page = await page_of(client, "/settings/account", user)
    (rename,) = re.findall(r'action="(/settings/account/passkeys/[^"]+/rename)', page)
    remove = rename.replace("/rename", "/remove")
    for other in (rename, remove):
        form = {"name": "Mine"}
        assert (await client.post(other, form=form, headers=admin.headers)).status_code == 404
    response = await client.post(rename, form={"name": " "}, headers=user.headers)
    assert response.status_code == 422
    response = await client.post(rename, form={"name": "Blue <key>"}, headers=user.headers)
    assert response.status_code == 303
    assert "Blue &lt;key&gt;" in await page_of(client, "/settings/account", user)
    assert (await client.post(remove, headers=user.headers)).status_code == 303
    assert (await client.post(remove, headers=user.headers)).status_code == 404
    assert "/rename" not in await page_of(client, "/settings/account", user)


async def test_the_page_asks_before_the_last_way_in_is_removed(
    app: Quart, client: Client, admin: Person
) -> None:
    person = await add_person(app, "Carla")
    key = Authenticator(ORIGIN)
    await browser_of(client, person).add(key)
    await without_password(app, person.id)
    page = await page_of(client, "/settings/account", person)
    (remove,) = re.findall(r'action="(/settings/account/passkeys/[^"]+/remove)"', page)
    response = await client.post(remove, headers=person.headers)
    assert response.status_code == 409
    asks = await response.get_data(as_text=True)
    assert 'role="alertdialog"' in asks
    assert f'action="{remove}?sure=1"' in asks
    assert len(await accounts_of(app).passkeys.list(person.id)) == 1
    response = await client.post(f"{remove}?sure=1", headers=person.headers)
    assert response.status_code == 303
    assert await accounts_of(app).passkeys.list(person.id) == []


async def without_password(app: Quart, user_id: str) -> None:
    """Have a user without a password, as other servers make them."""
    storage = accounts_of(app).users._storage
    await storage.write(lambda tx: tx.update_password(user_id, None))  # type: ignore[arg-type]  # as it is stored


async def test_a_passkey_is_offered_on_the_first_page_until_it_is_declined(
    client: Client, user: Person
) -> None:
    assert "/settings/account/passkeys/decline" in await page_of(client, "/", user)
    response = await client.post("/settings/account/passkeys/decline", headers=user.headers)
    assert response.status_code == 303
    assert "passkeys/decline" not in await page_of(client, "/", user)
    fresh = cookies_of(await sign_in(client, "Berta", PASSWORD))["__Host-session"]["value"]
    assert "passkeys/decline" not in await page_of(client, "/", Person("", "Berta", fresh))
