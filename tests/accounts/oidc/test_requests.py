"""Authorization requests: answered once, in time, and by the browser that has them."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256

from quart_chat.accounts.oidc.requests import LIFETIME
from quart_chat.accounts.secret import new_secret
from quart_chat.accounts.service import AccountService
from quart_chat.accounts.storage import StoredChallenge
from quart_chat.storage import Storage
from tests.accounts.parts import Clock


async def test_a_request_is_answered_once_by_any_process(
    open_accounts: Callable[[], AccountService],
) -> None:
    one, other = open_accounts().authorization_requests, open_accounts().authorization_requests
    made = await one.begin()
    assert await other.take(made.secret, made.state) == made
    assert await other.take(made.secret, made.state) is None
    assert await one.take(made.secret, made.state) is None


async def test_an_answer_with_another_state_ends_nothing(accounts: AccountService) -> None:
    requests = accounts.authorization_requests
    made, other = await requests.begin(), await requests.begin()
    for state in ("", other.state, made.state[:-1], made.state + "A", made.nonce, "\udcff", "ä"):
        assert await requests.take(made.secret, state) is None
    for secret in ("", other.secret, made.challenge, made.secret + "A", "ä" * 43):
        assert await requests.take(secret, made.state) is None
    assert await requests.take(made.secret, made.state) == made


async def test_a_request_ends_after_ten_minutes(accounts: AccountService, clock: Clock) -> None:
    requests = accounts.authorization_requests
    early, late = await requests.begin(), await requests.begin()
    clock.pass_(LIFETIME - 1)
    assert await requests.take(early.secret, early.state) == early
    clock.pass_(1)
    assert await requests.take(late.secret, late.state) is None


async def test_what_was_stored_for_another_purpose_is_no_request(
    accounts: AccountService, storage: Storage, clock: Clock
) -> None:
    requests = accounts.authorization_requests
    made, id_ = await requests.begin(), sha256(b"").hexdigest()
    taken = await storage.accounts.write(
        lambda tx: tx.take_challenge(sha256(made.secret.encode()).hexdigest())
    )
    assert taken is not None
    assert made.secret not in (taken.id, taken.challenge)
    passkey = StoredChallenge(taken.id, "sign_in", taken.challenge, None, clock() + 60)
    await storage.accounts.write(lambda tx: tx.insert_challenge(passkey))
    assert await requests.take(made.secret, made.state) is None
    assert id_ != taken.id


async def test_each_part_is_as_long_as_the_protocols_want_and_tells_no_other(
    accounts: AccountService,
) -> None:
    made = await accounts.authorization_requests.begin()
    parts = [made.secret, made.challenge, made.state, made.nonce, made.code_verifier]
    assert len({*parts, made.code_challenge}) == 6
    assert {len(part) for part in parts} == {43}  # a verifier has 43 to 128 (RFC 7636, 4.1)
    hashed = urlsafe_b64encode(sha256(made.code_verifier.encode()).digest()).rstrip(b"=").decode()
    assert made.code_challenge == hashed
    assert new_secret() not in parts
