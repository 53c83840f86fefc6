"""A store of each engine, empty and open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quart_chat.storage import Storage
from tests.empty_store import open_copy

ENGINES = ["sqlite", "postgresql"]


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is empty."""
    if request.param == "postgresql":
        address: str = request.getfixturevalue("postgres_database")
        return address
    return f"sqlite:{tmp_path / 'instance' / 'chat.sqlite'}"


@pytest.fixture
async def storage(url: str) -> AsyncIterator[Storage]:
    storage = await open_copy(url)
    yield storage
    await storage.close()
