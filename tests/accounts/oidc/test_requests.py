"""Authorization requests: answered once, in time, and by the browser that has them."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256

import pytest

from quart_chat.accounts.models import Origin
from quart_chat.accounts.oidc.requests import LIFETIME
from quart_chat.accounts.secret import new_secret
from quart_chat.accounts.service import AccountService
from quart_chat.accounts.storage import StoredChallenge
from quart_chat.accounts.throttle.rates import AUTHORIZATIONS
from quart_chat.errors import SignInThrottled
from quart_chat.storage import Storage
from tests.accounts.parts import HOME, Clock, add_admin
from tests.accounts.passkeys.parts import BROWSER, SITE


async def test_a_request_is_answered_once_by_any_process(
    open_accounts: Callable[[], AccountService],
) -> None:
    one, other = open_accounts().authorization_requests, open_accounts().authorization_requests
    made = await one.begin(HOME)
    assert await other.take(made.secret, made.state) == made
    assert await other.take(made.secret, made.state) is None
    assert await one.take(made.secret, made.state) is None


async def test_an_answer_with_another_state_ends_nothing(accounts: AccountService) -> None:
    requests = accounts.authorization_requests
    made, other = await requests.begin(HOME), await requests.begin(HOME)
    for state in ("", other.state, made.state[:-1], made.state + "A", made.nonce, "\udcff", "ä"):
        assert await requests.take(made.secret, state) is None
    for secret in ("", other.secret, made.challenge, made.secret + "A", "ä" * 43):
        assert await requests.take(secret, made.state) is None
    assert await requests.take(made.secret, made.state) == made


async def test_a_request_ends_after_ten_minutes(accounts: AccountService, clock: Clock) -> None:
    requests = accounts.authorization_requests
    early, late = await requests.begin(HOME), await requests.begin(HOME)
    clock.pass_(LIFETIME - 1)
    assert await requests.take(early.secret, early.state) == early
    clock.pass_(1)
    assert await requests.take(late.secret, late.state) is None


async def test_what_was_stored_for_another_purpose_is_no_request(
    accounts: AccountService, storage: Storage, clock: Clock
) -> None:
    requests = accounts.authorization_requests
    made, id_ = await requests.begin(HOME), sha256(b"").hexdigest()
    taken = await storage.accounts.write(
        lambda tx: tx.take_challenge(sha256(made.secret.encode()).hexdigest())
    )
    assert taken is not None
    assert made.secret not in (taken.id, taken.challenge)
    passkey = StoredChallenge(taken.id, "sign_in", taken.challenge, None, clock() + 60)
    await storage.accounts.write(lambda tx: tx.insert_challenge(passkey))
    assert await requests.take(made.secret, made.state) is None
    assert id_ != taken.id


async def test_a_connection_is_stored_as_no_sign_in(
    accounts: AccountService, storage: Storage
) -> None:
    """A node of an earlier release, which takes sign-ins alone, would make an account of it."""
    await add_admin(accounts)
    requests = accounts.authorization_requests
    for user_id, purpose in ((None, "oidc"), ("local", "oidc-connection")):
        made = await requests.begin(HOME, user_id)
        id_ = sha256(made.secret.encode()).hexdigest()
        stored = await storage.accounts.read(lambda reader, id_=id_: reader.find_challenge(id_))  # type: ignore[misc]  # of a loop
        assert stored is not None
        assert stored.purpose == purpose
        assert await requests.take(made.secret, made.state) == made


async def test_each_part_is_as_long_as_the_protocols_want_and_tells_no_other(
    accounts: AccountService,
) -> None:
    made = await accounts.authorization_requests.begin(HOME)
    parts = [made.secret, made.challenge, made.state, made.nonce, made.code_verifier]
    assert len({*parts, made.code_challenge}) == 6
    assert {len(part) for part in parts} == {43}  # a verifier has 43 to 128 (RFC 7636, 4.1)
    hashed = urlsafe_b64encode(sha256(made.code_verifier.encode()).digest()).rstrip(b"=").decode()
    assert made.code_challenge == hashed
    assert new_secret() not in parts


async def test_one_address_begins_only_so_many_in_a_time(
    accounts: AccountService, clock: Clock
) -> None:
    requests = accounts.authorization_requests
    for _ in range(AUTHORIZATIONS.burst):
        made = await requests.begin(HOME)
    with pytest.raises(SignInThrottled) as refused:
        await requests.begin(HOME)
    # It keeps out none of those that have begun, no other address, and no passkey.
    assert await requests.take(made.secret, made.state) == made
    assert await requests.begin(Origin("198.51.100.7", "Test/1.0"))
    assert await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    clock.pass_(refused.value.retry_after)
    assert await requests.begin(HOME)
