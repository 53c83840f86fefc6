"""Links that are used once: to become a user, or to set a password."""

from __future__ import annotations

from quart_chat.accounts.models import Actor, Invite, NewInvite, Origin, Role, SignedIn


class Invites:
    """All links that are open. What an administrator does raises Forbidden for others."""

    async def create(self, actor: Actor, role: Role = Role.USER) -> NewInvite:
        """Invite a new user."""
        raise NotImplementedError

    async def create_password_link(self, actor: Actor, user_id: str) -> NewInvite:
        """Make a link by which a user sets a password; earlier ones for the user end."""
        raise NotImplementedError

    async def create_setup(self) -> NewInvite | None:
        """Make the link by which the first administrator enters; None where there is one."""
        raise NotImplementedError

    async def list(self) -> list[Invite]:
        """Read the links that can be used, the newest first."""
        raise NotImplementedError

    async def get(self, secret: str) -> Invite:
        """Read the link of a secret, to show what it is for; it stays open.

        Raises:
            LinkUsed: It can't be used, or no longer.
        """
        raise NotImplementedError

    async def accept(
        self,
        secret: str,
        password: str,
        origin: Origin,
        *,
        name: str | None = None,
        replaces: str | None = None,
    ) -> SignedIn:
        """Use a link: make its user, or set the password of its user, and begin a session.

        Of several attempts at the same time exactly one wins. A password link ends all other
        sessions of its user.

        Args:
            secret: That of the link.
            password: The user's own from now on.
            origin: Where the request comes from.
            name: The name of the new user; needed unless the link is for one that exists.
            replaces: The secret of the browser's session until now, which ends.

        Raises:
            LinkUsed: It can't be used, or no longer.
            InvalidInput: The name can't be used, or is missing; the link stays open.
            NameTaken: Another user has the name; the link stays open.
            WeakPassword: The password is too short or common; the link stays open.
        """
        raise NotImplementedError

    async def revoke(self, actor: Actor, invite_id: str) -> None:
        """End a link.

        Raises:
            NotFound: No open link has this id.
        """
        raise NotImplementedError
