"""What a user sets for new chats, and keeps under names."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from quart_chat.assistants.parameters import Parameters
from quart_chat.assistants.protocol import Models, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.preferences.models import Preferences
from quart_chat.chat.preferences.service import MAX_PRESETS
from quart_chat.chat.service import ChatService
from quart_chat.errors import InvalidInput, NotFound
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.parts import USER, idle, make_service
from tests.chat.scripted import END, ScriptedAssistant

COOL = Parameters(temperature=0.1)


class Choosy(ScriptedAssistant):
    name = "choosy"

    async def models(self) -> Models:
        return Models(("tiny", "large"))


@pytest.fixture
def choosy() -> Choosy:
    return Choosy()


@pytest.fixture
async def service(
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
    choosy: Choosy,
) -> AsyncIterator[ChatService]:
    service = make_service(repository, events, assistant, choosy)
    yield service
    await service.close()


async def ask(
    service: ChatService,
    scripted: ScriptedAssistant,
    prompt: str,
    chat: str | None = None,
    assistant: str | None = None,
) -> str:
    """Have a prompt answered; without a name, the scripted one has to be who is asked."""
    started = await service.start(Ask(USER, prompt, workflow_id=chat, assistant=assistant))
    scripted.tell(prompt, Text("Yes."), END)
    await idle(service, started.workflow_id)
    return started.workflow_id


async def test_a_new_chat_begins_as_it_was_set(
    service: ChatService, assistant: ScriptedAssistant, choosy: Choosy
) -> None:
    before = await ask(service, assistant, "before")
    await service.preferences.change(
        USER, choice=("choosy", "large"), system_prompt="  Be brief.\n"
    )
    chat = await service.workflow(USER, await ask(service, choosy, "after"))
    assert (chat.assistant, chat.model, chat.system_prompt) == ("choosy", "large", "Be brief.")
    assert choosy.questions["after"].model == "large"
    assert choosy.questions["after"].system_prompt == "Be brief."
    # A chat that was there keeps what it has, and so does one that names who answers.
    old = await service.workflow(USER, before)
    assert (old.assistant, old.system_prompt) == ("scripted", None)
    named = await ask(service, assistant, "named", assistant="scripted")
    assert (await service.workflow(USER, named)).model is None
    assert (await service.preferences.read("another")) == Preferences()


async def test_what_is_offered_no_longer_is_not_asked(
    service: ChatService,
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
) -> None:
    await service.preferences.change(USER, choice=("choosy", "large"), system_prompt="Be brief.")
    without = make_service(repository, events, assistant)
    chat = await without.workflow(USER, await ask(without, assistant, "one"))
    assert (chat.assistant, chat.model, chat.system_prompt) == ("scripted", None, "Be brief.")
    await without.close()


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (("unknown", None), "assistant: there is no assistant of that name."),
        (("scripted", "tiny"), "model: this assistant offers no models."),
        (("choosy", ""), "model: expected a name of 1 to 200 characters."),
        (("choosy", "m" * 201), "model: expected a name of 1 to 200 characters."),
        ((None, "tiny"), "model: name its assistant as well."),
    ],
)
async def test_a_choice_that_can_not_be_is_refused_as_a_whole(
    service: ChatService, choice: tuple[str | None, str | None], reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await service.preferences.change(USER, choice=choice, system_prompt="New")
    assert caught.value.message.startswith(reason)
    assert await service.preferences.read(USER) == Preferences()


async def test_what_is_set_is_taken_back(service: ChatService) -> None:
    await service.preferences.change(USER, choice=("choosy", "large"), system_prompt="Be brief.")
    assert (await service.preferences.change(USER, choice=("choosy", None))).model is None
    assert (await service.preferences.change(USER, choice=(None, None))).assistant is None
    assert await service.preferences.change(USER, system_prompt=" ") == Preferences()


async def test_the_parameters_of_a_chat_are_those_of_each_round_from_now_on(
    service: ChatService, choosy: Choosy
) -> None:
    chat = await ask(service, choosy, "one", assistant="choosy")
    assert not choosy.questions["one"].parameters
    changed = await service.change(USER, chat, parameters=COOL)
    assert changed.parameters == COOL
    await ask(service, choosy, "two", chat)
    assert choosy.questions["two"].parameters == COOL
    # An answer that is written again is asked for as is set now.
    await service.change(USER, chat, parameters=Parameters(max_tokens=7))
    await service.start(Ask(USER, None, workflow_id=chat, replaces=1))
    choosy.tell("one", END)
    await idle(service, chat)
    assert choosy.questions["one"].parameters == Parameters(max_tokens=7)
    assert (await service.change(USER, chat, parameters=Parameters())).parameters is None


async def test_parameters_that_can_not_be_used_change_nothing(
    service: ChatService, choosy: Choosy
) -> None:
    chat = await ask(service, choosy, "one", assistant="choosy")
    with pytest.raises(InvalidInput, match="temperature"):
        await service.change(USER, chat, title="New", parameters=Parameters(temperature=9))
    assert (await service.workflow(USER, chat)).title == "one"


async def test_a_change_of_parameters_is_told_to_every_reader(
    service: ChatService, choosy: Choosy
) -> None:
    chat = await ask(service, choosy, "one", assistant="choosy")
    async with (
        service.events.subscribe(chat) as of_chat,
        service.events.subscribe(f"user:{USER}") as of_list,
    ):
        await service.change(USER, chat, parameters=COOL)
        for subscription in (of_chat, of_list):
            batch = await subscription.read()
            assert batch is not None
            assert batch.events[0].data["item"]["parameters"]["temperature"] == 0.1


async def test_a_preset_is_kept_under_its_name_until_it_is_deleted(service: ChatService) -> None:
    presets = service.preferences
    exact = await presets.save_preset(USER, " Exact\n ", COOL)
    wild = await presets.save_preset(USER, "a wild one", Parameters(temperature=2))
    assert exact.name == "Exact"
    assert (await presets.read(USER)).presets == (wild, exact)
    # The same name in other letters is the same preset.
    again = await presets.save_preset(USER, "EXACT", Parameters(top_p=0.1))
    assert (again.id, again.name) == (exact.id, "EXACT")
    assert (await presets.read(USER)).presets == (wild, again)
    await presets.change(USER, system_prompt="Be brief.")
    assert len((await presets.read(USER)).presets) == 2
    await presets.delete_preset(USER, exact.id)
    with pytest.raises(NotFound):
        await presets.delete_preset(USER, exact.id)
    with pytest.raises(NotFound):
        await presets.delete_preset("another", wild.id)
    assert (await presets.read(USER)).presets == (wild,)


async def test_a_preset_that_can_not_be_is_refused(service: ChatService) -> None:
    presets = service.preferences
    for name, parameters in (
        (" \n", COOL),
        ("n" * 61, COOL),
        ("Nothing", Parameters()),
        ("Hot", Parameters(temperature=9)),
    ):
        with pytest.raises(InvalidInput):
            await presets.save_preset(USER, name, parameters)
    for number in range(MAX_PRESETS):
        await presets.save_preset(USER, f"Preset {number}", COOL)
    with pytest.raises(InvalidInput, match="You have 50 presets already"):
        await presets.save_preset(USER, "One more", COOL)
    await presets.save_preset(USER, "preset 7", Parameters(top_p=1))
    assert len((await presets.read(USER)).presets) == MAX_PRESETS
