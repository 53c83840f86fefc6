"""Starting a round for whoever sent the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart_chat.web.context import services, user_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quart_chat.chat.rounds.start import Started


async def start_round(
    prompt: str | None,
    *,
    workflow_id: str | None,
    assistant: str | None,
    model: str | None,
    document_ids: Iterable[str] | None = None,
    replaces: int | None,
    request_id: str | None = None,
) -> Started:
    """Start a round once the documents it is to be answered from are known to be there.

    Those of a round that is replaced may have been deleted since: an answer that did without them
    would be about something else.
    """
    chat, user = services().chat, user_id()
    if document_ids is None and workflow_id is not None and replaces is not None:
        document_ids = (await chat.tree.round(user, workflow_id, replaces)).document_ids
    checked = None
    if document_ids is not None:
        checked = await services().documents.check_ids(user, document_ids)
    return await chat.start(
        user,
        prompt,
        workflow_id=workflow_id,
        assistant=assistant,
        model=model,
        document_ids=checked,
        replaces=replaces,
        request_id=request_id,
    )
