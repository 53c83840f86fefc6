"""Stopping a round, also from another node than the one that runs it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from quart_chat.chat.access import check_id, found_workflow
from quart_chat.chat.models import Round, RoundStatus, Workflow, WorkflowStatus
from quart_chat.chat.rounds.context import RoundContext
from quart_chat.chat.rounds.ending.recovery import end_orphaned_round
from quart_chat.chat.rounds.start import Rounds
from quart_chat.chat.storage import ChatReader
from quart_chat.cluster.control import ControlChannel
from quart_chat.errors import DatabaseUnavailable, Unavailable
from quart_chat.events import Subscription
from quart_chat.texts import _

STOP = "stop"
"""The type of the control event that asks for a stop."""


class Stops:
    """Stops rounds wherever they run: here, on other nodes that are asked to, or nowhere any more.

    A request is stored before it is told: a node also looks for it with each of its beats, and one
    that takes the round over ends it as stopped.
    """

    def __init__(self, context: RoundContext, rounds: Rounds, control: ControlChannel) -> None:
        self._context = context
        self._rounds = rounds
        self._control = control
        self._tasks: set[asyncio.Task[object]] = set()

    def listen(self) -> None:
        """Stop from now on what other nodes ask for."""
        self._control.listen(STOP, self._obey)
        self._context.node.on_beat(self._look)

    async def stop(self, workflow: Workflow, number: int | None = None) -> Round | None:
        """Stop the running round, and return how it has ended; None where none runs.

        Args:
            workflow: Its workflow.
            number: Stop this round alone, and none that has begun since.

        Raises:
            Unavailable: Its node neither answers nor counts as dead yet.
        """
        stopped = await self._rounds.stop(workflow.id, number)
        if stopped is not None or workflow.status is not WorkflowStatus.RUNNING:
            return stopped
        return await self._end(workflow) if number in (None, workflow.head) else None

    async def find(self, workflow_id: str, number: int | None = None) -> Workflow | None:
        """The workflow of whichever user, if the round runs; None if it has ended.

        Raises:
            NotFound: There is no such workflow.
        """
        check_id(workflow_id)
        workflow = found_workflow(
            await self._context.storage.read(lambda reader: reader.select_workflow(workflow_id))
        )
        runs = workflow.status is WorkflowStatus.RUNNING and number in (None, workflow.head)
        return workflow if runs else None

    async def _end(self, workflow: Workflow) -> Round | None:
        """End the round of a workflow that does not run on this node, and return how it has ended.

        It runs on another node, or nowhere: its end could not be stored.

        Raises:
            Unavailable: Its node neither answers nor counts as dead yet.
        """
        node = self._context.node

        def read(reader: ChatReader) -> tuple[Round | None, bool]:
            head = reader.select_round(workflow.id, workflow.head or 0)
            return head, head is not None and reader.runs_elsewhere(head, node.id)

        head, elsewhere = await self._context.storage.read(read)
        if head is None:
            return None
        if elsewhere or not node.may_take_over:
            return await self._stop(head)
        runs_here = self._rounds.running.__contains__
        return await end_orphaned_round(
            head, self._context, self._rounds.succession, lambda: runs_here(workflow.id)
        )

    async def _stop(self, round_: Round) -> Round | None:
        """Have a round stopped, and return how it has ended once that is stored.

        Raises:
            Unavailable: Its node neither answers nor counts as dead yet.
        """
        context, loop = self._context, asyncio.get_running_loop()
        # A dead node's round is taken over by then.
        deadline = loop.time() + 1.5 * context.node.lease + context.timeouts.look
        async with context.events.subscribe(round_.workflow_id) as subscription:
            await context.storage.write(lambda tx: tx.request_stop(round_, time.time()))
            await self._control.tell(STOP, workflowId=round_.workflow_id, number=round_.number)
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(context.timeouts.look):
                        await _end_of(round_, subscription)
                ended = await self._ended(round_)
                if ended is not None or context.closing.is_set():
                    return ended
                if loop.time() > deadline:
                    raise Unavailable(_("The answer can't be stopped for now. Try again."))

    async def _ended(self, round_: Round) -> Round | None:
        """How a round has ended, or ends now as its node is dead; None where it runs."""
        stored = await self._context.storage.read(
            lambda reader: reader.select_round(round_.workflow_id, round_.number)
        )
        if stored is None or stored.status is not RoundStatus.RUNNING:
            return stored
        if not self._context.node.may_take_over:
            return None
        return await end_orphaned_round(round_, self._context, self._rounds.succession)

    def _obey(self, request: dict[str, Any]) -> None:
        self._begin(self._rounds.stop(request["workflowId"], request["number"]))

    def _look(self) -> None:
        """Look for a request that was not heard."""
        if self._rounds.running:
            self._begin(self._stop_requested())

    async def _stop_requested(self) -> None:
        node_id = self._context.node.id
        with suppress(DatabaseUnavailable):
            for workflow_id, number in await self._context.storage.read(
                lambda reader: reader.select_stop_requests(node_id)
            ):
                self._begin(self._rounds.stop(workflow_id, number))

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # the round itself has logged it


async def _end_of(round_: Round, subscription: Subscription) -> None:
    """Wait for a round's terminal event, or for what may have hidden it."""
    while True:
        batch = await subscription.read()
        if batch is None or subscription.lost:
            return
        if any(e.terminal and e.data["roundNumber"] >= round_.number for e in batch.events):
            return
