"""A user of the app who has added a key."""

from __future__ import annotations

import pytest
from quart.typing import TestClientProtocol as Client

from tests.accounts.authenticator import Authenticator
from tests.web.accounts.passkeys.browser import ORIGIN, browser_of
from tests.web.accounts.people import Person


@pytest.fixture
async def key(client: Client, user: Person) -> Authenticator:
    """A key that the user has added."""
    key = Authenticator(ORIGIN)
    assert (await browser_of(client, user).add(key)).status_code == 201
    return key
