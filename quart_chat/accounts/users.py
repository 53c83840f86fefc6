"""Adding, changing and deleting users."""

from __future__ import annotations

from quart_chat.accounts.models import Actor, Role, User


class Users:
    """All users. What changes one raises Forbidden where the actor is no enabled administrator."""

    async def all(self) -> list[User]:
        """Read all users, in the order of their names."""
        raise NotImplementedError

    async def get(self, user_id: str) -> User:
        """Read a user.

        Raises:
            NotFound: No user has this id.
        """
        raise NotImplementedError

    async def find(self, name: str) -> User:
        """Find a user by name, in whatever case.

        Raises:
            NotFound: No user has this name.
        """
        raise NotImplementedError

    async def has_admin(self) -> bool:
        """Whether an administrator exists; until then a setup link makes the first one."""
        raise NotImplementedError

    async def add(
        self, actor: Actor, name: str, *, role: Role = Role.USER, password: str | None = None
    ) -> User:
        """Add a user, who can't sign in without a password until a password link is used.

        The first administrator gets the id ``local``, and so all chats of the machine.

        Raises:
            InvalidInput: The name is blank, too long or has characters that can't be seen.
            NameTaken: Another user has it.
            WeakPassword: The password is too short or common.
        """
        raise NotImplementedError

    async def rename(self, actor: Actor, user_id: str, name: str) -> User:
        """Give a user another name; users may rename themselves.

        Raises:
            InvalidInput: The name can't be used.
            NameTaken: Another user has it.
        """
        raise NotImplementedError

    async def set_role(self, actor: Actor, user_id: str, role: Role) -> User:
        """Change what a user may do, and end what the user has open.

        Raises:
            LastAdministrator: No enabled administrator would be left.
        """
        raise NotImplementedError

    async def disable(self, actor: Actor, user_id: str) -> User:
        """Shut a user out, and end all sessions; nothing else is deleted.

        Raises:
            LastAdministrator: No enabled administrator would be left.
        """
        raise NotImplementedError

    async def enable(self, actor: Actor, user_id: str) -> User:
        """Let a user in again, who has to sign in anew; tokens work again."""
        raise NotImplementedError

    async def delete(self, actor: Actor, user_id: str) -> None:
        """Delete a user, and erase all that is theirs; users may delete themselves.

        Once this returns, the user is shut out. The chats and documents are erased in the
        background; see :meth:`AccountService.erase_with`.

        Raises:
            LastAdministrator: No enabled administrator would be left.
        """
        raise NotImplementedError
