from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.copying.installations import small
from tests.services.postgres import PostgresServer


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation that tests only read."""
    return small(tmp_path_factory.mktemp("installation"))


@pytest.fixture
def create(postgres: PostgresServer) -> Iterator[Callable[[], str]]:
    """Creates databases that have nothing, not even tables; their names."""
    with ExitStack() as stack:

        def create() -> str:
            name = postgres.create()
            stack.callback(postgres.drop, name)
            return name

        yield create


@pytest.fixture
def empty(create: Callable[[], str]) -> str:
    """The name of a database that has nothing."""
    return create()
