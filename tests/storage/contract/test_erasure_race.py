"""Requests that were let in before their user was deleted store nothing that outlives the user."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from quart_chat.accounts.models import LOCAL_USER, User
from quart_chat.assistants.decorator import assistant
from quart_chat.assistants.protocol import Output, Question, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.service import ChatService
from quart_chat.chat.usage.models import DailyUsage
from quart_chat.documents.service import DocumentService
from quart_chat.errors import ChatError, Unauthenticated
from quart_chat.limits import parse_limits
from quart_chat.storage import Storage, open_storage
from quart_chat.storage.statements import Statements
from quart_chat.web.auth.opening import erase_user
from tests.accounts.parts import OPERATOR, Clock, add_admin, add_user, database_of, make_accounts
from tests.chat.managers import make_manager
from tests.chat.parts import TIMEOUTS, render

TABLES = {
    **dict.fromkeys(("workflows", "documents", "preferences", "usage", "prompt_times"), "user_id"),
    **dict.fromkeys(("accounts", "sessions", "tokens", "passkeys", "invites"), "user_id"),
    "users": "id",
}
BEFORE = 3
"""Requests of each kind that are answered before the user is deleted."""
MOST = 300
"""Requests of each kind that are sent where none is refused."""


class Process:
    """A process on a store, with requests of a user that it has let in."""

    def __init__(self, storage: Storage, folder: Path) -> None:
        self.storage = storage
        self.folder = folder
        self.events = make_manager()

        @assistant("echo")
        async def echo(question: Question) -> AsyncIterator[Output]:
            yield Text(question.prompt)

        self.chat = ChatService(
            storage.chats,
            self.events,
            {"echo": echo},
            "echo",
            render=render,
            limits=ChatLimits(roles={"user": parse_limits("prompts_per_minute=1000")}),
            timeouts=TIMEOUTS,
        )
        self.documents = DocumentService(storage.documents, self.events, folder)

    async def open(self, stack: AsyncExitStack) -> None:
        stack.push_async_callback(self.events.close)
        stack.push_async_callback(self.documents.close)
        stack.push_async_callback(self.chat.close)
        await self.documents.recover()

    def requests(self, user_id: str) -> dict[str, Callable[[int], Awaitable[object]]]:
        """What the user sends, by kind; each says which number it is."""

        async def chunks() -> AsyncGenerator[bytes]:
            yield b"# Kiwi\n"

        return {
            "ask": lambda _: self.chat.start(Ask(user_id, "hello")),
            "upload": lambda _: self.documents.add(user_id, "kiwi.md", chunks()),
            "prefer": lambda n: self.chat.preferences.change(user_id, system_prompt=f"Be {n}."),
        }


@pytest.fixture
async def processes(
    storage: Storage, url: str, tmp_path: Path
) -> AsyncGenerator[tuple[Process, Process]]:
    """Two processes, with connections of their own and the same folder of files."""
    async with AsyncExitStack() as stack:
        other = await open_storage(url)
        stack.push_async_callback(other.close)
        folder = tmp_path / "documents"
        opened = Process(storage, folder), Process(other, folder)
        for process in opened:
            await process.open(stack)
        yield opened


async def send_until_refused(
    send: Callable[[int], Awaitable[object]], answered: asyncio.Semaphore
) -> bool:
    """Send requests one after the other; whether one was told that the account is gone."""
    for number in range(MOST):
        try:
            await send(number)
        except Unauthenticated:
            return True
        except ChatError:  # such as too many that run
            await asyncio.sleep(0)
        answered.release()
    return False


async def left_of(storage: Storage, user_id: str) -> dict[str, int]:
    def read(statements: Statements) -> dict[str, int]:
        counts = {}
        for table, column in TABLES.items():
            sql = f"SELECT count(*) FROM {table} WHERE {column} = ?"  # noqa: S608
            row = statements.fetch_one(sql, (user_id,))
            counts[table] = row[0] if row else 0
        return counts

    return await database_of(storage).read(read)


async def test_nothing_is_left_of_a_deleted_user_whose_requests_go_on(
    processes: tuple[Process, Process],
) -> None:
    here = processes[0]
    accounts = make_accounts(here.storage, Clock(time.time()))
    accounts.erase_with(partial(erase_user, here.chat, here.documents))
    await add_admin(accounts)
    user: User = await add_user(accounts)
    answered = asyncio.Semaphore(0)
    senders = [
        asyncio.create_task(send_until_refused(send, answered))
        for process in processes
        for send in process.requests(user.id).values()
    ]
    for _ in range(BEFORE * len(senders)):
        await answered.acquire()
    await accounts.users.delete(OPERATOR, user.id)
    assert all(await asyncio.gather(*senders))
    while await here.storage.accounts.read(lambda reader: reader.select_deleted()):
        await accounts.erase_deleted()
        await accounts.settle()
    for process in processes:
        await process.chat.close()
        await process.documents.close()
    assert await left_of(here.storage, user.id) == dict.fromkeys(TABLES, 0)
    assert list(here.folder.iterdir()) == []
    await accounts.close()


async def test_what_an_erased_user_used_is_not_counted(storage: Storage) -> None:
    accounts = make_accounts(storage, Clock())
    await add_admin(accounts)
    used = DailyUsage("2027-01-31", "m", 1, 2, 3)
    await storage.chats.write(lambda tx: tx.add_usage("gone", used))
    await storage.chats.write(lambda tx: tx.update_prompt_times("gone", (1.0,)))
    assert await left_of(storage, "gone") == dict.fromkeys(TABLES, 0)
    await accounts.close()


async def test_the_id_of_the_machine_is_given_to_no_other_account(storage: Storage) -> None:
    accounts = make_accounts(storage, Clock())
    first = await add_admin(accounts)
    await add_user(accounts)
    assert first.id == LOCAL_USER
    await storage.accounts.write(lambda tx: tx.delete_user(first.id, 1.0))
    while await storage.accounts.write(lambda tx: tx.erase_some(first.id)):
        pass
    with pytest.raises(Unauthenticated):
        await storage.chats.write(lambda tx: tx.next_list_seq(LOCAL_USER, 1.0))
    assert (await add_admin(accounts, "Grace")).id != LOCAL_USER
    # A server without accounts uses it all the same, from its start on.
    await storage.accounts.write(lambda tx: tx.make_known(LOCAL_USER, 1.0))
    assert await storage.chats.write(lambda tx: tx.next_list_seq(LOCAL_USER, 1.0)) == 1
    await accounts.close()
