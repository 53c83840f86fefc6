"""What a person can begin with on the page of a new chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quart_chat.assistants.protocol import ModelAssistant
from quart_chat.documents.models import Document, Status
from quart_chat.web.auth.identity import session_id
from quart_chat.web.auth.relying_party import has_host_name
from quart_chat.web.context import services, user_id

if TYPE_CHECKING:
    from quart_chat.chat.preferences.models import Preferences

UNNAMED = "Model"
"""The title of a model assistant that is told no model: the endpoint chooses one."""


@dataclass(frozen=True, slots=True)
class FirstView:
    """What is configured, and what is there.

    Attributes:
        model: The name of the assistant that asks a language model; None without one.
        model_name: The model, where it is known.
        document: The latest document that can be asked about.
        offers_passkey: Whether the user signs in with a password alone, and may want a passkey.
    """

    model: str | None
    model_name: str | None
    document: Document | None
    offers_passkey: bool


async def view_first(preferred: Preferences | None) -> FirstView:
    """What to offer; a model that the user prefers is named before the configured one."""
    found = await services().documents.documents(user_id())
    ready = (document for document in found if document.status is Status.READY)
    assistants = services().chat.assistants.values()
    model = next((each for each in assistants if isinstance(each, ModelAssistant)), None)
    name = model.title if model and model.title != UNNAMED else None
    if model and preferred and preferred.assistant == model.name and preferred.model:
        name = preferred.model
    return FirstView(
        model.name if model else None, name, next(ready, None), await _offers_passkey()
    )


async def _offers_passkey() -> bool:
    accounts = services().accounts
    if accounts is None or session_id() is None or not has_host_name():
        return False
    return await accounts.passkeys.offers(user_id())
