"""Leases, and what they decide: who runs a round, and who may take one over."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from quart_chat.chat.models import Round
from quart_chat.chat.rounds.factories import new_round
from quart_chat.chat.storage import ChatTransaction
from quart_chat.cluster.node import Node
from quart_chat.cluster.storage import NodeBroker
from quart_chat.storage import Storage
from quart_chat.storage.statements import Database
from tests.documents.waiting import new_document
from tests.storage.contract.chats import begin_workflow, end_round

SHORT = 0.05
"""Seconds of a lease that runs out in a test."""


def begin_round(tx: ChatTransaction, node_id: str) -> Round:
    workflow = begin_workflow(tx)
    round_ = new_round(workflow.id, 1, "scripted", 1.0)
    tx.insert_round(round_, None, node_id)
    return round_


async def run_out(storage: Storage, node_id: str) -> None:
    """Wait until a node's lease has run out."""
    await storage.nodes.renew_lease("watcher", 60)
    while node_id not in (await storage.nodes.renew_lease("watcher", 60)).expired:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0)
    await storage.nodes.end_lease("watcher")


async def test_a_lease_is_renewed_until_it_has_run_out(storage: Storage) -> None:
    assert not (await storage.nodes.renew_lease("a", 60)).unbroken
    assert (await storage.nodes.renew_lease("a", 60)).unbroken
    await storage.nodes.renew_lease("a", SHORT)
    await run_out(storage, "a")
    assert not (await storage.nodes.renew_lease("a", SHORT)).unbroken


async def test_a_lease_that_has_run_out_is_renewed_for_as_long_as_is_asked(
    storage: Storage,
) -> None:
    await storage.nodes.renew_lease("a", SHORT)
    await run_out(storage, "a")
    await storage.nodes.renew_lease("a", 60)
    assert (await storage.nodes.renew_lease("b", 60)).next_expiry > 50


async def test_a_node_looks_at_a_lease_as_soon_as_it_runs_out(storage: Storage) -> None:
    taken = asyncio.Event()

    async def take_over(expired: tuple[str, ...]) -> None:
        if "a" in expired:
            taken.set()

    await storage.nodes.renew_lease("a", SHORT)
    node = Node(storage.nodes, lease=600)
    node.on_take_over(take_over)
    await node.join(alone=True)
    node.start()
    # Its own next beat is minutes away.
    async with asyncio.timeout(20):
        await taken.wait()
    await node.leave()


async def test_the_oldest_node_leads(storage: Storage) -> None:
    # The clock counts milliseconds: of two that start in the same one, the first by name leads.
    assert (await storage.nodes.renew_lease("a", 60)).leads
    assert not (await storage.nodes.renew_lease("b", 60)).leads
    await storage.nodes.end_lease("a")
    assert (await storage.nodes.renew_lease("b", 60)).leads


async def test_a_node_that_renews_its_lease_lives_however_long_that_takes(storage: Storage) -> None:
    # A lease that has run out by the end of the transaction.
    beat = await storage.nodes.renew_lease("a", -1)
    assert beat.leads
    assert beat.expired == ()


async def test_a_node_is_told_the_brokers_of_the_others_that_live(storage: Storage) -> None:
    bus, redis = NodeBroker("bus", "e1"), NodeBroker("redis://host/0", "e2")
    await storage.nodes.renew_lease("a", SHORT, redis)
    await run_out(storage, "a")
    await storage.nodes.renew_lease("b", 60, redis)
    await storage.nodes.renew_lease("b", 60, bus)
    await storage.nodes.renew_lease("of an older release", 60)
    assert (await storage.nodes.renew_lease("c", 60, redis)).brokers == (bus,)
    assert (await storage.nodes.renew_lease("b", 60, bus)).brokers == (redis,)


async def test_only_nodes_whose_lease_has_run_out_are_removed(storage: Storage) -> None:
    await storage.nodes.renew_lease("a", SHORT)
    await storage.nodes.renew_lease("b", 60)
    await run_out(storage, "a")
    assert await storage.nodes.remove_expired_nodes(["a", "b", "c"]) == ("a",)
    assert await storage.nodes.remove_expired_nodes(["a"]) == ()
    assert (await storage.nodes.renew_lease("b", 60)).expired == ()


async def test_a_round_is_its_nodes_until_another_takes_it_over(storage: Storage) -> None:
    await storage.nodes.renew_lease("a", SHORT)
    await storage.nodes.renew_lease("b", 60)
    round_ = await storage.chats.write(lambda tx: begin_round(tx, "a"))
    assert await storage.chats.read(lambda r: r.select_orphaned_rounds("a")) == []
    await run_out(storage, "a")
    assert await storage.chats.write(lambda tx: tx.owns_round(round_, "a"))
    assert await storage.chats.read(lambda r: r.select_orphaned_rounds("b")) == [round_]
    assert not await storage.chats.read(lambda r: r.runs_elsewhere(round_, "b"))
    assert await storage.chats.write(lambda tx: tx.take_over_round(round_, "b"))
    assert not await storage.chats.write(lambda tx: tx.owns_round(round_, "a"))
    assert await storage.chats.write(lambda tx: tx.owns_round(round_, "b"))
    assert await storage.chats.read(lambda r: r.runs_elsewhere(round_, "a"))


