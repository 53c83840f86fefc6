"""Backups of a server that 20 conversations stream from."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx2
import orjson
import pytest

from quart_chat.cli import main
from quart_chat.events.sse import StreamParser
from tests.backup.test_command import FILE, KILLED, run_code
from tests.chaos.client import plain_client
from tests.copying.installations import check_indexes
from tests.server import ROOT, Server
from tests.waiting import until

pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(900)]

CONVERSATIONS = 20
BACKUP = (sys.executable, "-c", "import sys; from quart_chat.cli import main; sys.exit(main())")

Round = tuple[str, int]


class Conversations:
    """Chats in which one round follows the other.

    Attributes:
        complete: The chats and numbers of the rounds whose end has arrived.
        texts: How many pieces of answers have arrived.
    """

    def __init__(self, url: str) -> None:
        self.complete: set[Round] = set()
        self.pieces = 0
        self._url = url

    async def run(self) -> None:
        async with (
            plain_client(base_url=self._url, timeout=60) as http,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(CONVERSATIONS):
                group.create_task(self._talk(http))

    async def _talk(self, http: httpx2.AsyncClient) -> None:
        chat = None
        while True:
            body = {"prompt": "count 40 25ms", "assistant": "slow", "workflowId": chat}
            start = "/api/chatbot/start/stream"
            async with http.stream("POST", start, json=body) as response:
                assert response.status_code == 200, await response.aread()
                parser = StreamParser()
                async for chunk in response.aiter_bytes():
                    for frame in parser.feed(chunk):
                        payload = orjson.loads(frame.data)
                        chat = self._take(payload) or chat

    def _take(self, payload: dict[str, object]) -> str | None:
        """Take what came; the id of the chat, where that is told."""
        item = payload["item"]
        assert isinstance(item, dict)
        if payload["type"] == "delta":
            self.pieces += 1
        if payload["type"] == "complete":
            self.complete.add((item["workflowId"], item["roundNumber"]))
        return item["id"] if payload["type"] == "workflow" else None

    async def go_on(self) -> None:
        """Wait until more of each has been written."""
        pieces, ended = self.pieces, len(self.complete)
        await until(lambda: self.pieces >= pieces + 50 and len(self.complete) >= ended + 2)


@pytest.mark.parametrize(
    "times", [3, pytest.param(50, marks=pytest.mark.long)], ids=["a few", "many"]
)
@pytest.mark.parametrize("engine", ["file", "database"])
async def test_each_backup_has_all_rounds_that_were_complete_when_it_began(
    engine: str,
    times: int,
    start_server: Callable[..., Server],
    postgres_database: str,
    tmp_path: Path,
) -> None:
    env = {"QUART_CHAT_DATABASE": postgres_database if engine == "database" else ""}
    server = start_server(env={**env, "QUART_CHAT_MAX_RUNNING_ROUNDS": "100"})
    talks = Conversations(server.url)
    running = asyncio.create_task(talks.run())
    try:
        for number in range(times):
            await talks.go_on()
            complete, pieces = set(talks.complete), talks.pieces
            file = tmp_path / f"{number}.tar"
            await back_up(server, file, env)
            assert talks.pieces > pieces, "the conversations stood still"
            await asyncio.to_thread(check, file, tmp_path / str(number), complete)
            assert not running.done(), running.result()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_one_that_is_killed_disturbs_no_conversation(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server(env={"QUART_CHAT_MAX_RUNNING_ROUNDS": "100"})
    talks = Conversations(server.url)
    running = asyncio.create_task(talks.run())
    try:
        await talks.go_on()
        arguments = (KILLED, server.instance, FILE, "database", "backup")
        done = await asyncio.to_thread(run_code, *arguments, cwd=tmp_path)
        assert done.returncode == -9, done.stderr
        assert not (tmp_path / FILE).exists()
        await talks.go_on()
        complete = set(talks.complete)
        await back_up(server, tmp_path / FILE, {})
        await asyncio.to_thread(check, tmp_path / FILE, tmp_path / "restored", complete)
        assert not running.done(), running.result()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def back_up(server: Server, file: Path, env: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *BACKUP,
        *("backup", str(file), "--instance", str(server.instance)),
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    _, error = await process.communicate()
    assert process.returncode == 0, error.decode()


def check(file: Path, folder: Path, complete: set[Round]) -> None:
    """Restore a backup, and check that the copy is sound and has the rounds."""
    assert complete
    assert main(["restore", str(file), "--instance", str(folder)]) == 0
    with opened(folder) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
        rounds = copy.execute("SELECT workflow_id, number FROM rounds WHERE status = 'complete'")
        assert complete <= set(rounds.fetchall())
        answers = copy.execute(
            "SELECT DISTINCT content FROM messages JOIN rounds ON rounds.number = round_number"
            " AND rounds.workflow_id = messages.workflow_id"
            " WHERE role = 'assistant' AND rounds.status = 'complete'"
        )
        assert answers.fetchall() == [("".join(f"{n} " for n in range(1, 41)),)]
    check_indexes(folder)
    assert main(["check", "--instance", str(folder)]) == 0


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "chat.sqlite")) as connection:
        yield connection
