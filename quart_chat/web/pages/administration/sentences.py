"""The entries of the security log as sentences, in the language of their reader."""

from __future__ import annotations

from quart_chat.accounts.security_log.events import Action, SecurityEvent
from quart_chat.texts import N_, _

# What users did with what is their own.
_OWN = {
    "user_renamed": N_("{actor} changed their name: {detail}"),
    "user_deleted": N_("{detail} deleted their own account"),
    "password_changed": N_("{actor} changed their password"),
    "session_revoked": N_("{actor} signed out another browser"),
    "sessions_revoked": N_("{actor} signed out on all browsers"),
    "token_created:read": N_("{actor} created the token “{detail}” for reading"),
    "token_created:write": N_("{actor} created the token “{detail}” for reading and changing"),
    "token_revoked": N_("{actor} revoked the token “{detail}”"),
    "link_created:invite:user": N_("{actor} created an invite for a user"),
    "link_created:invite:admin": N_("{actor} created an invite for an administrator"),
    "link_created:password": N_("{actor} created a link to set a password for {subject}"),
    "link_revoked": N_("{actor} revoked a link"),
    "passkey_added": N_("{actor} added the passkey “{detail}”"),
    "passkey_removed": N_("{actor} removed the passkey “{detail}”"),
    "identity_connected": N_("{actor} connected the account with “{detail}” at the sign-in server"),
    "identity_disconnected": N_(
        "{actor} disconnected the account from “{detail}” at the sign-in server"
    ),
    "round_stopped": N_("{actor} stopped an answer on the page for administrators"),
}

# What users did with what is another's.
_BY = {
    "user_added:user": N_("{actor} added the user {subject}"),
    "user_added:admin": N_("{actor} added the administrator {subject}"),
    "user_renamed": N_("{actor} renamed {subject}: {detail}"),
    "user_disabled": N_("{actor} disabled {subject}"),
    "user_enabled": N_("{actor} enabled {subject}"),
    "user_deleted": N_("{actor} deleted the user {detail}"),
    "role_changed:admin": N_("{actor} made {subject} an administrator"),
    "role_changed:user": N_("{actor} removed administrator rights from {subject}"),
    "limits_changed": N_("{actor} changed the limits of {subject}: {detail}"),
    "password_changed": N_("{actor} set a new password for {subject}"),
    "session_revoked": N_("{actor} signed out a browser of {subject}"),
    "sessions_revoked": N_("{actor} signed out all browsers of {subject}"),
    "token_created:read": N_("{actor} created the token “{detail}” for reading for {subject}"),
    "token_created:write": N_(
        "{actor} created the token “{detail}” for reading and changing for {subject}"
    ),
    "token_revoked": N_("{actor} revoked the token “{detail}” of {subject}"),
    "link_created:password": N_("{actor} created a link to set a password for {subject}"),
    "passkey_added": N_("{actor} added the passkey “{detail}” for {subject}"),
    "passkey_removed": N_("{actor} removed the passkey “{detail}” of {subject}"),
    "identity_connected": N_(
        "{actor} connected the account of {subject} with “{detail}” at the sign-in server"
    ),
    "identity_disconnected": N_(
        "{actor} disconnected the account of {subject} from “{detail}” at the sign-in server"
    ),
    "round_stopped": N_("{actor} stopped an answer that was being written for {subject}"),
}

