"""Fixtures for all tests: the app in this process, and real servers in processes of their own."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import httpcore2
import pytest
from hypothesis import settings
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests import databases, examples
from tests.app import create_test_app
from tests.browser.tab import find_chromium
from tests.databases import Databases
from tests.nightly import is_nightly
from tests.server import Server
from tests.services.postgres import EventsDatabase, PostgresServer, find_binaries
from tests.services.rabbitmq import RabbitMQServer
from tests.services.redis import RedisServer
from tests.services.store_pool import StorePool
from tests.stores import open_chats

# Endpoints of whoever runs the tests are not asked.
for _name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"):
    os.environ.pop(_name, None)

# There is a process for each core already.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

settings.load_profile(examples.SHORT)

# A client reads all certificates of the system, which takes longer than most requests of tests.
patch.object(httpcore2, "default_ssl_context", cache(httpcore2.default_ssl_context)).start()

# Collecting makes objects by the hundred thousand, and all of them stay.
gc.disable()

FIGURES = "figures"
"""A property of a test, which is printed at the end of the run."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_collection_finish() -> None:
    """What has been imported and collected stays: the garbage collector need not look at it."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=["sqlite", "postgres"],
        default="sqlite",
        help="run the tests that have a store, but are not about its engine, over this one",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over what is left to the night as a whole: importing it takes seconds, too."""
    is_left_out = "not nightly" in config.option.markexpr and is_nightly(collection_path)
    return True if is_left_out else None


def pytest_itemcollected(item: pytest.Item) -> None:
    if is_nightly(item.path):
        item.add_marker("nightly")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about SQLite, or has no store, where stores are of another engine."""
    if config.getoption("store") != "sqlite":
        left_out = [
            item for item in items if item.get_closest_marker("sqlite") or not _has_store(item)
        ]
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


def _has_store(item: pytest.Item) -> bool:
    """Whether a test may open a store: it then has a folder, or makes one for each example."""
    names = item.fixturenames if isinstance(item, pytest.Function) else []
    return "tmp_path" in names or item.get_closest_marker("hypothesis") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _no_skip_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _no_skip_in_ci((yield))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured; it decides nothing."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == FIGURES:
                terminalreporter.write_line(f"{report.nodeid}: {value}")


def _no_skip_in_ci(report: Report) -> Report:
    if report.outcome == "skipped" and os.environ.get("CI") == "true":
        report.outcome = "failed"
    return report


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "instance" / "chat.sqlite"


@pytest.fixture
async def repository(path: Path) -> AsyncIterator[ChatRepository]:
    repository = await open_chats(path, busy_timeout=0.05)
    yield repository
    await repository.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server of PostgreSQL that the tests of this process share."""
    binaries = find_binaries() or pytest.skip(
        "Needs PostgreSQL: on Debian 'apt install postgresql'"
    )
    with PostgresServer(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_events(postgres: PostgresServer) -> EventsDatabase:
    """A database for events that a test may empty, but that is there for the next one."""
    return EventsDatabase(postgres)


@pytest.fixture(scope="session")
def postgres_stores(postgres: PostgresServer) -> Iterator[StorePool]:
    """Empty stores, for one test after the other."""
    with closing(StorePool(postgres)) as pool:
        yield pool


@pytest.fixture
def postgres_database(postgres: PostgresServer, postgres_stores: StorePool) -> Iterator[str]:
    """The address of an empty store."""
    name = postgres_stores.take()
    yield postgres.address(name)
    postgres_stores.give_back(name)


@pytest.fixture(autouse=True)
def store_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Has the stores of the test be of the engine that the option names."""
    if request.config.getoption("store") == "sqlite":
        yield
        return
    databases.current = Databases(request.getfixturevalue("postgres_stores"))
    yield
    databases.current.give_back()
    databases.current = None


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    return find_chromium() or pytest.skip("Needs Chromium: on Debian 'apt install chromium'")


@pytest.fixture(scope="session")
def whole_chromium() -> str:
    """The path of a browser that also has what only windows need."""
    found = find_chromium(whole=True)
    return found or pytest.skip("Needs the whole of Chromium: on Debian 'apt install chromium'")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that a test may empty, but that runs on for the next one."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQServer]:
    """A RabbitMQ that a test may empty, but that runs on for the next one."""
    with RabbitMQServer(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    """The app on an empty database, with the test assistant beside the Librarian."""
    return create_test_app({"QUART_CHAT_INSTANCE": tmp_path / "instance"})


@pytest.fixture
async def client(app: Quart) -> AsyncIterator[Client]:
    """A client of the running app."""
    async with app.test_app() as running:
        yield running.test_client()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers, each in a folder of its own; what still runs is killed after the test."""
    folders = (tmp_path / f"instance{number}" for number in ("", *range(2, 100)))
    with ExitStack() as stack:

        def start(**options: Any) -> Server:
            options.setdefault("instance", next(folders))
            return stack.enter_context(Server(**options))

        yield start


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    """A running server with the test assistant beside the Librarian."""
    return start_server()
