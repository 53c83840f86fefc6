"""Adding, changing and deleting users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from quart_chat.accounts.changes import Change, Changes, read_user
from quart_chat.accounts.models import LOCAL_USER, Actor, RevocationReason, Role, User
from quart_chat.accounts.names import clean_user_name, name_key, require_free
from quart_chat.accounts.passwords.service import Passwords
from quart_chat.accounts.secret import new_id
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.storage import AccountReader, AccountStorage
from quart_chat.errors import InvalidInput, NotFound
from quart_chat.limits import InvalidLimits, parse_limits
from quart_chat.texts import _


class Users:
    """All users. What changes one raises Forbidden where the actor is no enabled administrator.

    Args:
        storage: Where they are.
        changes: Commits what is changed.
        passwords: Checks and hashes the password of a new user.
        erase: Begins to erase what a deleted user has left.
    """

    def __init__(
        self,
        storage: AccountStorage,
        changes: Changes,
        passwords: Passwords,
        erase: Callable[[str], None],
    ) -> None:
        self._storage = storage
        self._changes = changes
        self._passwords = passwords
        self._erase = erase

    async def all(self) -> list[User]:
        """Read all users, in the order of their names."""
        return await self._storage.read(lambda reader: reader.select_users())

    async def get(self, user_id: str) -> User:
        """Read a user.

        Raises:
            NotFound: No user has this id.
        """
        return await read_user(self._storage, user_id)

    async def find(self, name: str) -> User:
        """Find a user by name, in whatever case.

        Raises:
            NotFound: No user has this name.
        """
        user = await self._storage.read(lambda reader: reader.find_user(name_key(name)))
        if user is None:
            raise NotFound(_("No user is called “{name}”.").format(name=name))
        return user

    async def has_admin(self) -> bool:
        """Whether an administrator exists; until then a setup link makes the first one."""
        return bool(await self._storage.read(lambda reader: reader.count_admins()))

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
        name = clean_user_name(name)
        hashed = None if password is None else await self._passwords.hash(password, name)

        def insert(change: Change) -> User:
            change.require_admin()
            return add_user(change, name, role, hashed)

        return await self._changes.commit(actor, insert)

    async def rename(self, actor: Actor, user_id: str, name: str) -> User:
        """Give a user another name; users may rename themselves.

        Raises:
            InvalidInput: The name can't be used.
            NameTaken: Another user has it.
        """
        name = clean_user_name(name)

        def rename(change: Change) -> User:
            change.require_admin_or(user_id)
            user = change.user(user_id)
            key = require_free(change.tx, name, user_id)
            if name != user.name:
                change.tx.update_user(replace(user, name=name), key)
                change.log(Action.USER_RENAMED, user_id, f"{user.name} → {name}")
            return change.user(user_id)

        return await self._changes.commit(actor, rename)

    async def set_role(self, actor: Actor, user_id: str, role: Role) -> User:
        """Change what a user may do, and end what the user has open.

        Raises:
            LastAdministrator: No enabled administrator would be left.
        """

        def set_role(change: Change) -> User:
            change.require_admin()
            user = change.user(user_id)
            if user.role is role:
                return user
            if role is not Role.ADMIN:
                change.require_other_admin(user)
            change.tx.update_user(replace(user, role=role), name_key(user.name))
            change.revoke(user_id, RevocationReason.ROLE_CHANGED)
            change.log(Action.ROLE_CHANGED, user_id, role)
            return change.user(user_id)

        return await self._changes.commit(actor, set_role)

    async def limits(self, user_id: str) -> str:
        """Read the limits that an administrator has set for a user."""
        return await self._storage.read(lambda reader: reader.select_limits(user_id))

    async def set_limits(self, actor: Actor, user_id: str, limits: str) -> None:
        """Set what a user may use, where that is not as the role has it.

        Raises:
            InvalidInput: The limits can't be read; see :mod:`quart_chat.limits`.
        """
        try:
            parse_limits(limits)
        except InvalidLimits as error:
            raise InvalidInput(f"{error.translated()}.") from error

        def set_limits(change: Change) -> None:
            change.require_admin()
            change.user(user_id)
            if change.tx.select_limits(user_id) != limits:
                change.tx.update_limits(user_id, limits)
                change.log(Action.LIMITS_CHANGED, user_id, limits)

        await self._changes.commit(actor, set_limits)

    async def disable(self, actor: Actor, user_id: str) -> User:
        """Shut a user out, and end all sessions; nothing else is deleted.

        Raises:
            LastAdministrator: No enabled administrator would be left.
        """

        def disable(change: Change) -> User:
            change.require_admin()
            user = change.user(user_id)
            if not user.is_enabled:
                return user
            change.require_other_admin(user)
            change.tx.update_user(replace(user, disabled_at=change.now), name_key(user.name))
            change.tx.delete_sessions(user_id, None)
            change.revoke(user_id, RevocationReason.DISABLED)
            change.log(Action.USER_DISABLED, user_id)
            return change.user(user_id)

        return await self._changes.commit(actor, disable)

    async def enable(self, actor: Actor, user_id: str) -> User:
        """Let a user in again, who has to sign in anew; tokens work again."""

        def enable(change: Change) -> User:
            change.require_admin()
            user = change.user(user_id)
            if not user.is_enabled:
                change.tx.update_user(replace(user, disabled_at=None), name_key(user.name))
                change.log(Action.USER_ENABLED, user_id)
            return change.user(user_id)

        return await self._changes.commit(actor, enable)

    async def delete(self, actor: Actor, user_id: str) -> None:
        """Delete a user, and erase all that is theirs; users may delete themselves.

        Once this returns, the user is shut out. The chats and documents are erased in the
        background; see :meth:`AccountService.erase_with`.

        Raises:
            LastAdministrator: No enabled administrator would be left.
        """

        def delete(change: Change) -> None:
            change.require_admin_or(user_id)
            user = change.user(user_id)
            change.require_other_admin(user)
            change.log(Action.USER_DELETED, user_id, user.name)
            change.tx.delete_user(user_id, change.now)
            change.revoke(user_id, RevocationReason.DELETED)

        await self._changes.commit(actor, delete)
        self._erase(user_id)


def add_user(
    change: Change, name: str, role: Role, password: str | None, user_id: str | None = None
) -> User:
    """Add a user whose name is clean, with an id that was chosen before, or a new one.

    Raises:
        NameTaken: Another user has the name.
        InvalidInput: Another administrator has become the first one since the id was chosen.
    """
    key = require_free(change.tx, name)
    if user_id is None:
        user_id = choose_id(change.tx, role)
    elif user_id == LOCAL_USER != choose_id(change.tx, role):
        raise InvalidInput(_("Another administrator was faster. Try again."))
    change.tx.insert_user(User(user_id, name, role, change.now), key, password)
    change.log(Action.USER_ADDED, user_id, role)
    return change.user(user_id)


def choose_id(reader: AccountReader, role: Role) -> str:
    """An id for a new user: the first administrator gets that of the machine's user."""
    is_first = role is Role.ADMIN and not reader.count_admins()
    return LOCAL_USER if is_first and reader.may_adopt(LOCAL_USER) else new_id()
