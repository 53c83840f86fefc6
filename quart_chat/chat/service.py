"""What a person can do with chats."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from quart_chat.assistants.parameters import Parameters, check_parameters
from quart_chat.assistants.protocol import Assistant
from quart_chat.chat.access import check_id, found_workflow, get_workflow, no_workflow
from quart_chat.chat.ask import Ask
from quart_chat.chat.deletion.deletions import Deletions
from quart_chat.chat.deletion.purge import PurgeJob
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.lists import ChatLists
from quart_chat.chat.models import Round, TitleSource, Workflow, WorkflowStatus
from quart_chat.chat.preferences.service import PreferenceService
from quart_chat.chat.queue.service import PromptQueue
from quart_chat.chat.rounds.admission import Admission
from quart_chat.chat.rounds.begun import Started
from quart_chat.chat.rounds.context import RoundContext, RoundTimeouts
from quart_chat.chat.rounds.ending.recovery import recover_rounds
from quart_chat.chat.rounds.ending.stops import Stops
from quart_chat.chat.rounds.recording.checkpoints import Checkpointer
from quart_chat.chat.rounds.start import Rounds
from quart_chat.chat.rounds.titling import Titling
from quart_chat.chat.shares import Sharing
from quart_chat.chat.storage import WHOLE, ChatReader, ChatStorage, PartBounds
from quart_chat.chat.transfer.imports import Imports
from quart_chat.chat.tree import RoundTree, show_branch
from quart_chat.chat.unit_of_work import Committer, UnitOfWork
from quart_chat.chat.usage.service import open_usage
from quart_chat.chat.views import Snapshot
from quart_chat.cluster.control import ControlChannel
from quart_chat.cluster.node import Node
from quart_chat.events import StreamingEventManager
from quart_chat.markdown.rendering import Render
from quart_chat.plaintext import clean_system_prompt, clean_title
from quart_chat.policies import ContextPolicies


class ChatService:
    """Starts, stops, changes and reads chats; each call is on behalf of a user.

    What belongs to another user is NotFound, just as what does not exist.

    Attributes:
        events: Where every change is emitted.
        assistants: Those that can be asked, by name.
        default_assistant: The name of the one that is asked in a new chat where none is named.
        rounds: Those that run.
        stops: What stops them, on whichever node they run.
        queue: The prompts that wait.
        tree: How the rounds of a chat hang together.
        imports: What takes chats from files.
        lists: The lists that users have of their chats.
        sharing: The links that chats can be read with.
        preferences: What users set for themselves.
        deletions: What deletes all chats of a user, and restores them.
        usage: What users have used, and may use; None where that is not counted.
    """

    def __init__(
        self,
        storage: ChatStorage,
        events: StreamingEventManager,
        assistants: Mapping[str, Assistant],
        default_assistant: str,
        *,
        render: Render,
        limits: ChatLimits | None = None,
        timeouts: RoundTimeouts | None = None,
        node: Node | None = None,
        control: ControlChannel | None = None,
        model_titles: bool = True,
    ) -> None:
        self.events = events
        self.assistants = assistants
        self.default_assistant = default_assistant
        self._storage = storage
        self._node = node or Node()
        self._limits = limits or ChatLimits()
        self.usage = open_usage(storage, self._limits.roles)
        counts = self.usage is not None
        begin = partial(UnitOfWork, node_id=self._node.id, counts_usage=counts)
        self._committer = Committer(storage, events, begin)
        timeouts = timeouts or RoundTimeouts()
        checkpointer = Checkpointer(storage, self._node.id, timeouts.checkpoint)
        self._context = RoundContext(
            storage, self._node, self._committer, checkpointer, events, render, timeouts
        )
        self.rounds = Rounds(
            self._context,
            assistants,
            default_assistant,
            Titling(self._context, self.usage, is_on=model_titles),
            max_prompt=self._limits.prompt_chars,
            admission=Admission(self._limits.running_rounds, self.usage, assistants.values()),
        )
        self.stops = Stops(self._context, self.rounds, control or ControlChannel(events))
        self.queue = PromptQueue(
            storage,
            self._committer,
            self.rounds,
            self.stops.stop,
            max_queued=self._limits.queued_prompts,
        )
        self.tree = RoundTree(storage, self.rounds)
        self.imports = Imports(
            self._committer, render, assistants, max_title=self._limits.title_chars
        )
        self.lists = ChatLists(storage, self._limits.search_seconds)
        self.sharing = Sharing(storage, self._committer)
        self.preferences = PreferenceService(storage, assistants, self._limits)
        self._purge_job = PurgeJob(storage, self._limits.undo_seconds, self._node)
        self.deletions = Deletions(storage, self._committer, self.delete, self._purge_job)

    @property
    def max_prompt(self) -> int:
        """Characters in a prompt."""
        return self._limits.prompt_chars

    async def start(self, ask: Ask) -> Started:
        """Start a round. Which documents may be named is for the caller to check.

        Raises:
            InvalidInput: The prompt is blank or no text, or there is no such assistant, or it has
                no models.
            PromptTooLong: The prompt has too many characters.
            NotFound: There is no such workflow, or no such round to replace.
            RoundRunning: A round of the workflow runs already.
            ModelNotAllowed: The user may not ask the model.
            TooManyRequests: As many rounds of the user run as may, or a limit is reached.
            Unavailable: The service is closing, or the database can't be written.
        """
        return await self.rounds.start(ask)

    async def stop(self, user_id: str, workflow_id: str, number: int | None = None) -> Round | None:
        """Stop the running round, or the one of this number, and return how it has ended, if any.

        Its end is stored by then, unless the database refuses it, which is tried again until it is.

        Raises:
            Unavailable: Another process runs it, which doesn't answer for now.
        """
        return await self.stops.stop(await self.workflow(user_id, workflow_id), number)

    # Workflows

    async def change(
        self,
        user_id: str,
        workflow_id: str,
        *,
        title: str | None = None,
        pinned: bool | None = None,
        system_prompt: str | None = None,
        parameters: Parameters | None = None,
        read_seq: int | None = None,
        head: int | None = None,
    ) -> Workflow:
        """Change what is given of a workflow: all of it at once, or nothing.

        Args:
            user_id: Whose workflow.
            workflow_id: Which one.
            title: Another title.
            pinned: Whether it stays at the top of the list.
            system_prompt: What a model is told before all else; empty for what all are told.
            parameters: What a model is asked beside its messages; empty for nothing.
            read_seq: Up to where the user has seen it; a change only if an answer was unread.
            head: Show the branch that leads to the newest round below this one.

        Raises:
            InvalidInput: The title is blank, a text is too long, or a parameter can't be used.
            NotFound: There is no such workflow, or no such round in it.
            RoundRunning: A round runs, and another branch is to be shown.
        """
        check_id(workflow_id)
        wanted: dict[str, Any] = {}
        if title is not None:
            wanted["title"] = clean_title(title, self._limits.title_chars)
            wanted["titled_by"] = TitleSource.PERSON
        if pinned is not None:
            wanted["pinned"] = pinned
        if system_prompt is not None:
            limit = self._limits.system_prompt_chars
            wanted["system_prompt"] = clean_system_prompt(system_prompt, limit)
        if parameters is not None:
            wanted["parameters"] = check_parameters(parameters)

        def change(unit: UnitOfWork) -> Workflow:
            workflow = get_workflow(unit, user_id, workflow_id)
            changes = dict(wanted)
            if read_seq is not None and workflow.unread and read_seq >= workflow.answered_seq:
                changes["read_seq"] = workflow.answered_seq
            if head is not None:
                changes |= show_branch(unit, workflow, head)
            return unit.put_workflow(workflow, time.time(), **changes) if changes else workflow

        return await self._committer.commit(change)

    async def delete(self, user_id: str, workflow_id: str, now: float | None = None) -> None:
        """Delete a workflow, as of ``now``; a running round is stopped first.

        What it holds is erased after the time in which :meth:`restore` brings it back.
        """
        check_id(workflow_id)

        def change(unit: UnitOfWork) -> bool:
            workflow = get_workflow(unit, user_id, workflow_id)
            if workflow.status is WorkflowStatus.RUNNING:
                return False
            moment = now or time.time()
            unit.put_workflow(workflow, moment, deleted=True, deleted_at=moment)
            return True

        def notice(deleted: bool) -> None:
            if deleted:
                self._purge_job.notice()

        # Between the stop and the deletion a new round may begin.
        deleted = False
        while not deleted:
            await self.stop(user_id, workflow_id)
            await self.rounds.settle(workflow_id)
            if not (deleted := await self._committer.commit(change, notice)):
                self.rounds.check_open()  # its node may not answer before this one ends

    async def restore(self, user_id: str, workflow_id: str) -> Workflow:
        """Bring a deleted workflow back; see :meth:`Deletions.restore`."""
        return await self.deletions.restore(user_id, workflow_id)

    async def recoverable(self, user_id: str, workflow_id: str) -> Workflow | None:
        """Read a deleted workflow that can be restored; None where there is none."""
        return await self._storage.read(
            lambda reader: reader.select_recoverable(workflow_id, user_id)
        )

    async def workflow(self, user_id: str, workflow_id: str) -> Workflow:
        """Read a workflow."""
        check_id(workflow_id)
        workflow = await self._storage.read(
            lambda reader: reader.select_workflow(workflow_id, user_id)
        )
        return found_workflow(workflow)

    def register_contexts(self, policies: ContextPolicies) -> None:
        """Say who may read the contexts of workflows and of lists."""
        policies.register("", self.workflow)
        policies.register("user", self.lists.check_owner)

    async def snapshot(
        self, user_id: str, workflow_id: str, since: int = 0, bounds: PartBounds = WHOLE
    ) -> Snapshot:
        """Read what has changed in a workflow after ``since``, and all that is in flight.

        Within bounds, it may be a part of that.
        """
        check_id(workflow_id)
        snapshot = await self._storage.read(
            lambda reader: reader.select_snapshot(user_id, workflow_id, since, bounds)
        )
        if snapshot is None:
            raise no_workflow()
        return self.rounds.overlay(snapshot)

    async def shown_snapshot(
        self, user_id: str, workflow_id: str, since: int, bounds: PartBounds = WHOLE
    ) -> tuple[Snapshot, tuple[int, ...]]:
        """The same of the branch that is shown alone, and the numbers of its rounds."""
        check_id(workflow_id)

        def read(reader: ChatReader) -> tuple[Snapshot, tuple[int, ...]]:
            snapshot = reader.select_snapshot(user_id, workflow_id, since, bounds)
            if snapshot is None:
                raise no_workflow()
            return snapshot, reader.select_shown(snapshot.workflow)

        snapshot, numbers = await self._storage.read(read)
        return self.rounds.overlay(snapshot).of_rounds(numbers), numbers

    async def recover(self) -> None:
        """Do what a process left undone when it died, and erase what was deleted."""
        if self._node.may_take_over:
            await recover_rounds(self._context, self.rounds.succession)
        if self._node.shares:
            self.stops.listen()
            self._node.on_take_over(lambda _: recover_rounds(self._context, self.rounds.succession))
        self._purge_job.start()

    async def close(self) -> None:
        """End running rounds as interrupted, and wait until all is stored; idempotent."""
        await self._purge_job.close()
        await asyncio.gather(self.deletions.close(), self.rounds.close())
