"""A server or a database that can't be used at the start, and one that several start on at once."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator

import psycopg
import pytest

from quart_chat.availability.database import (
    LOGIN_REFUSED,
    NOT_ADMITTED,
    TOO_MANY_CONNECTIONS,
    UNREACHABLE,
    Reason,
    unavailable,
)
from quart_chat.errors import DatabaseTooNew, DatabaseUnavailable, InstanceInUse
from quart_chat.storage import open_storage
from quart_chat.storage.postgres import database as module
from quart_chat.storage.postgres import schema
from quart_chat.storage.postgres.failures import translated_refusals
from quart_chat.storage.postgres.schema import MIGRATIONS
from tests.services.postgres import LOCKED, PostgresServer

PASSWORD = "ovenbird"


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database with nothing in it."""
    name = postgres.create()
    yield name
    postgres.drop(name)


@pytest.fixture(scope="session")
def locked(postgres: PostgresServer) -> str:
    """A user with a password, and without any rights."""
    postgres.run(f"CREATE ROLE {LOCKED} LOGIN PASSWORD '{PASSWORD}'")
    return LOCKED


async def refusal(address: str) -> DatabaseUnavailable:
    with pytest.raises(DatabaseUnavailable) as refused:
        await open_storage(address)
    assert PASSWORD not in refused.value.message
    assert "127.0.0.1" not in refused.value.message
    return refused.value


def tables(postgres: PostgresServer, name: str) -> set[str]:
    rows = postgres.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name)
    return {row[0] for row in rows}


async def test_packages_that_are_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("quart_chat.storage.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "quart-chat[postgres]" in (await refusal("postgresql://chat@127.0.0.1/chat")).message


async def test_a_wrong_password_is_told(postgres: PostgresServer, empty: str, locked: str) -> None:
    address = postgres.address(empty, f"{locked}:{PASSWORD}x")
    error = await refusal(address)
    assert (error.reason, "the user or the password" in error.message) == ("unopened", True)


async def test_no_password_is_told(postgres: PostgresServer, empty: str, locked: str) -> None:
    assert "the password" in (await refusal(postgres.address(empty, locked))).message


async def test_an_unknown_user_is_told(postgres: PostgresServer, empty: str) -> None:
    assert "the user" in (await refusal(postgres.address(empty, "stranger"))).message


async def test_a_user_who_may_not_connect_is_told(
    postgres: PostgresServer, empty: str, locked: str
) -> None:
    postgres.run(f"REVOKE CONNECT ON DATABASE {empty} FROM PUBLIC")
    error = await refusal(postgres.address(empty, f"{locked}:{PASSWORD}"))
    assert "GRANT CONNECT" in error.message


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("the database system is starting up", UNREACHABLE),
        ("the database system is not yet accepting connections", UNREACHABLE),
        ("the database system is shutting down", UNREACHABLE),
        ('database "chat" is not currently accepting connections', UNREACHABLE),
        ("terminating connection due to administrator command", UNREACHABLE),
        ('too many connections for database "chat"', TOO_MANY_CONNECTIONS),
        ('no pg_hba.conf entry for host "::1", user "a", database "chat"', NOT_ADMITTED),
        ('password authentication failed for user "a"', LOGIN_REFUSED),
    ],
)
def test_what_a_server_says_to_a_new_connection_is_understood(said: str, reason: Reason) -> None:
    with pytest.raises(DatabaseUnavailable) as refused, translated_refusals():
        raise psycopg.OperationalError(f'connection to server at "db" failed: FATAL:  {said}')
    assert refused.value.message == unavailable(reason).message


async def test_a_database_that_is_not_there_is_told(postgres: PostgresServer) -> None:
    assert "no database of the name" in (await refusal(postgres.address("nowhere"))).message


async def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = await refusal(f"postgresql://chat@127.0.0.1:{port}/chat")
    assert (error.reason, "can't be reached" in error.message) == ("gone", True)


async def test_a_name_that_no_host_has_is_told() -> None:
    error = await refusal("postgresql://chat@nowhere.invalid/chat")
    assert error.reason == "gone"


async def test_a_server_that_is_no_postgresql_is_told() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await refusal(f"postgresql://chat@127.0.0.1:{port}/chat")).reason == "gone"


async def test_a_user_without_rights_is_told(
    postgres: PostgresServer, empty: str, locked: str
) -> None:
    error = await refusal(postgres.address(empty, f"{locked}:{PASSWORD}"))
    assert "may not create or change tables" in error.message
    assert tables(postgres, empty) == set()


async def test_a_schema_that_is_not_there_is_told(postgres: PostgresServer, empty: str) -> None:
    address = f"{postgres.address(empty)}?options=-csearch_path%3Dnowhere"
    assert "no schema" in (await refusal(address)).message


async def test_a_schema_of_its_own_is_used(postgres: PostgresServer, empty: str) -> None:
    postgres.run("CREATE SCHEMA own", empty)
    address = f"{postgres.address(empty)}?options=-csearch_path%3Down"
    await (await open_storage(address)).close()
    assert tables(postgres, empty) == set()
    assert postgres.run("SELECT version FROM own.schema_version", empty) == [(len(MIGRATIONS),)]


async def test_an_old_server_is_told(
    postgres: PostgresServer, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "OLDEST", 99)
    assert "too old: version 99" in (await refusal(postgres.address(empty))).message
    assert tables(postgres, empty) == set()


async def test_another_encoding_is_told(postgres: PostgresServer) -> None:
    postgres.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    assert "LATIN1" in (await refusal(postgres.address("latin"))).message
    postgres.drop("latin")


async def test_tables_of_another_program_are_left_alone(
    postgres: PostgresServer, empty: str
) -> None:
    postgres.run("CREATE TABLE users (name TEXT)", empty)
    assert "another program" in (await refusal(postgres.address(empty))).message
    assert tables(postgres, empty) == {"users"}


async def test_a_newer_version_is_left_alone(
    postgres: PostgresServer, postgres_database: str
) -> None:
    name = postgres_database.rpartition("/")[2]
    postgres.run("UPDATE schema_version SET version = 99", name)
    with pytest.raises(DatabaseTooNew, match="version 99"):
        await open_storage(postgres_database)
    assert postgres.run("SELECT version FROM schema_version", name) == [(99,)]


async def test_a_migration_that_fails_changes_nothing(
    postgres: PostgresServer, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*MIGRATIONS, "CREATE TABLE extra (a INTEGER);\nINSERT INTO nowhere VALUES (1);\n")
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    with pytest.raises(psycopg.errors.UndefinedTable, match="nowhere"):
        await open_storage(postgres.address(empty))
    assert tables(postgres, empty) == set()


async def test_nodes_that_start_together_make_the_schema_once(
    postgres: PostgresServer, empty: str
) -> None:
    address = postgres.address(empty)
    stores = await asyncio.gather(*(open_storage(address) for _ in range(4)))
    await asyncio.gather(*(store.close() for store in stores))
    assert postgres.run("SELECT version FROM schema_version", empty) == [(len(MIGRATIONS),)]


@pytest.mark.parametrize(("first", "second"), [(False, False), (False, True), (True, False)])
async def test_who_does_not_share_is_alone(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch, first: bool, second: bool
) -> None:
    monkeypatch.setattr(module, "_HELD", 50)
    store = await open_storage(postgres_database, shared=first)
    with pytest.raises(InstanceInUse, match="QUART_CHAT_BROKER"):
        await open_storage(postgres_database, shared=second)
    await store.close()
    await (await open_storage(postgres_database, shared=second)).close()
