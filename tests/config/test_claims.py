"""Conditions on what a provider says of a user."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.config import ConfigError, Settings, load_settings
from quart_chat.config.claims import Admission, ClaimRules, Issuer

VERIFIED = {"email": "Ada@Example.org", "email_verified": True}


@pytest.mark.parametrize(
    ("rules", "claims", "holds"),
    [
        ("groups=chat", {"groups": ["other", "chat"]}, True),
        ("groups=chat", {"groups": "chat"}, True),
        ("groups=chat", {"groups": ["chatter"]}, False),
        ("groups=chat", {"groups": None}, False),
        ("groups=chat", {}, False),
        ("groups = chat , team=7", {"team": 7}, True),
        ("staff=true", {"staff": True}, True),
        ("staff=1", {"staff": True}, False),
        ("realm_access.roles=editor", {"realm_access": {"roles": ["editor"]}}, True),
        ("realm_access.roles=editor", {"realm_access": ["roles"]}, False),
        ("https://a.b/roles=x", {"https://a.b/roles": ["x"]}, True),
        ("dn=cn=a", {"dn": "cn=a"}, True),
        ("email=@example.org", VERIFIED, True),
        ("email=ada@example.org", VERIFIED, True),
        ("email=@ample.org", VERIFIED, False),
        ("email=@example.org", {"email": "ada@example.org"}, False),
        ("email=@example.org", {**VERIFIED, "email_verified": "false"}, False),
        ("email=@example.org", {**VERIFIED, "email_verified": "true"}, True),
        ("email=@example.org", {**VERIFIED, "email": "a@evil.org@example.org"}, False),
        ("email=@example.org", {**VERIFIED, "email": "ada@example.org.evil.org"}, False),
        ("email=@example.org", {**VERIFIED, "email": ["ada@example.org"]}, False),
        # Letters that are one letter only to a comparison which knows all of Unicode.
        ("email=@strasse.example", {**VERIFIED, "email": "ada@straße.example"}, False),
        ("email=@straße.example", {**VERIFIED, "email": "ada@strasse.example"}, False),
        ("email=@kiwi.example", {**VERIFIED, "email": "ada@\u212aiwi.example"}, False),
        ("email=@\u212aiwi.example", {**VERIFIED, "email": "ada@kiwi.example"}, False),
        ("email=ada@fly.example", {**VERIFIED, "email": "ada@\ufb02y.example"}, False),
        ("email=k@a.example", {**VERIFIED, "email": "\u212a@a.example"}, False),
        ("email=@a.example", {**VERIFIED, "email": "jürgen@a.example"}, False),
        ("email=jürgen@a.example", {**VERIFIED, "email": "jürgen@a.example"}, True),
        ("email=Jürgen@a.example", {**VERIFIED, "email": "jürgen@a.example"}, False),
        ("email=ADA@EXAMPLE.ORG", VERIFIED, True),
        ("email=@EXAMPLE.org", VERIFIED, True),
        ("", {"groups": "chat"}, False),
    ],
)
def test_a_condition_holds_or_not(rules: str, claims: dict[str, Any], holds: bool) -> None:
    assert ClaimRules(rules).match(claims) is holds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(claims=st.dictionaries(st.sampled_from(["groups", "email", "email_verified", "a"]), JSON))
def test_no_claims_are_too_odd(claims: dict[str, Any]) -> None:
    rules = ClaimRules("groups=chat,email=@example.org,a.b=c")
    for each in claims.values():
        if each in ("chat", ["chat"]):
            return
    assert rules.match(claims) in (True, False)
    assert Admission("all").match(claims)


@pytest.mark.parametrize("text", ["chat", "=chat", "groups=", "email=@", "all,chat"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Expected claims such as"):
        Admission(text)


def test_everyone_is_no_administrator() -> None:
    with pytest.raises(ConfigError, match="QUART_CHAT_OIDC_ADMINS='all' can't be used"):
        load_settings({"QUART_CHAT_OIDC_ADMINS": "all"}, {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://id.example.org", "with https"),
        ("id.example.org", "Expected an address"),
        ("https://a:b@id.example.org", "without a user"),
        ("https://id.example.org?realm=a", "without a user"),
        ("https://id.example.org#a", "without a user"),
    ],
)
def test_what_is_no_issuer_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Issuer(text)


def test_issuers() -> None:
    for text in ("https://id.example.org/realms/a", "http://localhost:9", "http://127.0.0.1:9"):
        assert Issuer(f" {text}/ ") == text


NEEDED = {
    "QUART_CHAT_AUTH": "oidc,accounts",
    "QUART_CHAT_OIDC_ISSUER": "https://id.example.org",
    "QUART_CHAT_OIDC_CLIENT_ID": "chat",
    "QUART_CHAT_OIDC_USERS": "all",
}


def test_the_ways_in() -> None:
    auth = load_settings(NEEDED, {}).auth
    assert auth == "accounts,oidc"
    assert (auth.accounts, auth.proxy, auth.oidc, auth.sessions) == (True, False, True, True)
    auth = load_settings({**NEEDED, "QUART_CHAT_AUTH": "proxy,oidc"}, {}).auth
    assert (auth.accounts, auth.proxy, auth.oidc, auth.sessions) == (False, True, True, True)
    assert not load_settings({"QUART_CHAT_AUTH": "proxy"}, {}).auth.sessions


@pytest.mark.parametrize("name", [name for name in NEEDED if name != "QUART_CHAT_AUTH"])
def test_a_provider_needs_its_settings(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is not set"):
        load_settings({key: value for key, value in NEEDED.items() if key != name}, {})


@pytest.mark.parametrize("scopes", ["profile", "openidx", ""])
def test_the_scope_of_the_protocol_is_needed(scopes: str) -> None:
    with pytest.raises(ConfigError, match="QUART_CHAT_OIDC_SCOPES"):
        load_settings({**NEEDED, "QUART_CHAT_OIDC_SCOPES": scopes}, {})


def test_the_secret_is_shown_nowhere() -> None:
    settings = load_settings({**NEEDED, "QUART_CHAT_OIDC_CLIENT_SECRET": "geheim"}, {})
    assert "geheim" not in repr(settings)
    with pytest.raises(ConfigError) as error:
        load_settings({"QUART_CHAT_OIDC_CLIENT_SECRET": "geheim\u200b"}, {})
    assert "geheim" not in str(error.value)
    with pytest.raises(ConfigError) as error:
        load_settings({"QUART_CHAT_OIDC_ISSUER": "https://a:geheim@b"}, {})
    assert "geheim" not in str(error.value)
    assert Settings().oidc_scopes == "openid profile email"
