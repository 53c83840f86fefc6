"""Whether an assistant, and a model of it, can be asked."""

from __future__ import annotations

from collections.abc import Mapping

from quart_chat.assistants.protocol import Assistant, ModelAssistant
from quart_chat.errors import InvalidInput
from quart_chat.plaintext import clean
from quart_chat.texts import _

MAX_MODEL = 200
"""Characters in the name of a model."""


def choose_assistant(
    assistants: Mapping[str, Assistant], name: str, model: str | None
) -> tuple[Assistant, str | None]:
    """Return the assistant of a name, and the name of its model as it is stored.

    Raises:
        InvalidInput: There is no such assistant, it has no models, or no model has such a name.
    """
    chosen = assistants.get(name)
    if chosen is None:
        raise InvalidInput(_("assistant: there is no assistant of that name. Choose another."))
    if model is not None and not isinstance(chosen, ModelAssistant):
        raise InvalidInput(_("model: this assistant offers no models."))
    if model is not None and not 0 < len(model) <= MAX_MODEL:
        raise InvalidInput(
            _("model: expected a name of 1 to {limit} characters.").format(limit=MAX_MODEL)
        )
    return chosen, model and clean(model)
