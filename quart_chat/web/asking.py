"""Starting a round, or queuing a prompt, for the sender of a request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quart_chat.errors import RoundRunning
from quart_chat.web.context import services

if TYPE_CHECKING:
    from quart_chat.chat.ask import Ask
    from quart_chat.chat.queue.prompts import Placed
    from quart_chat.chat.rounds.begun import Started


async def start_round(ask: Ask) -> Started:
    """Start a round, or answer a request again that has started one."""
    return await services().chat.start(await _check_documents(ask))


async def queue_prompt(ask: Ask) -> Placed:
    """Queue a prompt, or start its round where none runs and nothing waits."""
    return await services().chat.queue.add(await _check_documents(ask))


async def start_or_queue(ask: Ask) -> str:
    """Start a round, or queue the prompt where one runs; the id of the chat."""
    try:
        return (await start_round(ask)).workflow_id
    except RoundRunning:
        if ask.replaces is not None:
            raise
        return (await queue_prompt(ask)).workflow_id


async def _check_documents(ask: Ask) -> Ask:
    """Refuse documents that are not there.

    Those of a round that is replaced may have been deleted since: an answer that did without them
    would be about something else.
    """
    chat, documents = services().chat, services().documents
    ids = ask.document_ids
    if ids is None and ask.workflow_id is not None and ask.replaces is not None:
        ids = (await chat.tree.round(ask.user_id, ask.workflow_id, ask.replaces)).document_ids
    if ids is not None:
        ask = replace(ask, document_ids=await documents.check_ids(ask.user_id, ids))
    return ask
