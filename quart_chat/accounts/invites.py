"""Links that are used once: to become a user, or to set a password."""

from __future__ import annotations

import builtins

from quart_chat.accounts.changes import Change, Changes, read_user
from quart_chat.accounts.models import (
    Actor,
    Invite,
    LinkKind,
    NewInvite,
    Origin,
    Role,
    SignedIn,
    SignInMethod,
)
from quart_chat.accounts.names import clean_user_name, require_free
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passwords.service import Passwords, remove_other_ways_in, store_password
from quart_chat.accounts.secret import digest, is_secret, new_id, new_secret
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.sign_in import SignIn
from quart_chat.accounts.storage import AccountReader, AccountStorage
from quart_chat.accounts.users import add_user
from quart_chat.errors import LinkUsed, NotFound
from quart_chat.texts import _


class Invites:
    """All links that are open. What an administrator does raises Forbidden for others."""

    def __init__(
        self,
        storage: AccountStorage,
        changes: Changes,
        passwords: Passwords,
        sign_in: SignIn,
        options: AccountOptions,
    ) -> None:
        self._storage = storage
        self._changes = changes
        self._passwords = passwords
        self._sign_in = sign_in
        self._options = options

    async def create(self, actor: Actor, role: Role = Role.USER) -> NewInvite:
        """Invite a new user."""
        secret = new_secret()

        def create(change: Change) -> Invite:
            change.require_admin()
            return self._insert(change, secret, LinkKind.INVITE, role)

        return NewInvite(await self._changes.commit(actor, create), secret)

    async def create_password_link(self, actor: Actor, user_id: str) -> NewInvite:
        """Make a link by which a user sets a password; earlier ones for the user end."""
        secret = new_secret()

        def create(change: Change) -> Invite:
            change.require_admin()
            user = change.user(user_id)
            change.tx.delete_links(LinkKind.PASSWORD, user_id)
            return self._insert(change, secret, LinkKind.PASSWORD, user.role, user_id)

        return NewInvite(await self._changes.commit(actor, create), secret)

    async def create_setup(self) -> NewInvite | None:
        """Make the link by which the first administrator enters; None where there is one.

        The link that was made before ends.
        """
        secret = new_secret()

        def create(change: Change) -> Invite | None:
            if change.tx.count_admins():
                return None
            change.tx.delete_links(LinkKind.SETUP)
            return self._insert(change, secret, LinkKind.SETUP, Role.ADMIN)

        invite = await self._changes.commit(Actor(None), create)
        return None if invite is None else NewInvite(invite, secret)

    def _insert(
        self,
        change: Change,
        secret: str,
        kind: LinkKind,
        role: Role,
        user_id: str | None = None,
    ) -> Invite:
        options = self._options
        lasts = options.link_lifetime if kind is LinkKind.PASSWORD else options.invite_lifetime
        invite = Invite(
            new_id(),
            kind,
            role,
            change.now,
            change.now + lasts,
            user_id=user_id,
            created_by=change.actor.user_id,
        )
        change.tx.insert_invite(invite, digest(secret))
        change.log(Action.LINK_CREATED, user_id, f"{kind} ({role})")
        return change.tx.find_invite(digest(secret)) or invite

    async def list(self) -> builtins.list[Invite]:
        """Read the links that can be used, the newest first."""

        def read(reader: AccountReader) -> builtins.list[Invite]:
            return [invite for invite in reader.select_invites() if self._is_open(reader, invite)]

        return await self._storage.read(read)

    def _is_open(self, reader: AccountReader, invite: Invite) -> bool:
        if invite.kind is LinkKind.SETUP and reader.count_admins():
            return False
        if invite.created_by is not None:
            # What an administrator may do ends with the office, also through links.
            creator = reader.select_user(invite.created_by)
            if creator is None or not creator.is_admin or not creator.is_enabled:
                return False
        return self._options.clock() < invite.expires_at

    async def get(self, secret: str, kind: LinkKind | None = None) -> Invite:
        """Read the link of a secret, to show what it is for; it stays open.

        Raises:
            LinkUsed: It can't be used, or no longer, or is of another kind.
        """
        return await self._storage.read(lambda reader: self._find(reader, secret, kind))

    def _find(self, reader: AccountReader, secret: str, kind: LinkKind | None = None) -> Invite:
        invite = reader.find_invite(digest(secret)) if is_secret(secret) else None
        if invite is None or kind not in (None, invite.kind) or not self._is_open(reader, invite):
            raise LinkUsed(_("This link was used before or has expired. Ask for a new one."))
        return invite

    def take(self, change: Change, secret: str) -> Invite:
        """Use a link up within a change.

        Raises:
            LinkUsed: It can't be used, or no longer.
        """
        taken = self._find(change.tx, secret)
        change.tx.take_invite(digest(secret))
        return taken

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
        sessions of its user, and removes all tokens and passkeys.

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
            WrongCredentials: The user of the link is disabled; the link stays open.
        """
        invite = await self.get(secret)
        if invite.user_id is not None:
            name = (await read_user(self._storage, invite.user_id)).name
        else:
            name = clean_user_name(name or "")
            # Told before the password is hashed, which takes long.
            await self._storage.read(lambda reader: require_free(reader, name))
        hashed = await self._passwords.hash(password, name)

        def accept(change: Change) -> SignedIn:
            taken = self.take(change, secret)
            user_id = taken.user_id
            if user_id is None:
                user_id = add_user(change, name, taken.role, hashed).id
            else:
                change.user(user_id)
                store_password(change, user_id, hashed)
                remove_other_ways_in(change, user_id)
            change.tx.delete_links(LinkKind.PASSWORD, user_id)
            change.log(Action.LINK_USED, user_id, taken.kind)
            return self._sign_in.begin(change, user_id, SignInMethod.LINK, origin, replaces)

        return await self._changes.commit(Actor(None, origin.address), accept)

    async def revoke(self, actor: Actor, invite_id: str) -> None:
        """End a link.

        Raises:
            NotFound: No open link has this id.
        """

        def revoke(change: Change) -> None:
            change.require_admin()
            if not change.tx.delete_invite(invite_id):
                raise NotFound(_("This link is no longer valid."))
            change.log(Action.LINK_REVOKED)

        await self._changes.commit(actor, revoke)
