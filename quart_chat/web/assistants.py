"""The API of those who answer: the assistants, and the models of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint
from quart_schema import document_response, tag_blueprint

from quart_chat.chat.assistants.base import ModelAssistant, Models
from quart_chat.web.context import services
from quart_chat.web.schemas import AssistantList

if TYPE_CHECKING:
    from quart_chat.chat.assistants.base import Assistant
    from quart_chat.chat.models import Item

blueprint = Blueprint("assistants", __name__, url_prefix="/api/chatbot/assistants")
tag_blueprint(blueprint, ["assistants"])


@blueprint.get("")
@document_response(AssistantList)
async def list_assistants() -> Item:
    """List who can be asked, and with which models."""
    chat = services().chat
    return {
        "default": chat.default_assistant,
        "assistants": [await _item(assistant) for assistant in chat.assistants.values()],
    }


async def _item(assistant: Assistant) -> Item:
    models = await assistant.models() if isinstance(assistant, ModelAssistant) else Models(())
    return {
        "name": assistant.name,
        "title": assistant.title,
        "models": models.names,
        "defaultModel": models.default,
        "note": models.note,
    }
