"""Who is asked, and with which model."""

from __future__ import annotations

from collections.abc import Mapping

from quart_chat.assistants.protocol import Assistant, ModelAssistant
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Round, Workflow
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


class Choice:
    """Chooses among assistants.

    Args:
        assistants: Those that can be asked, by name.
        default: The name of the one that is asked in a new chat where none is named.
    """

    def __init__(self, assistants: Mapping[str, Assistant], default: str) -> None:
        self._assistants = assistants
        self._default = default

    def offers(self, name: str | None) -> bool:
        """Whether there is an assistant of a name."""
        return name in self._assistants

    def choose(
        self, workflow: Workflow, replaced: Round | None, ask: Ask
    ) -> tuple[Assistant, str | None]:
        """Choose the assistant and its model: what is not named is as it was last.

        The assistant of an imported round may not exist here; then the assistant that answers next
        in the chat is asked again.

        Raises:
            InvalidInput: There is no such assistant, or it offers no models.
        """
        last: Workflow | Round = replaced or workflow
        name, model = ask.assistant, ask.model
        if name is None and last.assistant not in self._assistants:
            last = workflow
        if name is None:
            name = last.assistant or self._default
        if model is None and name == last.assistant:
            offers_models = isinstance(self._assistants.get(name), ModelAssistant)
            model = (last.model or None) if offers_models else None
        return choose_assistant(self._assistants, name, model)
