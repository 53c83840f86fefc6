"""The identity of the request that is being answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from quart import g, has_app_context

from quart_chat.accounts.models import Actor, CredentialKind, Identity
from quart_chat.errors import Forbidden, Unauthenticated
from quart_chat.texts import _
from quart_chat.web.auth.client import client_address, has_accounts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

View = TypeVar("View", bound="Callable[..., Awaitable[Any]]")

_KEY = "identity"


@dataclass(frozen=True, slots=True)
class Identified:
    """An identity, and since when it is known, by the monotonic clock."""

    identity: Identity
    since: float


def remember(identity: Identity, asked_at: float) -> None:
    """Keep who sends the request, with the moment at which that was begun to be looked up."""
    setattr(g, _KEY, Identified(identity, asked_at))


def find_identified() -> Identified | None:
    """Who sends the request, as far as that was asked."""
    return g.get(_KEY) if has_app_context() else None


def find_identity() -> Identity | None:
    """Who sends the request; None for a stranger, and where there are no accounts."""
    identified = find_identified()
    return None if identified is None else identified.identity


def current_identity() -> Identity:
    """Who sends the request.

    Raises:
        Unauthenticated: A stranger does.
    """
    identity = find_identity()
    if identity is None:
        raise unauthenticated()
    return identity


def unauthenticated() -> Unauthenticated:
    return Unauthenticated(_("You are not signed in."))


def actor() -> Actor:
    """Who causes the change that the request asks for."""
    return Actor(current_identity().user_id, client_address())


def session_id() -> str | None:
    """The id of the session that the request belongs to, if it belongs to one."""
    credential = current_identity().credential
    return credential.id if credential.kind is CredentialKind.SESSION else None


def is_administrator() -> bool:
    """Whether an administrator sends the request: of a server without accounts, its one user."""
    identity = find_identity()
    return not has_accounts() if identity is None else identity.is_admin


def require_session() -> str:
    """The id of the session of the request: what only a person in a browser may do.

    Raises:
        Forbidden: A program sends a token, or a proxy names the user.
    """
    found = session_id()
    if found is None:
        raise Forbidden(_("Only a browser that is signed in here may do this."))
    return found


def administrators_only(view: View) -> View:
    """Refuse a page to all but administrators."""

    @wraps(view)
    async def check(**names: str) -> Any:
        if not is_administrator():
            raise Forbidden(_("This page is for administrators."))
        return await view(**names)

    return check  # type: ignore[return-value]  # it takes what the path names, as Quart calls it


def now() -> float:
    """The clock by which identities and revocations are compared."""
    return monotonic()
