"""Users of the app under test, each with what they show to be let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from quart import Quart, Response

from quart_chat.accounts.models import Actor, Origin, Role, Scope
from quart_chat.accounts.service import AccountService
from tests.app import create_test_app

OPERATOR = Actor(None)
ORIGIN = Origin("127.0.0.1")
PASSWORD = "a walnut under the bridge"
HOST = {"Host": "localhost:8000"}


@dataclass(frozen=True, slots=True)
class Person:
    """A user who is signed in."""

    id: str
    name: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {**HOST, "Cookie": f"__Host-session={self.secret}"}


def team_app(folder: Path, **settings: str) -> Quart:
    """The app with accounts on."""
    return create_test_app(
        {"QUART_CHAT_INSTANCE": folder, "QUART_CHAT_AUTH": "accounts", **settings}
    )


def accounts_of(app: Quart) -> AccountService:
    accounts: AccountService = app.extensions["quart_chat"].accounts
    return accounts


async def add_person(app: Quart, name: str, role: Role = Role.USER) -> Person:
    """Make a user, who signs in."""
    accounts = accounts_of(app)
    user = await accounts.users.add(OPERATOR, name, role=role, password=PASSWORD)
    signed_in = await accounts.sign_in.with_password(name, PASSWORD, ORIGIN)
    return Person(user.id, name, signed_in.secret)


async def make_token(app: Quart, person: Person, scope: Scope = Scope.READ) -> dict[str, str]:
    """The headers of a program of a user."""
    actor = Actor(person.id)
    new = await accounts_of(app).tokens.create(actor, person.id, "program", scope)
    return {**HOST, "Authorization": f"Bearer {new.secret}"}


def cookies_of(response: Response) -> dict[str, Mapping[str, Any]]:
    """The cookies that a response sets: their values and attributes."""
    found: dict[str, Mapping[str, Any]] = {}
    for line in response.headers.getlist("Set-Cookie"):
        for name, morsel in SimpleCookie(line).items():
            found[name] = {"value": morsel.value, **dict(morsel)}
    return found
