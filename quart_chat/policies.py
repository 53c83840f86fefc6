"""Who may read which context: policies that features register for the contexts they emit into."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from quart_chat.errors import NotFound
from quart_chat.texts import _

Policy = Callable[[str, str], Awaitable[object]]
"""Takes the id of a user and the name of a context after its kind; raises what a refusal is."""


class ContextPolicies:
    """Decides by the kind of a context, which is what stands before the last colon of its id.

    Ids of chats have no kind: theirs is the empty one.
    """

    def __init__(self) -> None:
        self._policies: dict[str, Policy] = {}

    def register(self, kind: str, policy: Policy) -> None:
        """Have a policy decide about the contexts of a kind."""
        self._policies[kind] = policy

    async def check(self, user_id: str, context_id: str) -> None:
        """Let a user read a context.

        Raises:
            NotFound: There is none of this id, or it is another user's.
        """
        kind, _colon, name = context_id.rpartition(":")
        policy = self._policies.get(kind)
        if policy is None:
            raise NotFound(_("There is no such chat."))
        await policy(user_id, name)
