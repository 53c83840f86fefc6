"""Secrets that no user has are refused, and cost the store less than a page."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.credentials.tokens import PREFIX
from tests.web.accounts.people import HOST, Person, accounts_of, add_person, team_app

ALPHABET = string.ascii_letters + string.digits + "-_"


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    return team_app(tmp_path / "instance")


def cookie(secret: str) -> dict[str, str]:
    return {"Cookie": f"__Host-session={secret}"}


def token(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {PREFIX}{secret}"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.long)])
async def test_random_secrets_are_refused_for_less_than_a_page(
    app: Quart, client: Client, count: int
) -> None:
    person: Person = await add_person(app, "Ada")
    database = database_of_app(app)
    before = database()
    page = await client.get("/", headers=person.headers)
    assert page.status_code == 200
    cost_of_page = database() - before
    chance = random.Random(1)
    show: tuple[Callable[[str], dict[str, str]], ...] = (cookie, token)
    before = database()
    for number in range(count):
        length = 43 if number % 4 else chance.randrange(1, 120)
        secret = "".join(chance.choices(ALPHABET, k=length))
        response = await client.get("/api/settings", headers={**HOST, **show[number % 2](secret)})
        assert response.status_code == 401
    # What runs beside the requests asks the store, too, now and then.
    assert (database() - before) / count < cost_of_page
    assert (await client.get("/api/settings", headers=person.headers)).status_code == 200


def database_of_app(app: Quart) -> Callable[[], int]:
    """Counts the statements that the store of an app has run."""
    database = cast("Any", accounts_of(app).users)._storage._database
    return lambda: int(database.queries)
