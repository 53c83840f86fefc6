"""The settings of one chat: the instructions for its model, and what else the model is asked."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from babel.numbers import get_decimal_symbol
from quart import Blueprint, redirect, request

from quart_chat.assistants.parameters import (
    EFFORTS,
    NOTHING,
    Parameters,
    find_faults,
    read_extra,
)
from quart_chat.assistants.protocol import ModelAssistant
from quart_chat.chat.preferences.service import MAX_PRESET_NAME, find_preset
from quart_chat.errors import InvalidInput
from quart_chat.texts import language
from quart_chat.web.context import services, user_id
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quart.typing import ResponseReturnValue

    from quart_chat.chat.models import Workflow

blueprint = Blueprint("chat_settings", __name__, url_prefix="/chat/<workflow_id>/settings")

FIELDS = ("temperature", "topP", "maxTokens", "reasoningEffort", "extra")

# With a comma or a point, as people write it.
_DECIMAL = re.compile(r"[0-9]{0,9}[.,]?[0-9]{1,20}(?:[eE]-?[0-9]{1,3})?")
_WHOLE = re.compile(r"[0-9]{1,12}")


@blueprint.get("")
async def chat_settings(workflow_id: str) -> str:
    """A form with all that is set for a chat."""
    workflow = await services().chat.workflow(user_id(), workflow_id)
    typed = {"system_prompt": workflow.system_prompt or "", **to_texts(workflow.parameters)}
    return await _render(workflow, typed, saved=bool(request.args.get("saved")))


@blueprint.post("")
async def change_chat(workflow_id: str) -> ResponseReturnValue:
    """Set all of it; with the name of a preset, the parameters are saved under it as well."""
    form = await request.form
    typed = {name: form.get(name, "") for name in ("system_prompt", "preset", *FIELDS)}
    typed["system_prompt"] = typed["system_prompt"].replace("\r\n", "\n")
    parameters, faults = read_texts(typed)
    chat, user = services().chat, user_id()
    workflow = await chat.workflow(user, workflow_id)
    try:
        if not faults:
            if typed["preset"].strip():
                await chat.preferences.save_preset(user, typed["preset"], parameters)
            prompt = typed["system_prompt"]
            await chat.change(user, workflow_id, system_prompt=prompt, parameters=parameters)
            return redirect(path_to(f"/chat/{workflow_id}/settings?saved=1"), 303)
    except InvalidInput as error:
        faults["form"] = error.message
    return await _render(workflow, typed, faults=faults), 422


@blueprint.post("/preset")
async def use_preset(workflow_id: str) -> ResponseReturnValue:
    """Ask the model of a chat what a preset says."""
    preset_id = (await request.form).get("preset", "")
    chat, user = services().chat, user_id()
    preset = find_preset(await chat.preferences.read(user), preset_id)
    await chat.change(user, workflow_id, parameters=preset.parameters)
    return redirect(path_to(f"/chat/{workflow_id}/settings?saved=1"), 303)


async def _render(workflow: Workflow, typed: Mapping[str, str], **context: Any) -> str:
    chat = services().chat
    preferences = await chat.preferences.read(user_id())
    return await render_in_frame(
        "chat_settings.html",
        workflow=workflow,
        typed=typed,
        shown=[workflow.system_prompt, workflow.parameters and workflow.parameters.to_item()],
        efforts=EFFORTS,
        presets=preferences.presets,
        preset_name_limit=MAX_PRESET_NAME,
        has_models=any(isinstance(each, ModelAssistant) for each in chat.assistants.values()),
        **{"saved": False, "faults": {}, **context},
    )


def to_texts(parameters: Parameters | None) -> dict[str, str]:
    """Parameters as they are written into the fields of the form."""
    values = parameters or NOTHING
    extra = json.dumps(values.extra, indent=2, ensure_ascii=False) if values.extra else ""
    return {
        "temperature": _decimal(values.temperature),
        "topP": _decimal(values.top_p),
        "maxTokens": "" if values.max_tokens is None else str(values.max_tokens),
        "reasoningEffort": values.reasoning_effort or "",
        "extra": extra,
    }


def read_texts(typed: Mapping[str, str]) -> tuple[Parameters, dict[str, str]]:
    """Read the fields of the form: the parameters, and what is wrong by the name of its field."""
    extra: dict[str, Any] = {}
    wrong = {}
    try:
        extra = read_extra(typed["extra"])
    except ValueError as error:
        wrong["extra"] = str(error)
    parameters = Parameters(
        _read_decimal(typed["temperature"].strip()),
        _read_decimal(typed["topP"].strip()),
        _read_whole(typed["maxTokens"].strip()),
        typed["reasoningEffort"] or None,
        extra,
    )
    return parameters, find_faults(parameters) | wrong


def _decimal(value: float | None) -> str:
    if value is None:
        return ""
    written = repr(int(value) if value == int(value) else value)
    return written.replace(".", get_decimal_symbol(language()))


def _read_decimal(text: str) -> float | None:
    """A number, which is no number where the text is none; None where there is no text."""
    if not text:
        return None
    return float(text.replace(",", ".")) if _DECIMAL.fullmatch(text) else math.nan


def _read_whole(text: str) -> int | None:
    """A whole number, which is 0 where the text is none; None where there is no text."""
    if not text:
        return None
    return int(text) if _WHOLE.fullmatch(text) else 0