async def test_the_round_of_a_node_that_lives_is_left_to_it(storage: Storage) -> None:
    await storage.nodes.renew_lease("a", 60)
    await storage.nodes.renew_lease("b", 60)
    round_ = await storage.chats.write(lambda tx: begin_round(tx, "a"))
    assert not await storage.chats.write(lambda tx: tx.take_over_round(round_, "b"))
    assert await storage.chats.write(lambda tx: tx.take_over_round(round_, "a"))
    assert await storage.chats.read(lambda r: r.runs_elsewhere(round_, "b"))


async def test_a_node_whose_own_lease_has_run_out_takes_nothing_over(storage: Storage) -> None:
    for node_id in ("a", "b"):
        await storage.nodes.renew_lease(node_id, SHORT)
    round_ = await storage.chats.write(lambda tx: begin_round(tx, "a"))
    for node_id in ("a", "b"):
        await run_out(storage, node_id)
    assert not await storage.chats.write(lambda tx: tx.take_over_round(round_, "b"))
    await storage.nodes.renew_lease("b", 60)
    assert await storage.chats.write(lambda tx: tx.take_over_round(round_, "b"))


async def test_without_leases_the_one_process_there_is_takes_over(storage: Storage) -> None:
    round_ = await storage.chats.write(lambda tx: begin_round(tx, "dead"))
    assert await storage.chats.write(lambda tx: tx.take_over_round(round_, "alive"))
    ended = await storage.chats.write(lambda tx: end_round(tx, round_))
    assert not await storage.chats.write(lambda tx: tx.take_over_round(ended, "alive"))
    assert not await storage.chats.write(lambda tx: tx.owns_round(ended, "alive"))


async def test_a_stop_is_asked_for_as_long_as_the_round_runs(storage: Storage) -> None:
    round_ = await storage.chats.write(lambda tx: begin_round(tx, "a"))
    assert await storage.chats.read(lambda r: r.select_stop_requests("a")) == []
    assert await storage.chats.write(lambda tx: tx.request_stop(round_, 1.0))
    assert await storage.chats.read(lambda r: r.select_stop_requests("a")) == [
        (round_.workflow_id, round_.number)
    ]
    assert await storage.chats.read(lambda r: r.is_stop_requested(round_))
    await storage.chats.write(lambda tx: end_round(tx, round_))
    assert not await storage.chats.write(lambda tx: tx.request_stop(round_, 1.0))
    assert await storage.chats.read(lambda r: r.select_stop_requests("a")) == []


async def test_a_document_is_claimed_by_one_node_that_lives(storage: Storage) -> None:
    waiting = new_document("ada")
    await storage.nodes.renew_lease("a", 60)
    await storage.nodes.renew_lease("b", 60)
    await storage.documents.write(lambda tx: tx.next_list_seq("ada", 1.0))
    await storage.documents.write(lambda tx: tx.upsert_document(waiting))
    assert await storage.documents.write(lambda tx: tx.claim_document(waiting.id, "a"))
    await storage.nodes.renew_lease("a", SHORT)
    await run_out(storage, "a")
    assert await storage.documents.read(lambda r: r.select_orphaned("b")) == [waiting]
    assert await storage.documents.write(lambda tx: tx.claim_document(waiting.id, "b"))
    assert not await storage.documents.write(lambda tx: tx.owns_document(waiting.id, "a"))
    assert not await storage.documents.write(lambda tx: tx.claim_document(waiting.id, "a"))
    assert await storage.documents.read(lambda r: r.select_orphaned("a")) == []


async def shift_leases(storage: Storage, seconds: float) -> None:
    """Have all leases been renewed so much earlier or later, as where a clock was set."""
    database: Database = cast("Any", storage.nodes)._database
    sql = f"UPDATE nodes SET beat_at = beat_at + {seconds}"  # noqa: S608 - a number
    await database.write(lambda statements: statements.fetch(sql))


async def test_a_lease_that_was_renewed_in_the_future_has_run_out(storage: Storage) -> None:
    await storage.nodes.renew_lease("a", 60)
    await storage.nodes.renew_lease("b", 60)
    await shift_leases(storage, 1000)
    assert (await storage.nodes.renew_lease("b", 60)).expired == ("a",)
    # It lives again as soon as it says so, and then as before.
    assert not (await storage.nodes.renew_lease("a", 60)).unbroken
    assert (await storage.nodes.renew_lease("a", 60)).unbroken
    assert (await storage.nodes.renew_lease("b", 60)).expired == ()


async def test_a_node_that_slept_takes_over_only_after_a_lease_without_a_break(
    storage: Storage,
) -> None:
    node, other = Node(storage.nodes, lease=60), Node(storage.nodes, lease=60)
    await node.join(alone=True)
    await other.join(alone=False)
    assert (node.may_take_over, other.may_take_over) == (True, False)
    await shift_leases(storage, -1000)
    assert (await node._renew(storage.nodes)).expired == (other.id,)
    assert not node.may_take_over
