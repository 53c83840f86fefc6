"""The app with accounts, and its users."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Role
from tests.web.accounts.people import Person, add_person, team_app


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    """The app with accounts on, over an empty database."""
    return team_app(tmp_path / "instance")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the server has printed for its operator since the last call."""
    return lambda: capsys.readouterr().out


@pytest.fixture
async def client(app: Quart, printed: Callable[[], str]) -> AsyncIterator[Client]:
    """A client that keeps no cookies: each request shows what the test says."""
    async with app.test_app():
        yield app.test_client(use_cookies=False)


@pytest.fixture
async def admin(app: Quart, client: Client) -> Person:
    return await add_person(app, "Ada", Role.ADMIN)


@pytest.fixture
async def user(app: Quart, client: Client, admin: Person) -> Person:
    return await add_person(app, "Berta")
