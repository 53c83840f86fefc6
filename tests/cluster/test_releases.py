"""Nodes of two releases side by side, for the length of an upgrade."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.client import following
from tests.cluster.conftest import on_every_broker
from tests.cluster.nodes import SHARED, Client, asked, rounds_of
from tests.cluster.test_nginx import unless_failed
from tests.cluster.test_nodes import check_all, stop
from tests.server import ROOT, TEST_SERVER, Server
from tests.waiting import until

pytestmark = [pytest.mark.long, pytest.mark.timeout(240), pytest.mark.sqlite]

CODE = ("quart_chat", "static", "templates")
MIGRATIONS = "quart_chat/storage/sqlite/migrations"

LONG = "count 20000 5ms"

StartRelease = Callable[..., Server]


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def unpack(commit: str, folder: Path) -> Path:
    """Write the files of a commit to a folder."""
    folder.mkdir()
    archive = folder / "files.tar"
    git("archive", "--output", str(archive), commit)
    shutil.unpack_archive(archive, folder, filter="data")
    return folder


@pytest.fixture
def start_release(start_server: Callable[..., Server], tmp_path: Path, broker: str) -> StartRelease:
    """Starts a node whose program is in a folder."""

    def start(program: Path, port: int = 0) -> Server:
        env = {
            **SHARED,
            "QUART_CHAT_BROKER": broker,
            # Starting programs takes so much of a machine that two seconds are too short a lease.
            "QUART_CHAT_NODE_LEASE": "8",
            "PYTHONPATH": str(program),
        }
        return start_server(instance=tmp_path / "instance", command=TEST_SERVER, port=port, env=env)

    return start


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The program as it was before the last change of it that left the tables as they are."""
    here = git("ls-tree", "HEAD", f"{MIGRATIONS}/")
    for commit in git("rev-list", "HEAD", "--", *CODE).splitlines()[1:]:
        if git("ls-tree", commit, f"{MIGRATIONS}/") == here:
            return unpack(commit, tmp_path / "before")
        break
    pytest.skip("The last change of the program has changed the tables")


@on_every_broker
async def test_tabs_go_on_while_one_node_after_the_other_is_upgraded(
    start_release: StartRelease, before: Path
) -> None:
    first, second = start_release(before), start_release(before)
    async with asked(first, LONG) as chat:
        tabs = [Client(chat, first), Client(chat, second)]
        async with following(*tabs) as tasks:
            await unless_failed(tasks, written(tabs, 1, 100))
            assert await asyncio.to_thread(second.terminate) == 0
            new = await asyncio.to_thread(start_release, ROOT, port_of(second))
            # The round goes on at the old node, and both tabs show it, one of them at the new one.
            await unless_failed(tasks, written(tabs, 1, tabs[0]._length(1) + 100))
            assert tabs[1].connections > 1
            assert await stop(new, chat) == "stopped"
        assert await check_all([first, new], chat, *tabs) == ["stopped"]

    # A round of the new node is shown at the old one, and stopped there.
    async with asked(new, LONG, chat), following(*tabs) as tasks:
        await unless_failed(tasks, written(tabs, 2, 100))
        assert await stop(first, chat) == "stopped"
    assert await check_all([first, new], chat, *tabs) == ["stopped", "stopped"]

    async with asked(first, LONG, chat), following(*tabs) as tasks:
        await unless_failed(tasks, written(tabs, 3, 100))
        assert await asyncio.to_thread(first.terminate) == 0
        await unless_failed(tasks, until(lambda: 3 in tabs[1].ends))
        other = await asyncio.to_thread(start_release, ROOT, port_of(first))
        await unless_failed(tasks, until(lambda: 3 in tabs[0].ends))
    assert await check_all([other, new], chat, *tabs) == ["stopped", "stopped", "error"]
    assert [row[1:3] for row in rounds_of(new, chat)][-1] == ("error", "interrupted")


async def written(tabs: list[Client], number: int, characters: int) -> None:
    """Wait until all tabs have so many characters of a round's answer."""
    for tab in tabs:
        await tab.written(number, characters)


async def test_a_release_with_older_tables_does_not_start_beside_a_newer_one(
    start_release: StartRelease, tmp_path: Path
) -> None:
    changed = git("log", "-1", "--format=%H", "--no-merges", "--", MIGRATIONS)
    older = unpack(f"{changed}~1", tmp_path / "older")
    new = await asyncio.to_thread(start_release, ROOT)
    with pytest.raises(RuntimeError, match="Install the newer program again"):
        await asyncio.to_thread(start_release, older)
    async with asked(new, "count 3 0ms") as chat:
        pass
    assert await check_all([new], chat, Client(chat, new)) == ["complete"]


def port_of(server: Server) -> int:
    return int(server.url.rpartition(":")[2])
