"""Accounts over a store, with a clock that tests set and hashes that cost little."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from quart_chat.accounts.service import AccountService
from quart_chat.storage import Storage, open_storage
from tests import databases
from tests.accounts.parts import Clock, make_accounts


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[Storage]:
    current = databases.current
    storage = await open_storage(current.address(path) if current else f"sqlite:{path}")
    yield storage
    await storage.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def open_accounts(
    storage: Storage, clock: Clock
) -> AsyncIterator[Callable[[], AccountService]]:
    """Opens services on the same store, as several processes have them."""
    opened: list[AccountService] = []

    def open_() -> AccountService:
        opened.append(make_accounts(storage, clock))
        return opened[-1]

    yield open_
    for service in opened:
        await service.close()


@pytest.fixture
def accounts(open_accounts: Callable[[], AccountService]) -> AccountService:
    return open_accounts()
