"""Deleting a user erases all that is theirs, and nothing of others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from quart_chat.accounts.models import Actor, Scope
from quart_chat.storage import open_storage
from tests import databases
from tests.accounts.parts import (
    HOME,
    OPERATOR,
    Clock,
    add_admin,
    database_of,
    make_accounts,
    sign_in,
)
from tests.copying.installations import small
from tests.storage.contract.chats import begin_round, begin_workflow, put_message

TABLES = (
    *("users", "workflows", "rounds", "messages", "logs", "shares", "queued_prompts"),
    *("preferences", "documents", "document_passages", "document_words"),
    *("accounts", "sessions", "tokens", "invites", "known_origins", "passkeys"),
    *("usage", "prompt_times"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation whose chats and documents are those of the user of the machine."""
    return small(tmp_path)


async def test_all_that_is_of_a_deleted_user_is_erased(folder: Path, clock: Clock) -> None:
    path = folder / "chat.sqlite"
    current = databases.current
    storage = await open_storage(current.address(path) if current else f"sqlite:{path}")
    accounts = make_accounts(storage, clock)

    async def counts() -> dict[str, int]:
        def read(statements: object) -> dict[str, int]:
            fetch = statements.fetch_one  # type: ignore[attr-defined]
            return {name: fetch(f"SELECT count(*) FROM {name}")[0] for name in TABLES}  # noqa: S608

        return await database_of(storage).read(read)

    await add_admin(accounts, "Grace")
    grace = await accounts.users.find("Grace")
    assert grace.id == "local"
    other = await add_admin(accounts, "Ada")
    before = await counts()
    assert {name for name in TABLES if not before[name]} <= {
        *("queued_prompts", "preferences", "sessions", "tokens", "invites"),
        *("known_origins", "passkeys", "usage", "prompt_times"),
    }

    def ask(tx: object) -> None:
        workflow = begin_workflow(tx, "Kept", other.id)  # type: ignore[arg-type]
        put_message(tx, begin_round(tx, workflow), "user", "kept")  # type: ignore[arg-type]

    await storage.chats.write(ask)
    await sign_in(accounts, "Grace")
    await accounts.tokens.create(Actor(grace.id), grace.id, "Backup", Scope.READ)
    await accounts.invites.create_password_link(OPERATOR, grace.id)
    erased: list[str] = []

    async def erase(user_id: str) -> None:
        documents = await storage.accounts.read(lambda r: r.select_document_ids(user_id))
        assert documents
        erased.append(user_id)

    accounts.erase_with(erase)
    await accounts.users.delete(OPERATOR, grace.id)
    await accounts.settle()
    assert erased == [grace.id]
    assert await counts() == {
        **dict.fromkeys(TABLES, 0),
        **dict.fromkeys(("users", "accounts", "workflows", "rounds", "messages"), 1),
    }
    assert await storage.accounts.read(lambda reader: reader.select_deleted()) == []
    # The log goes on telling that it was done.
    actions = [event.action for event in (await accounts.log.page(user_id=grace.id)).entries]
    assert actions[0] == "user_deleted"
    await accounts.close()
    await storage.close()
    if current is None:
        from tests.copying.installations import check_indexes

        await asyncio.to_thread(check_indexes, folder)


async def test_what_could_not_be_erased_is_erased_after_the_next_start(
    folder: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder / "chat.sqlite"
    current = databases.current
    storage = await open_storage(current.address(path) if current else f"sqlite:{path}")
    accounts = make_accounts(storage, clock)
    await add_admin(accounts)
    await add_admin(accounts, "Grace")

    async def fail(_: str) -> None:
        raise OSError("the disk is gone")

    accounts.erase_with(fail)
    await accounts.users.delete(OPERATOR, "local")
    await accounts.settle()
    assert "could not be erased" in caplog.text
    assert await storage.accounts.read(lambda reader: reader.select_deleted()) == ["local"]
    await accounts.close()

    later = make_accounts(storage, clock)

    async def succeed(_: str) -> None: ...

    later.erase_with(succeed)
    await later.start()
    await later.settle()
    assert await storage.accounts.read(lambda reader: reader.select_deleted()) == []
    await later.close()
    await storage.close()


async def test_a_process_that_can_end_nothing_leaves_erasing_to_another(
    folder: Path, clock: Clock
) -> None:
    path = folder / "chat.sqlite"
    current = databases.current
    storage = await open_storage(current.address(path) if current else f"sqlite:{path}")
    command, server = make_accounts(storage, clock), make_accounts(storage, clock)
    erased, told = asyncio.Event(), asyncio.Event()

    async def erase(_: str) -> None:
        erased.set()

    server.erase_with(erase)
    server.on_revoked(lambda _: told.set())
    await server.start()
    await add_admin(command)
    await add_admin(command, "Grace")
    signed_in = await sign_in(server, origin=HOME)
    assert await server.identify_session(signed_in.secret) is not None
    await command.users.delete(OPERATOR, "local")
    await command.close()
    await erased.wait()
    await told.wait()
    await server.settle()
    assert await server.identify_session(signed_in.secret) is None
    assert await storage.accounts.read(lambda reader: reader.select_deleted()) == []
    await server.close()
    await storage.close()
