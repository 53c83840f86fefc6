"""Signing in and out, sessions, tokens, and what ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from quart_chat.accounts.models import (
    Actor,
    Credential,
    CredentialKind,
    Origin,
    RevocationReason,
    Revoked,
    Role,
    Scope,
    SignInMethod,
)
from quart_chat.accounts.options import DAY, AccountOptions
from quart_chat.accounts.passwords.hashing import Hasher
from quart_chat.accounts.service import AccountService
from quart_chat.errors import Forbidden, InvalidInput, NotFound, WeakPassword, WrongCredentials
from quart_chat.storage import Storage
from tests.accounts.parts import (
    HOME,
    OPERATOR,
    OTHER_PASSWORD,
    PASSWORD,
    Clock,
    add_admin,
    add_user,
    database_of,
    make_accounts,
    rows_of,
    sign_in,
)


async def test_a_session_says_who_sends_a_request(accounts: AccountService) -> None:
    await add_admin(accounts)
    signed_in = await sign_in(accounts, "aDA")
    identity = await accounts.identify_session(signed_in.secret)
    assert identity is not None
    assert (identity.user_id, identity.name, identity.role) == ("local", "Ada", Role.ADMIN)
    assert identity.credential == Credential(CredentialKind.SESSION, signed_in.session.id)
    assert identity.may_write
    assert identity.expires_at == signed_in.session.expires_at
    (session,) = await accounts.sessions.list("local")
    assert session == signed_in.session
    assert (session.address, session.user_agent) == (HOME.address, HOME.user_agent)
    assert session.method is SignInMethod.PASSWORD


async def test_secrets_are_not_in_the_store(storage: Storage, accounts: AccountService) -> None:
    await add_admin(accounts)
    signed_in = await sign_in(accounts)
    token = await accounts.tokens.create(Actor("local"), "local", "Backup", Scope.READ)
    invite = await accounts.invites.create(OPERATOR)
    stored = "".join(map(repr, await rows_of(storage)))
    assert signed_in.session.id in stored
    for secret in (signed_in.secret, signed_in.device, token.secret, invite.secret, PASSWORD):
        assert secret.removeprefix("qc_") not in stored


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "qc_" + "A" * 43, "ä" * 43, "\0" * 43])
async def test_no_other_secret_is_let_in(accounts: AccountService, secret: str) -> None:
    await add_admin(accounts)
    await sign_in(accounts)
    assert await accounts.identify_session(secret) is None
    assert await accounts.identify_token(secret) is None
    await accounts.sign_in.sign_out(secret)


async def test_a_token_is_no_session_and_a_session_no_token(accounts: AccountService) -> None:
    await add_admin(accounts)
    signed_in = await sign_in(accounts)
    token = await accounts.tokens.create(Actor("local"), "local", "Backup", Scope.READ)
    assert token.secret.startswith("qc_")
    assert await accounts.identify_session(token.secret.removeprefix("qc_")) is None
    assert await accounts.identify_token(f"qc_{signed_in.secret}") is None


@pytest.mark.parametrize(("scope", "may_write"), [(Scope.READ, False), (Scope.WRITE, True)])
async def test_a_token_has_a_scope_and_an_end(
    accounts: AccountService, clock: Clock, scope: Scope, may_write: bool
) -> None:
    await add_admin(accounts)
    end = clock.now + 60
    token = await accounts.tokens.create(Actor("local"), "local", "Backup", scope, end)
    identity = await accounts.identify_token(token.secret)
    assert identity is not None
    assert (identity.may_write, identity.expires_at) == (may_write, end)
    clock.pass_(60)
    # Also where it is still cached.
    assert await accounts.identify_token(token.secret) is None
    assert [t.name for t in await accounts.tokens.list("local")] == ["Backup"]


async def test_tokens_are_made_for_oneself(accounts: AccountService, clock: Clock) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    with pytest.raises(Forbidden):
        await accounts.tokens.create(Actor("local"), bob.id, "Spy", Scope.READ)
    for end in (clock.now, 0.0, float("nan")):
        with pytest.raises(InvalidInput):
            await accounts.tokens.create(Actor(bob.id), bob.id, "Old", Scope.READ, end)
    with pytest.raises(InvalidInput):
        await accounts.tokens.create(Actor(bob.id), bob.id, " ", Scope.READ)
    assert await accounts.tokens.list(bob.id) == []


async def test_a_token_can_be_revoked_by_its_user_and_administrators(
    accounts: AccountService,
) -> None:
    await add_admin(accounts)
    bob, eve = await add_user(accounts), await add_user(accounts, "Eve")
    tokens = [
        await accounts.tokens.create(Actor(bob.id), bob.id, str(n), Scope.READ) for n in range(2)
    ]
    for token in tokens:
        assert await accounts.identify_token(token.secret) is not None
    with pytest.raises(Forbidden):
        await accounts.tokens.revoke(Actor(eve.id), bob.id, tokens[0].token.id)
    with pytest.raises(NotFound):
        await accounts.tokens.revoke(Actor(eve.id), eve.id, tokens[0].token.id)
    for actor, token in zip((bob.id, "local"), tokens, strict=True):
        await accounts.tokens.revoke(Actor(actor), bob.id, token.token.id)
        assert await accounts.identify_token(token.secret) is None


async def test_a_session_ends_where_it_is_not_used_and_in_the_end_anyway(
    storage: Storage, clock: Clock
) -> None:
    options = AccountOptions(session_idle=30 * DAY, session_lifetime=90 * DAY, cache=0.0)
    accounts = make_accounts(storage, clock, options)
    await add_admin(accounts)
    idle, used = await sign_in(accounts), await sign_in(accounts)
    for _ in range(4):
        clock.pass_(20 * DAY)
        assert await accounts.identify_session(used.secret) is not None
        await accounts._identification.store_uses()
    assert await accounts.identify_session(idle.secret) is None
    assert [s.id for s in await accounts.sessions.list("local")] == [used.session.id]
    clock.pass_(10 * DAY)
    assert await accounts.identify_session(used.secret) is None
    await accounts.close()


async def test_the_last_use_is_stored_now_and_then(accounts: AccountService, clock: Clock) -> None:
    await add_admin(accounts)
    signed_in = await sign_in(accounts)
    token = await accounts.tokens.create(Actor("local"), "local", "Backup", Scope.READ)
    clock.pass_(300)
    await accounts.identify_session(signed_in.secret)
    await accounts.identify_token(token.secret)
    assert (await accounts.sessions.list("local"))[0].used_at == clock.now - 300
    await accounts.close()
    assert (await accounts.sessions.list("local"))[0].used_at == clock.now
    assert (await accounts.tokens.list("local"))[0].used_at == clock.now
    assert (await accounts.users.get("local")).seen_at == clock.now


async def test_a_sign_in_takes_the_place_of_the_session_before(accounts: AccountService) -> None:
    await add_admin(accounts)
    before = await sign_in(accounts)
    after = await accounts.sign_in.with_password("Ada", PASSWORD, HOME, replaces=before.secret)
    assert after.secret != before.secret
    assert await accounts.identify_session(before.secret) is None
    assert await accounts.identify_session(after.secret) is not None


async def test_a_session_that_is_signed_out_is_told(accounts: AccountService) -> None:
    await add_admin(accounts)
    told: list[Revoked] = []
    accounts.on_revoked(told.append)
    signed_in = await sign_in(accounts)
    await accounts.sign_in.sign_out(signed_in.secret)
    await accounts.sign_in.sign_out(signed_in.secret)
    credential = Credential(CredentialKind.SESSION, signed_in.session.id)
    assert told == [Revoked("local", credential, RevocationReason.SIGNED_OUT)]
    assert await accounts.identify_session(signed_in.secret) is None


async def test_sessions_end_one_by_one_or_all_but_this(accounts: AccountService) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    here, *others = [await sign_in(accounts) for _ in range(4)]
    with pytest.raises(Forbidden):
        await accounts.sessions.revoke(Actor(bob.id), "local", here.session.id)
    with pytest.raises(NotFound):
        await accounts.sessions.revoke(Actor(bob.id), bob.id, here.session.id)
    await accounts.sessions.revoke(Actor("local"), "local", others[0].session.id)
    assert await accounts.identify_session(others[0].secret) is None
    keep = here.session.id
    assert await accounts.sessions.revoke_all(Actor("local"), "local", keep=keep) == 2
    assert [s.id for s in await accounts.sessions.list("local")] == [keep]
    assert await accounts.identify_session(here.secret) is not None
    assert await accounts.sessions.revoke_all(Actor("local"), "local") == 1
    assert await accounts.identify_session(here.secret) is None


async def test_a_new_password_ends_the_other_sessions(accounts: AccountService) -> None:
    await add_admin(accounts)
    here, other = await sign_in(accounts), await sign_in(accounts)
    with pytest.raises(WrongCredentials):
        await accounts.passwords.change("local", OTHER_PASSWORD, OTHER_PASSWORD, HOME)
    with pytest.raises(WeakPassword):
        await accounts.passwords.change("local", PASSWORD, "Ada Ada Ada Ada", HOME)
    assert await accounts.identify_session(other.secret) is not None
    keep = here.session.id
    await accounts.passwords.change("local", PASSWORD, OTHER_PASSWORD, HOME, keep=keep)
    assert await accounts.identify_session(other.secret) is None
    assert await accounts.identify_session(here.secret) is not None
    with pytest.raises(WrongCredentials):
        await sign_in(accounts)
    await sign_in(accounts, password=OTHER_PASSWORD)


@pytest.mark.parametrize("composed", ["résumé über alles", "ｗｉｄｅ letters here"])
async def test_a_password_is_the_same_however_a_keyboard_composes_it(
    accounts: AccountService, composed: str
) -> None:
    import unicodedata

    await accounts.users.add(OPERATOR, "Bob", password=composed)
    for form in ("NFD", "NFC", "NFKC"):
        await sign_in(accounts, "Bob", password=unicodedata.normalize(form, composed))
    with pytest.raises(WrongCredentials):
        await sign_in(accounts, "Bob", password=composed.upper())


async def test_a_hash_with_other_parameters_is_made_anew(
    storage: Storage, accounts: AccountService
) -> None:
    from quart_chat.accounts.passwords.service import normal_form

    await add_admin(accounts)
    old = await Hasher(memory=16, passes=2).hash(normal_form(PASSWORD))
    await storage.accounts.write(lambda tx: tx.update_password("local", old))
    await sign_in(accounts)
    new = await storage.accounts.read(lambda reader: reader.select_password("local"))
    assert new is not None
    assert "m=8,t=1" in new
    await sign_in(accounts)
    assert await storage.accounts.read(lambda r: r.select_password("local")) == new


async def test_who_is_disabled_while_the_password_is_verified_gets_no_session(
    accounts: AccountService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    verify = Hasher.verify

    async def verify_late(hasher: Hasher, password: str, hashed: str | None) -> bool:
        right = await verify(hasher, password, hashed)
        await accounts.users.disable(OPERATOR, bob.id)
        return right

    monkeypatch.setattr(Hasher, "verify", verify_late)
    with pytest.raises(WrongCredentials):
        await sign_in(accounts, "Bob")
    assert await accounts.sessions.list(bob.id) == []


async def test_who_comes_from_another_server_is_known_again(accounts: AccountService) -> None:
    async def come(subject: str, name: str, *, create: bool = True) -> str:
        origin = Origin("192.0.2.7")
        external = accounts.sign_in.with_external
        return (await external("https://id", subject, name, origin, create=create)).user.id

    with pytest.raises(WrongCredentials):
        await come("1", "Bob", create=False)
    await add_admin(accounts)
    first = await come("1", "Ada")
    assert first != "local"
    assert (await accounts.users.get(first)).name == "Ada 2"
    assert await come("1", "Renamed", create=False) == first
    assert await come("2", "Ada") != first
    await accounts.users.disable(OPERATOR, first)
    with pytest.raises(WrongCredentials):
        await come("1", "Ada")


# What other processes revoke


async def test_what_one_process_revokes_ends_in_all(
    open_accounts: Callable[[], AccountService],
) -> None:
    one, other = open_accounts(), open_accounts()
    await add_admin(one)
    bob = await add_user(one)
    signed_in = await sign_in(one, "Bob")
    told: asyncio.Queue[Revoked] = asyncio.Queue()
    other.on_revoked(told.put_nowait)
    await one.start()
    await other.start()
    assert await other.identify_session(signed_in.secret) is not None
    await one.users.disable(OPERATOR, bob.id)
    assert await one.identify_session(signed_in.secret) is None
    assert await told.get() == Revoked(bob.id, None, RevocationReason.DISABLED)
    assert await other.identify_session(signed_in.secret) is None


async def test_a_process_is_told_once_what_it_revokes_itself(
    open_accounts: Callable[[], AccountService],
) -> None:
    one, other = open_accounts(), open_accounts()
    await add_admin(one)
    bob = await add_user(one)
    told: list[str] = []
    seen = asyncio.Event()
    one.on_revoked(lambda revoked: told.append(revoked.reason))
    other.on_revoked(lambda revoked: seen.set() if revoked.reason == "disabled" else None)
    await one.start()
    await other.start()
    await one.users.set_role(OPERATOR, bob.id, Role.ADMIN)
    await one.users.disable(OPERATOR, bob.id)
    await seen.wait()
    await one._upkeep._read_revocations()
    assert told == ["role_changed", "disabled"]


async def test_what_is_revoked_while_it_is_read_is_not_held(
    accounts: AccountService, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_admin(accounts)
    signed_in = await sign_in(accounts)
    read: Any = type(storage.accounts).read

    async def read_late(repository: Any, work: Any) -> Any:
        found = await read(repository, work)
        monkeypatch.undo()
        await accounts.sessions.revoke_all(Actor("local"), "local")
        return found

    monkeypatch.setattr(type(storage.accounts), "read", read_late)
    await accounts.identify_session(signed_in.secret)
    assert await accounts.identify_session(signed_in.secret) is None


async def test_a_session_is_read_once_in_some_seconds(
    accounts: AccountService, storage: Storage
) -> None:
    await add_admin(accounts)
    signed_in = await sign_in(accounts)
    await accounts.identify_session(signed_in.secret)
    database = database_of(storage)
    queries = database.queries
    for _ in range(50):
        assert await accounts.identify_session(signed_in.secret) is not None
    assert database.queries == queries
