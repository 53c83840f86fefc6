"""The page about what fails: each of its lines is tried by tests, and these are which."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.client import following
from tests.chaos.proxy import ChaosProxy
from tests.cluster.nodes import SHARED, Client, asked, rounds_of
from tests.cluster.test_nodes import LONG, Nodes, check_all, stop
from tests.server import ROOT, Server
from tests.services.redis import RedisServer
from tests.waiting import until

PAGE = ROOT / "docs/discussion/what-fails.md"

NODES, KILLS = "cluster/test_nodes.py", "cluster/test_kills.py"
FAULTS, HERE = "cluster/test_broker_faults.py", "cluster/test_what_fails.py"
REDIS, RABBITMQ = "events/brokers/test_redis.py", "events/brokers/test_rabbitmq.py"
POSTGRES = "storage/postgres/test_server_gone.py"
PAGES = "browser/test_connection.py"
ROOM, GONE = "chaos/test_no_room.py", "storage/sqlite/test_database_gone.py"
LEASES = "storage/contract/test_nodes.py"

TRIED = {
    "A node is killed": [
        f"{NODES}::test_the_rounds_of_a_killed_node_end_once_with_all_that_was_shown",
        f"{KILLS}::test_every_tab_is_whole_and_every_round_ends_once",
        "cluster/test_nginx.py::test_a_node_is_killed_and_no_request_fails",
    ],
    "A node is frozen": [f"{NODES}::test_what_a_frozen_node_does_late_is_refused"],
    "A node is stopped or restarted": [
        f"{NODES}::test_a_node_that_is_stopped_ends_its_rounds_and_leaves",
        "test_shutdown.py::test_streams_get_a_last_word_and_the_server_is_gone",
    ],
    "All nodes are killed": [
        f"{NODES}::test_all_nodes_dead_the_first_that_starts_ends_their_rounds_at_once",
        f"{HERE}::test_all_nodes_are_killed_and_one_starts",
        f"{PAGES}::test_a_killed_server_comes_back_and_the_page_shows_what_was_kept",
    ],
    "A node that was reading a document is killed": [
        "cluster/test_documents.py::test_what_a_killed_node_was_reading_another_reads_once"
    ],
    "The broker is away or frozen": [
        f"{FAULTS}::test_while_redis_is_away_a_round_is_stopped_and_all_is_told_later",
        f"{REDIS}::test_a_frozen_server_is_said_and_loses_nothing",
        f"{RABBITMQ}::test_a_frozen_server_is_said_and_loses_nothing",
    ],
    "The broker has lost its data, or has older data": [
        f"{FAULTS}::test_every_tab_goes_on_and_has_all_in_the_end",
        "events/brokers/test_epochs.py::test_no_reader_is_silently_short",
        "events/brokers/test_gap.py::test_a_waiting_stream_is_woken_and_sends_reset",
    ],
    "Connections to the broker are cut": [
        f"{FAULTS}::test_every_tab_goes_on_and_has_all_in_the_end",
        f"{REDIS}::test_connections_that_are_cut_lose_nothing",
    ],
    "One node is cut off from the broker": [f"{HERE}::test_one_node_is_cut_off_from_the_broker"],
    "The broker is full": [
        f"{REDIS}::test_a_log_that_fills_the_memory_makes_room_for_itself",
        f"{RABBITMQ}::test_a_server_without_memory_is_said_and_loses_nothing",
    ],
    "The broker can't be reached at the start": [
        "test_cli.py::test_a_broker_that_can_not_be_used_is_said"
    ],
    "The database server is away": [
        f"{POSTGRES}::test_a_reader_hears_that_nothing_can_be_stored_and_that_it_can_again"
    ],
    "The database server answers nothing": [
        f"{POSTGRES}::test_a_server_that_says_nothing_is_waited_for_so_long_and_no_longer"
    ],
    "A connection breaks during a commit": [
        f"{POSTGRES}::test_a_transaction_whose_connection_breaks_is_undone",
        f"{POSTGRES}::test_a_commit_whose_answer_is_lost_is_asked_for",
    ],
    "The disk is full": [
        f"{ROOM}::test_an_answer_keeps_its_end_until_there_is_room",
        f"{ROOM}::test_a_server_that_stops_without_room_says_what_is_lost",
        f"{PAGES}::test_a_page_tells_that_nothing_can_be_stored_and_that_it_can_again",
    ],
    "The file is deleted, moved or replaced": [
        f"{GONE}::test_nothing_is_accepted_from_then_on",
        f"{GONE}::test_it_goes_on_with_the_same_file_once_that_is_back",
    ],
    "Another program locks the file": [
        "web/test_database.py::test_a_database_locked_by_another_program_is_503_until_it_is_free"
    ],
    "A tab loses its connection": [
        f"{PAGES}::test_a_tab_that_was_offline_catches_up",
        f"{PAGES}::test_a_short_gap_is_not_worth_a_word",
    ],
    "A connection falls silent": [f"{PAGES}::test_a_server_that_falls_silent_is_noticed"],
    "A clock is set back or ahead": [
        f"{LEASES}::test_a_lease_that_was_renewed_in_the_future_has_run_out"
    ],
    "A machine sleeps": [
        f"{LEASES}::test_a_node_that_slept_takes_over_only_after_a_lease_without_a_break"
    ],
}


def test_every_line_of_the_page_names_what_tries_it() -> None:
    rows = re.findall(r"^\| ([^|]+?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    lines = [row for row in rows if row not in {"what fails", "---"}]
    assert lines == list(TRIED)


@pytest.mark.parametrize("line", TRIED)
def test_what_tries_a_line_is_there(line: str) -> None:
    for name in TRIED[line]:
        path, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / "tests" / path).read_text("utf-8"), name


async def test_all_nodes_are_killed_and_one_starts(
    nodes: Nodes, start_node: Callable[[], Server]
) -> None:
    async with asked(nodes[0], LONG) as chat:
        client = Client(chat, *nodes)
        async with following(client):
            await client.written(1, 20)
        for node in nodes:
            node.process.kill()
    third = await asyncio.to_thread(start_node)
    await until(lambda: [row[1:3] for row in rounds_of(third, chat)] == [("error", "interrupted")])


@pytest_asyncio.fixture
async def proxy(redis_server: RedisServer) -> AsyncIterator[ChaosProxy]:
    redis_server.empty()
    async with ChaosProxy(redis_server.port) as proxy:
        yield proxy


@pytest.mark.nightly
async def test_one_node_is_cut_off_from_the_broker(
    start_server: Callable[..., Server],
    redis_server: RedisServer,
    proxy: ChaosProxy,
    tmp_path: Path,
) -> None:
    def start(port: int) -> Server:
        env = {**SHARED, "QUART_CHAT_BROKER": f"redis://127.0.0.1:{port}/0"}
        return start_server(instance=tmp_path / "instance", env=env)

    here = await asyncio.to_thread(start, redis_server.port)
    there = await asyncio.to_thread(start, proxy.port)
    async with asked(here, LONG) as chat:
        clients = [Client(chat, here), Client(chat, there)]
        async with following(*clients):
            await asyncio.gather(*(client.written(1, 100) for client in clients))
            proxy.dead = True
            seen = clients[1]._length(1)
            await clients[0].written(1, seen + 500)
            assert clients[1]._length(1) < seen + 100
            # Pages and commands still work there.
            assert [row[1] for row in rounds_of(there, chat)] == ["running"]
            assert await stop(there, chat) == "stopped"
            await until(lambda: clients[0].ends)
            proxy.dead = False
            await until(lambda: clients[1].ends)
    assert await check_all([here, there], chat, *clients) == ["stopped"]


@pytest.fixture(autouse=True)
def broker() -> str:
    return "bus"
