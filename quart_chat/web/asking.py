"""Starting a round for the sender of a request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quart_chat.web.context import services

if TYPE_CHECKING:
    from quart_chat.chat.ask import Ask
    from quart_chat.chat.rounds.begun import Started


async def start_round(ask: Ask) -> Started:
    """Start a round once the documents it is to be answered from are known to be there.

    Those of a round that is replaced may have been deleted since: an answer that did without them
    would be about something else.
    """
    chat, documents = services().chat, services().documents
    ids = ask.document_ids
    if ids is None and ask.workflow_id is not None and ask.replaces is not None:
        ids = (await chat.tree.round(ask.user_id, ask.workflow_id, ask.replaces)).document_ids
    if ids is not None:
        ask = replace(ask, document_ids=await documents.check_ids(ask.user_id, ids))
    return await chat.start(ask)
