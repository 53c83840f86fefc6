"""What a handler needs of the application, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quart import current_app

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService
    from quart_chat.documents.service import DocumentService
    from quart_chat.policies import ContextPolicies
    from quart_chat.web.stream_limiter import StreamLimiter

EXTENSION = "quart_chat"

LOCAL_USER = "local"
"""Everybody, as long as there are no accounts."""


@dataclass(frozen=True, slots=True)
class Services:
    """The running services; they exist from start-up to shutdown."""

    chat: ChatService
    documents: DocumentService
    stream_limiter: StreamLimiter
    policies: ContextPolicies


def services() -> Services:
    running: Services = current_app.extensions[EXTENSION]
    return running


def assistant_titles() -> dict[str, str]:
    """What those that can be asked are called, by name."""
    return {name: assistant.title for name, assistant in services().chat.assistants.items()}


def user_id() -> str:
    """The id of the user who sent the request."""
    return LOCAL_USER
