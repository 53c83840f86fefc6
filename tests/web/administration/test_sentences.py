"""Each entry of the security log is a whole sentence in each language."""

from __future__ import annotations

from typing import Any

import pytest

from quart_chat.accounts.models import LinkKind, Role, Scope, SignInMethod
from quart_chat.accounts.security_log.events import Action, SecurityEvent
from quart_chat.texts import languages, use
from quart_chat.web.pages.administration.sentences import describe

DETAILS: dict[Action, list[str]] = {
    Action.USER_ADDED: list(Role),
    Action.USER_RENAMED: ["Bob → Robert"],
    Action.USER_DELETED: ["Bob"],
    Action.ROLE_CHANGED: list(Role),
    Action.LIMITS_CHANGED: ["", "prompts_per_minute=5"],
    Action.SIGN_IN_FAILED: ["", "passkey:external: x", SignInMethod.EXTERNAL],
    Action.SIGNED_IN: list(SignInMethod),
    Action.SESSIONS_REVOKED: ["3"],
    Action.TOKEN_CREATED: [f"Backup (old) ({scope})" for scope in Scope],
    Action.TOKEN_REVOKED: ["{actor} (x)"],
    Action.LINK_CREATED: [f"{kind} ({role})" for kind in LinkKind for role in Role],
    Action.LINK_USED: list(LinkKind),
    Action.PASSKEY_ADDED: ["Key"],
    Action.PASSKEY_REMOVED: ["Key"],
    Action.ROUND_STOPPED: ["0" * 32],
}

PEOPLE: list[dict[str, Any]] = [
    {"actor_id": "1", "actor": "Ada", "subject_id": "2", "subject": "Bob"},
    {"actor_id": "2", "actor": "Bob", "subject_id": "2", "subject": "Bob"},
    {"actor_id": None, "actor": None, "subject_id": "2", "subject": "Bob"},
    {"actor_id": None, "actor": None, "subject_id": None, "subject": None},
    {"actor_id": "1", "actor": None, "subject_id": "2", "subject": None},
]


def event(action: Action, detail: str = "", address: str = "", **people: Any) -> SecurityEvent:
    return SecurityEvent(1, 0.0, action, detail=detail, address=address, **people)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("action", Action)
def test_every_action_has_a_sentence_for_everyone(action: Action, language: str) -> None:
    with use(language):
        for people in PEOPLE:
            for detail in DETAILS.get(action, [""]):
                sentence = describe(event(action, detail, **people))
                assert action not in sentence, sentence  # it is no fallback
                assert " " in sentence
                assert "{" not in sentence.replace("{actor} (x)", ""), sentence


def test_a_sign_in_says_how_and_from_where() -> None:
    people: dict[str, Any] = {"actor_id": "1", "actor": "Ada", "subject_id": "1", "subject": "Ada"}
    signed_in = event(Action.SIGNED_IN, "password", "203.0.113.7", **people)
    assert describe(signed_in) == "Ada signed in with a password from 203.0.113.7"
    with use("de"):
        assert describe(signed_in) == (
            "Ada hat sich mit einem Passwort angemeldet, von 203.0.113.7 aus"
        )


def test_a_name_with_braces_is_taken_as_it_is() -> None:
    people: dict[str, Any] = {
        "actor_id": "1",
        "actor": "{detail}",
        "subject_id": "1",
        "subject": "{detail}",
    }
    sentence = describe(event(Action.TOKEN_REVOKED, "{subject}", "{0}", **people))
    assert sentence == "{detail} revoked the token “{subject}” from {0}"


def test_an_account_that_is_gone_is_named_so() -> None:
    people: dict[str, Any] = {"actor_id": "1", "actor": None, "subject_id": "2", "subject": "Bob"}
    assert describe(event(Action.USER_DISABLED, **people)) == "[deleted account] disabled Bob"
