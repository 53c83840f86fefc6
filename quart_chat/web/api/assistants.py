"""The API of those who answer: the assistants, and the models of each."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from quart import Blueprint

from quart_chat.assistants.protocol import ModelAssistant, Models
from quart_chat.limits import NO_LIMITS
from quart_chat.texts import _
from quart_chat.web.context import services, user_id
from quart_chat.web.openapi.operation import Answer, operation
from quart_chat.web.schemas.answers import AssistantList

if TYPE_CHECKING:
    from quart_chat.assistants.protocol import Assistant
    from quart_chat.limits import UserLimits
    from quart_chat.wire import Item

_logger = logging.getLogger(__name__)

PATIENCE = 6.0
"""Seconds that an assistant may take to say which models it has."""

blueprint = Blueprint("assistants", __name__, url_prefix="/api/chatbot/assistants")


@blueprint.get("")
@operation(Answer(AssistantList), tag="assistants")
async def list_assistants() -> Item:
    """List who can be asked, and with which models."""
    chat = services().chat
    limits = await user_limits()
    return {
        "default": chat.default_assistant,
        "assistants": await asyncio.gather(
            *(_item(assistant, limits) for assistant in chat.assistants.values())
        ),
    }


async def user_limits() -> UserLimits:
    """What the sender of the request may use."""
    usage = services().chat.usage
    return NO_LIMITS if usage is None else await usage.limits(user_id())


def allowed(models: Models, limits: UserLimits) -> Models:
    """Those of some models that a user may ask; the default is one of them, if any is."""
    if limits.models is None:
        return models
    names = tuple(filter(limits.allows, models.names))
    exact = (name for name in limits.models if not set(name) & set("*?["))
    known = (*filter(None, [models.default]), *names, *exact)
    return Models(names, next(filter(limits.allows, known), None), models.note)


async def list_models(assistant: Assistant, *, patience: float) -> Models:
    """The models of an assistant; of one that can't list them, a note that says so."""
    if not isinstance(assistant, ModelAssistant):
        return Models(())
    try:
        async with asyncio.timeout(patience):
            return await assistant.models()
    except TimeoutError:
        note = _("The models were not listed in time.")
    except Exception:
        # It may be an installed package's, and must not hide the others.
        _logger.exception("The assistant %r has failed to list its models", assistant.name)
        note = _("The models can't be listed. The reason is in the server's log.")
    return Models((), None, note)


async def _item(assistant: Assistant, limits: UserLimits) -> Item:
    models = allowed(await list_models(assistant, patience=PATIENCE), limits)
    return {
        "name": assistant.name,
        "title": assistant.title,
        "models": models.names,
        "defaultModel": models.default,
        "note": models.note,
        "restricted": limits.models is not None and isinstance(assistant, ModelAssistant),
    }
