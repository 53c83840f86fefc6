"""The page of what is configured; nothing is changed there, and no key is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from quart import Blueprint, current_app

from quart_chat.chat.assistants.base import ModelAssistant, Models
from quart_chat.texts import _
from quart_chat.web.context import services
from quart_chat.web.frame import render_in_frame

if TYPE_CHECKING:
    from quart import Quart

    from quart_chat.config import Settings

EXTENSION = "quart_chat.settings"
PATIENCE = 6.0
"""Seconds that the endpoint may take to say which models it has."""

EXAMPLES = """\
OPENAI_BASE_URL=http://localhost:11434/v1 OPENAI_MODEL=llama3.2 make run
OPENAI_BASE_URL=http://localhost:8080/v1 make run
OPENAI_API_KEY=sk-... OPENAI_MODEL=gpt-4o-mini make run"""

blueprint = Blueprint("settings", __name__)


def init_app(app: Quart, settings: Settings) -> None:
    """Have ``app`` show its settings."""
    app.extensions[EXTENSION] = settings


@blueprint.get("/settings")
async def settings_page() -> str:
    """What is configured, and whether the model's endpoint answers now."""
    settings: Settings = current_app.extensions[EXTENSION]
    model = services().chat.assistants.get("model")
    models = await _models(model) if isinstance(model, ModelAssistant) else None
    return await render_in_frame(
        "settings.html",
        settings=settings,
        model=models is not None,
        models=models,
        examples=EXAMPLES,
        endpoint=_without_credentials(settings.model_url),
        key=bool(settings.openai_api_key),
    )


async def _models(model: ModelAssistant) -> Models:
    """Ask anew where that can be done: a list from before says nothing about now."""
    forget = getattr(model, "forget_models", None)
    if forget is not None:
        forget()
    try:
        async with asyncio.timeout(PATIENCE):
            return await model.models()
    except TimeoutError:
        return Models((), None, _("The endpoint has not said which models it has."))


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
