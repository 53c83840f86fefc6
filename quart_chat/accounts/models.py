"""What is known of users, and of what they show to be let in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LOCAL_USER = "local"
"""The id of the first administrator, and of everyone where there are no accounts."""


class Role(StrEnum):
    """What a user may do."""

    USER = "user"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a token may be used for; WRITE includes READ."""

    READ = "read"
    WRITE = "write"


class CredentialKind(StrEnum):
    """What was shown to be let in."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - the name of a kind
    EXTERNAL = "external"


class SignInMethod(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 - the name of a method
    PASSKEY = "passkey"
    LINK = "link"
    EXTERNAL = "external"


class LinkKind(StrEnum):
    """What a link is for: a new user, the first administrator, or a new password of a user."""

    INVITE = "invite"
    SETUP = "setup"
    PASSWORD = "password"  # noqa: S105 - the name of a kind


class RevocationReason(StrEnum):
    """Why something is no longer let in."""

    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a reason
    ROLE_CHANGED = "role_changed"
    DISABLED = "disabled"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in. Times are seconds since the epoch.

    Attributes:
        id: Whose rows are in the store.
        name: Shown, and typed to sign in; two names differ in more than case.
        disabled_at: When the user was shut out; None for one who may sign in.
        seen_at: The last use of a session or token, to within a minute or two.
    """

    id: str
    name: str
    role: Role
    created_at: float
    disabled_at: float | None = None
    has_password: bool = False
    passkeys: int = 0
    seen_at: float | None = None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class Credential:
    """What an identity was recognised by; its id is no secret."""

    kind: CredentialKind
    id: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends a request.

    Attributes:
        may_write: Whether the credential allows changes.
        expires_at: When the credential ends at the latest; None for never.
    """

    user_id: str
    name: str
    role: Role
    credential: Credential
    may_write: bool = True
    expires_at: float | None = None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


@dataclass(frozen=True, slots=True)
class Actor:
    """Who causes a change, for the check whether they may and for the security log.

    Attributes:
        user_id: None for the operator at the command line, who may do everything.
        address: The address of the client, if there is one.
    """

    user_id: str | None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt to sign in comes from.

    Attributes:
        address: The address of the client, without a port.
        device: The secret that an earlier sign-in gave to this browser, if it sends one.
    """

    address: str
    user_agent: str = ""
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in.

    Attributes:
        used_at: The last use, to within a minute or two.
        expires_at: When it ends at the latest; it ends earlier where it is not used.
        address: From which it began.
        passkey_id: The passkey that it began with; None for another way in.
    """

    id: str
    user_id: str
    method: SignInMethod
    created_at: float
    used_at: float
    expires_at: float
    user_agent: str = ""
    address: str = ""
    passkey_id: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has just begun.

    Attributes:
        secret: What the browser has to send; it is not stored and not shown again.
        device: What the browser should keep for a year and send with the next sign-in: it tells the
            owner of the account from those who guess.
    """

    user: User
    session: Session
    secret: str
    device: str


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that a program sends on behalf of a user."""

    id: str
    user_id: str
    name: str
    scope: Scope
    created_at: float
    expires_at: float | None = None
    used_at: float | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token with its secret, which is shown this once."""

    token: Token
    secret: str


@dataclass(frozen=True, slots=True)
class Invite:
    """A link that can be used once.

    Attributes:
        role: What the new user may do; of a password link, what its user may do.
        user_id: Whose password is set; None for a link that makes a user.
        name: The name of that user.
        created_by: The id of the administrator; None for the command line or the server itself.
    """

    id: str
    kind: LinkKind
    role: Role
    created_at: float
    expires_at: float
    user_id: str | None = None
    name: str | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class NewInvite:
    """A link with its secret, which is shown this once."""

    invite: Invite
    secret: str


@dataclass(frozen=True, slots=True)
class Revoked:
    """Something is no longer let in: its streams have to end.

    Attributes:
        credential: Which one; None for everything of the user.
    """

    user_id: str
    credential: Credential | None
    reason: RevocationReason

    def ends(self, identity: Identity) -> bool:
        """Whether what this identity has open has to end."""
        return identity.user_id == self.user_id and self.credential in (None, identity.credential)


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """A user as another server knows them.

    Attributes:
        provider: That server, such as the issuer of OpenID Connect.
        subject: What it calls the user, for good.
        user_id: The user who signs in with it.
        created_at: When that began; of an identity that made the account, when the account did.
    """

    provider: str
    subject: str
    user_id: str
    created_at: float