# What is told of a user alone: the server, its command line or a stranger did it, or the user.
_ALONE = {
    "user_added:user": N_("The user {subject} was added"),
    "user_added:admin": N_("The administrator {subject} was added"),
    "user_renamed": N_("{subject} was renamed: {detail}"),
    "user_disabled": N_("{subject} was disabled"),
    "user_enabled": N_("{subject} was enabled"),
    "user_deleted": N_("The user {detail} was deleted"),
    "role_changed:admin": N_("{subject} became an administrator"),
    "role_changed:user": N_("{subject} is no longer an administrator"),
    "limits_changed": N_("The limits of {subject} were changed: {detail}"),
    "password_changed": N_("A new password was set for {subject}"),
    "signed_in:password": N_("{subject} signed in with a password"),
    "signed_in:passkey": N_("{subject} signed in with a passkey"),
    "signed_in:link": N_("{subject} signed in by a link"),
    "signed_in:external": N_("{subject} signed in through another service"),
    "sign_in_failed": N_("A wrong password was typed for {subject}"),
    "sign_in_failed:passkey": N_("The passkey “{detail}” of {subject} was refused"),
    "sign_in_failed:external": N_("{subject} was not let in through another service"),
    "signed_out": N_("{subject} signed out"),
    "session_revoked": N_("A browser of {subject} was signed out"),
    "sessions_revoked": N_("All browsers of {subject} were signed out"),
    "token_created:read": N_("The token “{detail}” for reading was created for {subject}"),
    "token_created:write": N_(
        "The token “{detail}” for reading and changing was created for {subject}"
    ),
    "token_revoked": N_("The token “{detail}” of {subject} was revoked"),
    "link_created:invite:user": N_("An invite for a user was created"),
    "link_created:invite:admin": N_("An invite for an administrator was created"),
    "link_created:setup": N_("The link for the first administrator was created"),
    "link_created:password": N_("A link to set a password was created for {subject}"),
    "link_used:invite": N_("{subject} accepted an invite"),
    "link_used:setup": N_("{subject} used the link for the first administrator"),
    "link_used:password": N_("{subject} used a link to set a password"),
    "link_revoked": N_("A link was revoked"),
    "passkey_added": N_("The passkey “{detail}” was added for {subject}"),
    "passkey_removed": N_("The passkey “{detail}” of {subject} was removed"),
    "identity_connected": N_(
        "The account of {subject} was connected with “{detail}” at the sign-in server"
    ),
    "identity_disconnected": N_(
        "The account of {subject} was disconnected from “{detail}” at the sign-in server"
    ),
    "round_stopped": N_("An answer that was being written for {subject} was stopped"),
}


def describe(event: SecurityEvent) -> str:
    """Tell an entry as a sentence, with the address that it came from."""
    variants, detail = _read_detail(event)
    sentence = _find(_forms_of(event), variants).format(
        actor=_name(event.actor), subject=_name(event.subject), detail=detail
    )
    if not event.address:
        return sentence
    return _("{sentence} from {address}").format(sentence=sentence, address=event.address)


def _forms_of(event: SecurityEvent) -> tuple[dict[str, str], ...]:
    if event.actor_id is None:
        return (_ALONE,)
    if event.actor_id == event.subject_id or event.subject_id is None:
        return (_OWN, _ALONE)
    return (_BY, _ALONE)


def _find(forms: tuple[dict[str, str], ...], variants: tuple[str, ...]) -> str:
    for form in forms:
        for variant in variants:
            if variant in form:
                return _(form[variant])
    # Of an action that has no sentence, its name is still better than no entry.
    return variants[-1] + ": {actor} {subject} {detail}"


def _name(name: str | None) -> str:
    return name or _("[deleted account]")


def _read_detail(event: SecurityEvent) -> tuple[tuple[str, ...], str]:
    """The kinds of the action that the detail names, the closest first, and the rest of it."""
    action, detail = str(event.action), event.detail
    match event.action:
        case Action.TOKEN_CREATED:
            name, _space, scope = detail.rpartition(" (")
            return (f"{action}:{scope.rstrip(')')}", action), name
        case Action.LINK_CREATED:
            kind, _space, role = detail.partition(" (")
            return (f"{action}:{kind}:{role.rstrip(')')}", f"{action}:{kind}", action), ""
        case Action.SIGN_IN_FAILED if detail:
            method, _colon, passkey = detail.partition(":")
            return (f"{action}:{method}",), passkey
        case Action.LIMITS_CHANGED:
            return (action,), detail or _("those of the role")
        case Action.USER_ADDED | Action.ROLE_CHANGED | Action.SIGNED_IN | Action.LINK_USED:
            return (f"{action}:{detail}", action), ""
    return (action,), detail
