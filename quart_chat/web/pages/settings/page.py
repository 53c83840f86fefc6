"""The page of settings: what a user sets, and what the administrator has set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quart import Blueprint, current_app, redirect, request

from quart_chat.errors import InvalidInput
from quart_chat.resources import program_version
from quart_chat.texts import _
from quart_chat.web.api.assistants import allowed, list_models, user_limits
from quart_chat.web.connection import run_test
from quart_chat.web.context import services, user_id
from quart_chat.web.inputs import parse_seq
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.pages.settings.appearance import TEXTS, THEMES
from quart_chat.web.pages.settings.server import (
    limit_settings,
    model_settings,
    restorable_for,
    without_credentials,
)
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart import Quart
    from quart.typing import ResponseReturnValue

    from quart_chat.assistants.protocol import Assistant
    from quart_chat.chat.preferences.models import Preferences
    from quart_chat.config import Settings

EXTENSION = "quart_chat.settings"

EXAMPLES = """\
OPENAI_BASE_URL=http://localhost:11434/v1 OPENAI_MODEL=llama3.2 make run
OPENAI_BASE_URL=http://localhost:8080/v1 make run
OPENAI_API_KEY=sk-... OPENAI_MODEL=gpt-4o-mini make run"""

PATIENCE = 2.0
"""Seconds that the page waits for lists of models; those that are late are there the next time."""

_MOMENT = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,9})?")

blueprint = Blueprint("settings", __name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who may answer in new chats; ``value`` is the name of an assistant, a space and a model."""

    value: str
    label: str


def init_app(app: Quart, settings: Settings) -> None:
    """Have ``app`` show its settings."""
    app.extensions[EXTENSION] = settings


@blueprint.get("/settings")
async def settings_page() -> str:
    """What is set; ``saved`` names the part that has just been."""
    return await _render(saved=request.args.get("saved", ""))


@blueprint.post("/settings/new-chats")
async def change_new_chats() -> ResponseReturnValue:
    """Set how new chats begin."""
    form = await request.form
    instructions = form.get("system_prompt", "").replace("\r\n", "\n")
    assistant, _space, model = form.get("choice", "").partition(" ")
    try:
        await services().chat.preferences.change(
            user_id(), choice=(assistant or None, model or None), system_prompt=instructions
        )
    except InvalidInput as error:
        typed = {"choice": form.get("choice", ""), "system_prompt": instructions}
        return await _render(refused=error.message, typed=typed), 422
    return redirect(path_to("/settings?saved=new-chats#new-chats"), 303)


@blueprint.post("/settings/presets/<preset_id>/delete")
async def delete_preset(preset_id: str) -> ResponseReturnValue:
    """Delete a preset; chats keep what they have taken from it."""
    await services().chat.preferences.delete_preset(user_id(), preset_id)
    return redirect(path_to("/settings#new-chats"), 303)


@blueprint.get("/settings/delete-all")
async def confirm_deletion() -> str:
    """The same page, which asks whether to delete all chats: where no script does."""
    return await _render(asks=True)


@blueprint.post("/settings/delete-all")
async def delete_all() -> ResponseReturnValue:
    """Delete all chats; the page that follows offers to restore them."""
    cleared = await services().chat.deletions.clear(user_id())
    return redirect(path_to(f"/settings?cleared={cleared.deleted_at!r}#your-chats"), 303)


@blueprint.post("/settings/restore-all")
async def restore_all() -> ResponseReturnValue:
    """Bring back the chats that were deleted together."""
    deleted_at = _moment((await request.form).get("deletedAt", ""))
    if deleted_at is None:
        raise InvalidInput(_("deletedAt: expected a time."))
    count = await services().chat.deletions.restore_all(user_id(), deleted_at)
    return redirect(path_to(f"/settings?restored={count}#your-chats"), 303)


@blueprint.post("/settings/connection")
async def test_connection() -> str:
    """Test the connection to the model's endpoint, and show what came of it."""
    return await _render(report=await run_test())


async def _render(**context: Any) -> str:
    settings: Settings = current_app.extensions[EXTENSION]
    chat = services().chat
    preferences = await chat.preferences.read(user_id())
    deleted_at = _moment(request.args.get("cleared", ""))
    deletions = chat.deletions
    return await render_in_frame(
        "settings.html",
        themes=THEMES,
        texts=TEXTS,
        model="model" in chat.assistants,
        endpoint=without_credentials(settings.model_url),
        examples=EXAMPLES,
        preferences=preferences,
        chosen=_chosen(preferences),
        offered=await _choices(preferences),
        model_settings=model_settings(settings),
        limit_settings=limit_settings(settings),
        version=program_version(),
        count=await deletions.count(user_id()),
        deleted_at=deleted_at,
        deleted=0 if deleted_at is None else await deletions.count(user_id(), deleted_at),
        restored=parse_seq(request.args.get("restored", "")),
        restorable=restorable_for(settings),
        **{"saved": "", "asks": False, "report": None, "refused": "", "typed": None, **context},
    )


def _moment(text: str) -> float | None:
    """The moment of a deletion, as an address or a form has it; None for anything else."""
    return float(text) if _MOMENT.fullmatch(text) else None


def _chosen(preferences: Preferences) -> str:
    return " ".join(filter(None, (preferences.assistant, preferences.model)))


async def _choices(preferences: Preferences) -> list[Choice]:
    """All that can be chosen, and what is chosen though it is offered no longer."""
    choices = []
    for assistant in services().chat.assistants.values():
        choices += await _choices_of(assistant)
    chosen = _chosen(preferences)
    if chosen and chosen not in [choice.value for choice in choices]:
        label = _("{name} (not available now)").format(name=preferences.model or chosen)
        choices.append(Choice(chosen, label))
    return choices


async def _choices_of(assistant: Assistant) -> list[Choice]:
    models = allowed(await list_models(assistant, patience=PATIENCE), await user_limits())
    names = dict.fromkeys((*filter(None, [models.default]), *models.names))
    if not names:
        return [Choice(assistant.name, assistant.title)]
    return [Choice(f"{assistant.name} {name}", name) for name in names]
