"""What a handler needs of the application, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quart import current_app

from quart_chat.accounts.models import LOCAL_USER
from quart_chat.web.auth.identity import current_identity

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from quart_chat.accounts.oidc.provider import Provider
    from quart_chat.accounts.service import AccountService
    from quart_chat.chat.service import ChatService
    from quart_chat.documents.service import DocumentService
    from quart_chat.policies import ContextPolicies
    from quart_chat.web.stream_limiter import Slot, StreamLimiter

EXTENSION = "quart_chat"


@dataclass(frozen=True, slots=True)
class Services:
    """The running services; they exist from start-up to shutdown.

    Attributes:
        accounts: Who may sign in; None where everyone is the same user.
        provider: Where users sign in by OpenID Connect; None where they can't.
    """

    chat: ChatService
    documents: DocumentService
    stream_limiter: StreamLimiter
    policies: ContextPolicies
    accounts: AccountService | None = None
    provider: Provider | None = None

    def require_accounts(self) -> AccountService:
        """The accounts of a server that has some."""
        assert self.accounts is not None  # noqa: S101 - nothing asks for them elsewhere
        return self.accounts

    def require_provider(self) -> Provider:
        """The provider of a server that has one."""
        assert self.provider is not None  # noqa: S101 - nothing asks for it elsewhere
        return self.provider


def services() -> Services:
    running: Services = current_app.extensions[EXTENSION]
    return running


async def take_stream(user_id: str) -> AbstractContextManager[Slot]:
    """Take a slot for a stream of a user, within the limits of that user.

    Raises:
        TooManyRequests: The user has no slot left.
    """
    usage = services().chat.usage
    limit = None if usage is None else await usage.stream_limit(user_id)
    return services().stream_limiter.take(user_id, limit)


def assistant_titles() -> dict[str, str]:
    """What those that can be asked are called, by name."""
    return {name: assistant.title for name, assistant in services().chat.assistants.items()}


def user_id() -> str:
    """The id of the user who sent the request.

    Raises:
        Unauthenticated: A stranger did.
    """
    return LOCAL_USER if services().accounts is None else current_identity().user_id
