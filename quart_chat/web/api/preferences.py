"""The API of what a user sets: how new chats begin, presets, and a test of the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET
from quart import Blueprint

from quart_chat.errors import InvalidInput, NotFound
from quart_chat.texts import _
from quart_chat.web.connection import run_test
from quart_chat.web.context import services, user_id
from quart_chat.web.openapi.operation import Answer, nothing, operation
from quart_chat.web.schemas.answers import ConnectionItem, PreferencesItem, PresetItem
from quart_chat.web.schemas.settings import PreferencesBody, PreferencesChange, PresetBody

if TYPE_CHECKING:
    from quart_chat.wire import Item

blueprint = Blueprint("preferences", __name__, url_prefix="/api/settings")


@blueprint.get("")
@operation(Answer(PreferencesItem), tag="settings")
async def get_settings() -> Item:
    """Read what the user has set."""
    preferences = await services().chat.preferences.read(user_id())
    return preferences.to_item()


@blueprint.patch("")
@operation(Answer(PreferencesItem), tag="settings", body=PreferencesBody)
async def change_settings(body: PreferencesChange) -> Item:
    """Set who answers in new chats, with which model, and the instructions that they begin with."""
    changes: dict[str, Any] = {}
    if body.assistant is not UNSET:
        changes["choice"] = (body.assistant, None if body.model is UNSET else body.model)
    elif body.model is not UNSET:
        raise InvalidInput(_("model: name its assistant as well."))
    if body.system_prompt is not UNSET:
        changes["system_prompt"] = body.system_prompt or ""
    if not changes:
        raise InvalidInput(_("Send what is to change: assistant, model or systemPrompt."))
    preferences = await services().chat.preferences.change(user_id(), **changes)
    return preferences.to_item()


@blueprint.post("/presets")
@operation(Answer(PresetItem), tag="settings", body=PresetBody)
async def save_preset(body: PresetBody) -> Item:
    """Save parameters under a name, in the place of those that have it already."""
    parameters = body.parameters.to_parameters()
    preset = await services().chat.preferences.save_preset(user_id(), body.name, parameters)
    return preset.to_item()


@blueprint.delete("/presets/<preset_id>")
@operation(nothing("It is deleted."), tag="settings", errors=[NotFound])
async def delete_preset(preset_id: str) -> tuple[str, int]:
    """Delete a preset; chats keep what they have taken from it."""
    await services().chat.preferences.delete_preset(user_id(), preset_id)
    return "", 204


@blueprint.post("/connection")
@operation(Answer(ConnectionItem), tag="settings", errors=[NotFound])
async def test_endpoint() -> Item:
    """Test the connection to the model's endpoint: list its models, have one say a word."""
    return (await run_test()).to_item()
