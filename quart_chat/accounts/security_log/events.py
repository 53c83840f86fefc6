"""The lines of the security log: who did what, from where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What the security log tells of."""

    USER_ADDED = "user_added"
    USER_RENAMED = "user_renamed"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    USER_DELETED = "user_deleted"
    ROLE_CHANGED = "role_changed"
    LIMITS_CHANGED = "limits_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an action
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SESSION_REVOKED = "session_revoked"
    SESSIONS_REVOKED = "sessions_revoked"
    TOKEN_CREATED = "token_created"  # noqa: S105 - the name of an action
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of an action
    LINK_CREATED = "link_created"
    LINK_USED = "link_used"
    LINK_REVOKED = "link_revoked"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    IDENTITY_CONNECTED = "identity_connected"
    IDENTITY_DISCONNECTED = "identity_disconnected"
    ROUND_STOPPED = "round_stopped"


class Kind(StrEnum):
    """What an administrator may look for."""

    SIGN_IN = "sign_in"
    USERS = "users"
    CREDENTIALS = "credentials"
    LINKS = "links"
    ROUNDS = "rounds"


ACTIONS = {
    Kind.SIGN_IN: (
        *(Action.SIGNED_IN, Action.SIGN_IN_FAILED, Action.SIGNED_OUT),
        *(Action.SESSION_REVOKED, Action.SESSIONS_REVOKED),
    ),
    Kind.USERS: (
        *(Action.USER_ADDED, Action.USER_RENAMED, Action.USER_DISABLED),
        *(Action.USER_ENABLED, Action.USER_DELETED, Action.ROLE_CHANGED, Action.LIMITS_CHANGED),
    ),
    Kind.CREDENTIALS: (
        *(Action.PASSWORD_CHANGED, Action.PASSKEY_ADDED, Action.PASSKEY_REMOVED),
        *(Action.TOKEN_CREATED, Action.TOKEN_REVOKED),
        *(Action.IDENTITY_CONNECTED, Action.IDENTITY_DISCONNECTED),
    ),
    Kind.LINKS: (Action.LINK_CREATED, Action.LINK_USED, Action.LINK_REVOKED),
    Kind.ROUNDS: (Action.ROUND_STOPPED,),
}
"""The actions of each kind."""


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """A line of the security log.

    Attributes:
        number: Its place in the log.
        actor_id: Who did it; None for the command line, the server or a stranger.
        actor: The name of that user now; None where there is none, or no longer.
        subject_id: The user that it is about.
        subject: The name of that user now.
        detail: What else is to be told, such as the name of a token.
    """

    number: int
    at: float
    action: Action
    actor_id: str | None = None
    actor: str | None = None
    subject_id: str | None = None
    subject: str | None = None
    detail: str = ""
    address: str = ""
