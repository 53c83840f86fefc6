"""Accounts, as every engine stores them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from quart_chat.accounts.models import (
    Credential,
    CredentialKind,
    Invite,
    LinkKind,
    RevocationReason,
    Revoked,
    Role,
    Scope,
    Session,
    SignInMethod,
    Token,
    User,
)
from quart_chat.accounts.passkeys.models import Passkey
from quart_chat.accounts.security_log.events import Action, SecurityEvent
from quart_chat.accounts.storage import AccountTransaction, StoredChallenge, StoredPasskey
from quart_chat.accounts.throttle.buckets import FORGET, Bucket
from quart_chat.documents.models import Kind
from quart_chat.storage import Storage
from tests.documents.waiting import new_document
from tests.storage.contract.chats import begin_round, begin_workflow, put_log, put_message

ADA = User("local", "Ada “Ä” 😀", Role.ADMIN, 1.5)
BOB = User("b", "Bob", Role.USER, 2.5)
SESSION = Session("s1", "local", SignInMethod.PASSWORD, 1.0, 2.0, 100.0, "Agent/1.0", "::1")
TOKEN = Token("t1", "local", "Backup", Scope.READ, 3.0, 4.25)
INVITE = Invite("i1", LinkKind.INVITE, Role.ADMIN, 5.0, 50.0, created_by="local")
PASSKEY = StoredPasskey(Passkey("p1", "local", "Key", 6.0, None, ("usb", "nfc")), "cHVibGlj", 7)
CHALLENGE = StoredChallenge("c1", "sign_in", "Y2hhbGxlbmdl", None, 60.0)


def add_users(tx: AccountTransaction) -> None:
    tx.insert_user(ADA, "ada", "hash")
    tx.insert_user(BOB, "bob", None)


@pytest.fixture
async def users(storage: Storage) -> Storage:
    await storage.accounts.write(add_users)
    return storage


async def test_users_come_back_as_they_were_stored(users: Storage) -> None:
    ada = replace(ADA, has_password=True)
    assert await users.accounts.read(lambda r: r.select_users()) == [ada, BOB]
    assert await users.accounts.read(lambda r: r.select_user("local")) == ada
    assert await users.accounts.read(lambda r: r.find_user("bob")) == BOB
    assert await users.accounts.read(lambda r: r.find_user("Bob")) is None
    assert await users.accounts.read(lambda r: r.select_password("local")) == "hash"
    changed = replace(BOB, name="Robert", role=Role.ADMIN, disabled_at=9.5)
    await users.accounts.write(lambda tx: tx.update_user(changed, "robert"))
    assert await users.accounts.read(lambda r: r.find_user("robert")) == changed


async def test_a_user_of_the_machine_keeps_what_was_there_before(storage: Storage) -> None:
    before = await storage.chats.write(lambda tx: begin_workflow(tx, user="local"))
    await storage.accounts.write(add_users)
    assert await storage.chats.read(lambda r: r.select_workflow(before.id, "local")) == before
    assert await storage.chats.write(lambda tx: tx.next_list_seq("local", 1.0)) == 2


async def test_only_enabled_administrators_are_counted(users: Storage) -> None:
    assert await users.accounts.read(lambda r: r.count_admins()) == 1
    assert await users.accounts.read(lambda r: r.count_admins(besides="local")) == 0
    await users.accounts.write(lambda tx: tx.update_user(replace(BOB, role=Role.ADMIN), "bob"))
    assert await users.accounts.read(lambda r: r.count_admins(besides="local")) == 1
    gone = replace(BOB, role=Role.ADMIN, disabled_at=1.0)
    await users.accounts.write(lambda tx: tx.update_user(gone, "bob"))
    assert await users.accounts.read(lambda r: r.count_admins(besides="local")) == 0


async def test_sessions_and_tokens_are_found_by_their_secrets(users: Storage) -> None:
    await users.accounts.write(lambda tx: tx.insert_session(SESSION, "hash of s1"))
    await users.accounts.write(lambda tx: tx.insert_token(TOKEN, "hash of t1"))
    ada = replace(ADA, has_password=True)
    assert await users.accounts.read(lambda r: r.find_session("hash of s1")) == (SESSION, ada)
    assert await users.accounts.read(lambda r: r.find_token("hash of t1")) == (TOKEN, ada)
    assert await users.accounts.read(lambda r: r.find_session("hash of t1")) is None
    assert await users.accounts.read(lambda r: r.select_sessions("local")) == [SESSION]
    assert await users.accounts.read(lambda r: r.select_tokens("b")) == []
    assert not await users.accounts.write(lambda tx: tx.delete_session("b", "s1"))
    assert not await users.accounts.write(lambda tx: tx.delete_token("b", "t1"))
    assert await users.accounts.write(lambda tx: tx.delete_session("local", "s1"))
    assert await users.accounts.write(lambda tx: tx.delete_token("local", "t1"))
    assert await users.accounts.read(lambda r: r.find_session("hash of s1")) is None


async def test_all_sessions_but_one_are_deleted(users: Storage) -> None:
    for id_ in ("s1", "s2", "s3"):
        await users.accounts.write(
            lambda tx, id_=id_: tx.insert_session(replace(SESSION, id=id_), id_)  # type: ignore[misc]
        )
    ended = await users.accounts.write(lambda tx: tx.delete_sessions("local", "s2"))
    assert sorted(ended) == ["s1", "s3"]
    assert await users.accounts.write(lambda tx: tx.delete_sessions("local", None)) == ["s2"]


async def test_the_sessions_of_a_passkey_are_deleted_but_one(users: Storage) -> None:
    by_passkey = replace(SESSION, passkey_id="p1")
    sessions = [
        SESSION,
        *(replace(by_passkey, id=f"p{number}") for number in range(3)),
        replace(SESSION, id="other", passkey_id="p2"),
        replace(by_passkey, id="b", user_id="b"),
    ]
    for session in sessions:
        await users.accounts.write(lambda tx, s=session: tx.insert_session(s, s.id))  # type: ignore[misc]
    ended = await users.accounts.write(lambda tx: tx.delete_passkey_sessions("local", "p1", "p2"))
    assert sorted(ended) == ["p0", "p1"]
    left = await users.accounts.read(lambda r: r.select_sessions("local"))
    assert sorted(session.id for session in left) == ["other", "p2", "s1"]


async def test_a_use_is_never_set_back(users: Storage) -> None:
    await users.accounts.write(lambda tx: tx.insert_token(TOKEN, "hash"))
    for at in (30.0, 20.0):
        uses = {"t1": at, "gone": at}
        await users.accounts.write(lambda tx, u=uses: tx.note_uses(CredentialKind.TOKEN, u))  # type: ignore[misc]
    (token,) = await users.accounts.read(lambda r: r.select_tokens("local"))
    user = await users.accounts.read(lambda r: r.select_user("local"))
    assert user is not None
    assert (token.used_at, user.seen_at) == (30.0, 30.0)


async def test_a_link_is_taken_once(users: Storage) -> None:
    await users.accounts.write(lambda tx: tx.insert_invite(INVITE, "hash"))
    link = Invite("i2", LinkKind.PASSWORD, Role.USER, 6.0, 60.0, user_id="b")
    await users.accounts.write(lambda tx: tx.insert_invite(link, "other"))
    link = replace(link, name="Bob")
    assert await users.accounts.read(lambda r: r.select_invites()) == [link, INVITE]
    taken = await asyncio.gather(
        *(users.accounts.write(lambda tx: tx.take_invite("hash")) for _ in range(5))
    )
    assert sorted(map(bool, taken)) == [False] * 4 + [True]
    await users.accounts.write(lambda tx: tx.delete_links(LinkKind.PASSWORD, "local"))
    assert await users.accounts.read(lambda r: r.find_invite("other")) == link
    await users.accounts.write(lambda tx: tx.delete_links(LinkKind.PASSWORD, "b"))
    assert await users.accounts.read(lambda r: r.select_invites()) == []


async def test_the_latest_origins_are_remembered(users: Storage) -> None:
    for number in range(5):
        names = [f"o{number}"]
        await users.accounts.write(
            lambda tx, names=names, now=number: tx.remember_origins("b", names, now, 3)  # type: ignore[misc]
        )
    wanted = [f"o{number}" for number in range(5)]
    found = await users.accounts.read(lambda r: r.find_origins("b", wanted))
    assert found == {"o2", "o3", "o4"}
    assert await users.accounts.read(lambda r: r.find_origins("local", wanted)) == set()


async def test_buckets_are_put_and_emptied(storage: Storage) -> None:
    first, second = Bucket(3, 4.5, 1.25), Bucket(4, 8.5, 2.25)
    await storage.accounts.write(lambda tx: tx.put_bucket("a", first))
    await storage.accounts.write(lambda tx: tx.put_bucket("a", second))
    assert await storage.accounts.read(lambda r: r.select_buckets(["a", "b"])) == {"a": second}
    await storage.accounts.write(lambda tx: tx.put_bucket("a", None))
    assert await storage.accounts.read(lambda r: r.select_buckets(["a", "b"])) == {}


async def test_external_names_are_kept_apart_by_provider(users: Storage) -> None:
    await users.accounts.write(lambda tx: tx.insert_external("https://id", "7", "b", 1.0))
    assert await users.accounts.read(lambda r: r.find_external("https://id", "7")) == "b"
    assert await users.accounts.read(lambda r: r.find_external("https://other", "7")) is None


async def test_passkeys_and_challenges_come_back(users: Storage) -> None:
    await users.accounts.write(lambda tx: tx.insert_passkey(PASSKEY))
    assert await users.accounts.read(lambda r: r.find_passkey("p1")) == PASSKEY
    used = StoredPasskey(replace(PASSKEY.passkey, name="New", used_at=9.0), "cHVibGlj", 8)
    await users.accounts.write(lambda tx: tx.update_passkey(used))
    assert await users.accounts.read(lambda r: r.select_passkeys("local")) == [used.passkey]
    user = await users.accounts.read(lambda r: r.select_user("local"))
    assert user is not None
    assert user.passkeys == 1
    assert not await users.accounts.write(lambda tx: tx.delete_passkey("b", "p1"))
    assert await users.accounts.write(lambda tx: tx.delete_passkey("local", "p1"))
    assert not await users.accounts.read(lambda r: r.has_declined_passkeys("local"))
    await users.accounts.write(lambda tx: tx.decline_passkeys("local", 9.5))
    assert await users.accounts.read(lambda r: r.has_declined_passkeys("local"))
    assert not await users.accounts.read(lambda r: r.has_declined_passkeys("b"))
    await users.accounts.write(lambda tx: tx.insert_challenge(CHALLENGE))
    taken = await asyncio.gather(
        *(users.accounts.write(lambda tx: tx.take_challenge("c1")) for _ in range(3))
    )
    assert sorted(taken, key=repr) == [None, None, CHALLENGE]


async def test_the_log_is_read_from_its_end(users: Storage) -> None:
    events = [
        SecurityEvent(0, 1.0, Action.SIGN_IN_FAILED, subject_id="b", address="::1"),
        SecurityEvent(0, 2.0, Action.USER_DISABLED, "local", subject_id="b"),
        SecurityEvent(0, 3.0, Action.TOKEN_CREATED, "local", subject_id="local", detail="“T” %"),
    ]
    for event in events:
        await users.accounts.write(lambda tx, event=event: tx.insert_event(event))  # type: ignore[misc]
    read = await users.accounts.read(lambda r: r.select_events(None, 10, None))
    assert [event.action for event in read] == ["token_created", "user_disabled", "sign_in_failed"]
    assert [(e.actor, e.subject) for e in read] == [
        (ADA.name, ADA.name),
        (ADA.name, "Bob"),
        (None, "Bob"),
    ]
    assert (read[0].detail, read[2].address) == ("“T” %", "::1")
    assert await users.accounts.read(lambda r: r.select_events(read[0].number, 1, None)) == [
        read[1]
    ]
    assert await users.accounts.read(lambda r: r.select_events(None, 9, "b")) == read[1:]
    assert await users.accounts.read(lambda r: r.select_events(read[1].number, 9, "b")) == read[2:]
    wanted = (Action.USER_DISABLED, Action.SIGN_IN_FAILED)
    assert await users.accounts.read(lambda r: r.select_events(None, 9, None, wanted)) == read[1:]
    assert (
        await users.accounts.read(lambda r: r.select_events(None, 9, "b", wanted[1:])) == (read[2:])
    )
    assert await users.accounts.read(lambda r: r.select_events(None, 9, None, ())) == []


async def test_revocations_are_read_by_other_sources_in_order(users: Storage) -> None:
    assert await users.accounts.read(lambda r: r.last_revocation()) == 0
    session = Credential(CredentialKind.SESSION, "s1")
    one = Revoked("b", session, RevocationReason.REVOKED)
    other = Revoked("b", None, RevocationReason.DISABLED)
    for revoked in (one, other):
        await users.accounts.write(
            lambda tx, revoked=revoked: tx.insert_revocation(revoked, 1.0, "here")  # type: ignore[misc]
        )
    found = await users.accounts.read(lambda r: r.select_revocations(0, "there"))
    assert [revoked for _, revoked in found] == [one, other]
    last = found[-1][0]
    assert await users.accounts.read(lambda r: r.last_revocation()) == last
    after = await users.accounts.read(lambda r: r.select_revocations(found[0][0], "there"))
    assert after == found[1:]
    assert await users.accounts.read(lambda r: r.select_revocations(0, "here")) == []


async def test_what_is_old_is_pruned(users: Storage) -> None:
    def fill(tx: AccountTransaction) -> None:
        revoked = Revoked("b", None, RevocationReason.DISABLED)
        for number, at in enumerate((1.0, FORGET + 1000.0)):
            tx.insert_session(replace(SESSION, id=f"s{number}", expires_at=at), f"s{number}")
            tx.insert_invite(replace(INVITE, id=f"i{number}", expires_at=at), f"i{number}")
            tx.insert_challenge(replace(CHALLENGE, id=f"c{number}", expires_at=at))
            tx.put_bucket(f"b{number}", Bucket(1, at, at))
            tx.insert_event(SecurityEvent(0, at, Action.SIGNED_IN, "b"))
            tx.insert_revocation(revoked, at, "here")
        tx.insert_session(replace(SESSION, id="idle", used_at=1.0, expires_at=1e12), "idle")

    await users.accounts.write(fill)
    now = FORGET + 500.0
    await users.accounts.write(lambda tx: tx.prune(now, idle_since=1.5, log_since=2.0))
    sessions = await users.accounts.read(lambda r: r.select_sessions("local"))
    assert [session.id for session in sessions] == ["s1"]
    assert [i.id for i in await users.accounts.read(lambda r: r.select_invites())] == ["i1"]
    assert await users.accounts.write(lambda tx: tx.take_challenge("c0")) is None
    assert await users.accounts.write(lambda tx: tx.take_challenge("c1")) is not None
    assert set(await users.accounts.read(lambda r: r.select_buckets(["b0", "b1"]))) == {"b1"}
    assert len(await users.accounts.read(lambda r: r.select_events(None, 9, None))) == 1
    left = await users.accounts.read(lambda r: r.select_revocations(0, ""))
    assert len(left) == 1
    # Even if all are old, the last stays, so that numbers go on from it.
    await users.accounts.write(lambda tx: tx.prune(1e12, idle_since=0.0, log_since=0.0))
    assert await users.accounts.read(lambda r: r.last_revocation()) == left[0][0]


async def test_a_deleted_user_is_gone_and_erased_piece_by_piece(users: Storage) -> None:
    def write_chats(tx: object, user: str, count: int) -> None:
        for number in range(count):
            workflow = begin_workflow(tx, f"Title {number}", user)  # type: ignore[arg-type]
            round_ = begin_round(tx, workflow)  # type: ignore[arg-type]
            put_message(tx, round_, "user", "kiwi")  # type: ignore[arg-type]
            put_log(tx, round_, "step")  # type: ignore[arg-type]

    await users.chats.write(lambda tx: write_chats(tx, "b", 25))
    await users.chats.write(lambda tx: write_chats(tx, "local", 2))
    document = replace(new_document("b"), kind=Kind.TEXT)
    await users.documents.write(lambda tx: tx.next_list_seq("b", 1.0))
    await users.documents.write(lambda tx: tx.upsert_document(document))
    await users.documents.write(lambda tx: tx.insert_words(document, [("Kiwi", "kiwi")] * 450))
    await users.accounts.write(lambda tx: tx.insert_external("id", "7", "b", 1.0))
    assert await users.accounts.read(lambda r: r.select_document_ids("b")) == [document.id]
    await users.accounts.write(lambda tx: tx.delete_user("b", 9.0))
    assert await users.accounts.read(lambda r: r.select_user("b")) is None
    assert await users.accounts.read(lambda r: r.find_user("bob")) is None
    assert not await users.accounts.read(lambda r: r.may_adopt("b"))
    assert await users.accounts.read(lambda r: r.select_deleted()) == ["b"]
    # The name is free at once.
    await users.accounts.write(lambda tx: tx.insert_user(replace(BOB, id="new"), "bob", None))
    steps = 1
    while await users.accounts.write(lambda tx: tx.erase_some("b")):
        steps += 1
    assert steps > 5
    assert not await users.accounts.read(lambda r: r.may_adopt("b"))
    assert await users.chats.read(lambda r: r.select_ids("b")) == []
    assert len(await users.chats.read(lambda r: r.select_ids("local"))) == 2
    assert await users.accounts.read(lambda r: r.select_document_ids("b")) == []
