"""Testing the connection to the model's endpoint for the sender of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart_chat.assistants.connection import ConnectedAssistant
from quart_chat.errors import NotFound
from quart_chat.texts import _
from quart_chat.web.context import services, user_id

if TYPE_CHECKING:
    from quart_chat.assistants.connection import ConnectionReport


async def run_test() -> ConnectionReport:
    """Test the connection with the model of the user's new chats.

    Raises:
        NotFound: No endpoint is set up.
    """
    model = services().chat.assistants.get("model")
    if not isinstance(model, ConnectedAssistant):
        raise NotFound(_("No language model is set up."))
    preferences = await services().chat.preferences.read(user_id())
    wanted = preferences.model if preferences.assistant == "model" else None
    return await model.test_connection(wanted)
