"""The page of what is configured; nothing is changed there, and no key is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from quart import Blueprint, current_app

from quart_chat.web.api.assistants import list_models
from quart_chat.web.context import services
from quart_chat.web.pages.frame import render_in_frame

if TYPE_CHECKING:
    from quart import Quart

    from quart_chat.config import Settings

EXTENSION = "quart_chat.settings"

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
    models = model and await list_models(model, fresh=True)
    return await render_in_frame(
        "settings.html",
        settings=settings,
        model=models is not None,
        models=models,
        examples=EXAMPLES,
        endpoint=_without_credentials(settings.model_url),
        key=bool(settings.openai_api_key),
    )


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
