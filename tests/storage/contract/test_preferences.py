"""What users have set, as every engine stores it."""

from __future__ import annotations

from dataclasses import replace

from quart_chat.assistants.parameters import Parameters
from quart_chat.chat.preferences.models import Preferences, Preset
from quart_chat.storage import Storage
from tests.storage.contract.chats import USER, begin_workflow, put_workflow

ALL = Parameters(
    0.7, 1.0, 512, "low", {"top_k": 40, "stop": ["\0", "“end” 😀"], "deep": {"a": None}}
)


async def test_who_has_set_nothing_has_no_preferences(storage: Storage) -> None:
    assert await storage.chats.read(lambda r: r.select_preferences(USER)) == Preferences()


async def test_preferences_come_back_as_they_were_stored(storage: Storage) -> None:
    wanted = Preferences(
        "model", "tiny", "Be brief.\n“Grüße” 😀", (Preset("1", "Exact", ALL), Preset("2", "b", ALL))
    )
    await storage.chats.write(lambda tx: tx.upsert_preferences(USER, wanted, 1.0))
    assert await storage.chats.read(lambda r: r.select_preferences(USER)) == wanted
    changed = replace(wanted, model=None, system_prompt=None, presets=())
    await storage.chats.write(lambda tx: tx.upsert_preferences(USER, changed, 2.0))
    assert await storage.chats.read(lambda r: r.select_preferences(USER)) == changed


async def test_preferences_are_their_users_alone(storage: Storage) -> None:
    await storage.chats.write(lambda tx: tx.upsert_preferences("bob", Preferences("model"), 1.0))
    assert await storage.chats.read(lambda r: r.select_preferences(USER)) == Preferences()


async def test_preferences_leave_the_version_of_the_list_as_it_is(storage: Storage) -> None:
    await storage.chats.write(begin_workflow)
    before = await storage.chats.read(lambda r: r.select_page(USER, before=None, limit=1))
    await storage.chats.write(lambda tx: tx.upsert_preferences(USER, Preferences("model"), 1.0))
    assert await storage.chats.read(lambda r: r.select_page(USER, before=None, limit=1)) == before


async def test_the_parameters_of_a_chat_come_back_until_it_is_erased(storage: Storage) -> None:
    begun = await storage.chats.write(begin_workflow)
    chat = await storage.chats.write(lambda tx: put_workflow(tx, begun, parameters=ALL))
    assert await storage.chats.read(lambda r: r.select_workflow(chat.id)) == chat
    assert chat.parameters == ALL
    await storage.chats.write(lambda tx: put_workflow(tx, chat, deleted=True, deleted_at=2.0))
    await storage.chats.write(lambda tx: tx.erase_deleted(3.0))
    (tombstone,) = (await storage.chats.read(lambda r: r.select_changes(USER, 0))).entries or ()
    assert getattr(tombstone, "parameters", ALL) is None


async def test_the_ids_of_all_chats_are_those_of_one_user_by_age(storage: Storage) -> None:
    first = await storage.chats.write(begin_workflow)
    second = await storage.chats.write(begin_workflow)
    await storage.chats.write(lambda tx: begin_workflow(tx, user="bob"))
    gone = {"deleted": True, "deleted_at": 1795802076.1234567}
    await storage.chats.write(lambda tx: put_workflow(tx, second, **gone))
    assert await storage.chats.read(lambda r: r.select_ids(USER)) == [first.id]
    moment = float(repr(gone["deleted_at"]))
    assert await storage.chats.read(lambda r: r.select_ids(USER, moment)) == [second.id]
    assert await storage.chats.read(lambda r: r.select_ids("bob", moment)) == []
    assert await storage.chats.read(lambda r: r.select_ids(USER, moment + 1)) == []
