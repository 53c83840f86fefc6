"""Who is let in: by tokens, by questions a minute, by models, by what runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.assistants.protocol import Models, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import RoundStatus
from quart_chat.chat.queue.prompts import PromptStatus, new_queued_prompt
from quart_chat.chat.service import ChatService
from quart_chat.chat.usage.gate import Gate
from quart_chat.chat.usage.models import DailyUsage, day_of, next_month, seconds_to
from quart_chat.errors import ChatError, ModelNotAllowed, TooManyRequests, UsageLimitReached
from quart_chat.events import StreamingEventManager
from quart_chat.limits import parse_limits
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.texts import use
from tests.accounts.parts import Clock
from tests.chat.managers import make_manager
from tests.chat.parts import idle, make_service
from tests.chat.scripted import END, ScriptedAssistant
from tests.chat.usage.teams import USER, Poet, add_user, ask, set_limits, team_service
from tests.waiting import until

Make = Callable[..., ChatService]


@pytest.fixture
async def make(repository: ChatRepository, events: StreamingEventManager) -> AsyncIterator[Make]:
    """Makes services on one store, each a node of its own."""
    made: list[ChatService] = []

    def make(*assistants: Poet, limits: str = "") -> ChatService:
        made.append(team_service(repository, events, *assistants, limits=limits))
        return made[-1]

    await add_user(repository)
    yield make
    for service in made:
        await service.close()


async def used(service: ChatService) -> list[tuple[str, int, int]]:
    assert service.usage is not None
    return [(each.model, each.rounds, each.tokens) for each in await service.usage.all_days(USER)]


def at(service: ChatService, clock: Clock) -> None:
    assert service.usage is not None
    service.usage.gate.clock = clock


async def test_without_roles_nothing_is_counted(
    repository: ChatRepository, events: StreamingEventManager
) -> None:
    service = make_service(repository, events, Poet())
    assert service.usage is None
    await ask(service, "5 5")
    assert await repository.read(lambda r: r.select_usage("")) == []
    await service.close()


async def test_tokens_are_counted_as_an_answer_ends(make: Make) -> None:
    service = make()
    await ask(service, "5 7")
    await ask(service, "5 8", model="prose")
    assert await used(service) == [("prose", 1, 13), ("verse", 1, 12)]


async def test_the_tokens_of_a_day_are_used_up(make: Make) -> None:
    service = make(limits="tokens_per_day=20")
    await ask(service, "5 7")
    await ask(service, "5 7")
    with pytest.raises(UsageLimitReached) as error:
        await ask(service)
    assert error.value.message == (
        "You've used 24 of 20 tokens for today. It starts again at 00:00 UTC."
    )
    assert 1 <= error.value.retry_after <= 86_400
    with use("de"), pytest.raises(UsageLimitReached, match="Sie haben heute 24 von 20 Token"):
        await ask(service)
    assert await used(service) == [("verse", 2, 24)]


async def test_a_day_and_a_month_begin_at_midnight_utc(
    make: Make, repository: ChatRepository
) -> None:
    service = make(limits="tokens_per_day=10 tokens_per_month=15")
    last = 1801439999.0  # 2027-01-31, 23:59:59 UTC
    clock = Clock(last)
    at(service, clock)
    await repository.write(lambda tx: tx.next_list_seq(USER, 1.0))
    await repository.write(
        lambda tx: tx.add_usage(USER, DailyUsage("2027-01-31", "verse", 1, 5, 5))
    )
    with pytest.raises(UsageLimitReached, match="for today") as error:
        await ask(service)
    assert error.value.retry_after == 1
    clock.pass_(1)
    await ask(service)
    day = DailyUsage("2027-02-01", "verse", 1, 5, 4)
    await repository.write(lambda tx: tx.add_usage(USER, day))
    clock.pass_(86_400)
    await ask(service)  # another day
    await repository.write(
        lambda tx: tx.add_usage(USER, DailyUsage("2027-02-02", "verse", 1, 5, 1))
    )
    with pytest.raises(
        UsageLimitReached, match=r"for this month\. It starts again on the first"
    ) as month:
        await ask(service)
    assert month.value.retry_after == 27 * 86_400


@given(st.floats(0, 4e9))
def test_a_period_is_over_after_what_retry_after_says(now: float) -> None:
    day = day_of(now)
    assert day_of(now + seconds_to(next_month(day), now)).day == 1
    assert seconds_to(next_month(day), now) <= 31 * 86_400


async def test_a_model_has_limits_of_its_own(make: Make) -> None:
    service = make(limits="tokens_per_day:verse=10 tokens_per_month:prose=0")
    await ask(service, "5 7")
    with pytest.raises(UsageLimitReached, match="12 of 10 tokens of verse for today"):
        await ask(service)
    with pytest.raises(UsageLimitReached, match="0 of 0 tokens of prose for this month"):
        await ask(service, model="prose")
    await ask(service, model="rhyme")


async def test_what_an_administrator_sets_goes_before_the_role(
    make: Make, repository: ChatRepository
) -> None:
    service = make(limits="tokens_per_day=10")
    await ask(service, "5 7")
    await set_limits(repository, "tokens_per_day=none")
    await ask(service, "5 7")
    await set_limits(repository, "tokens_per_day=24")
    with pytest.raises(UsageLimitReached, match="24 of 24"):
        await ask(service)


@pytest.mark.parametrize("stored", ["tokens_per_day=x", "a_limit_of_another_version=1", "="])
async def test_limits_that_can_not_be_read_are_those_of_the_role(
    make: Make, repository: ChatRepository, caplog: pytest.LogCaptureFixture, stored: str
) -> None:
    service = make(limits="tokens_per_day=10")
    await set_limits(repository, stored)
    await ask(service, "5 7")
    with pytest.raises(UsageLimitReached, match="12 of 10"):
        await ask(service)
    (line,) = [each for each in caplog.messages if "can't be read" in each]
    assert USER in line


@pytest.mark.parametrize(("limits", "titles"), [("tokens_per_day=12", 0), ("tokens_per_day=13", 1)])
async def test_no_title_is_asked_for_once_the_tokens_are_used_up(
    make: Make, limits: str, titles: int
) -> None:
    asked = []

    class Titled(Poet):
        async def answer(self, question):  # type: ignore[no-untyped-def]  # as above
            if question.is_aside:
                asked.append(question.prompt)
                question = replace(question, prompt="1 1")
            async for output in super().answer(question):
                yield output

    service = make(Titled(), limits=limits)
    await ask(service, "5 7")
    await until(lambda: not service.rounds.running and not service.rounds.titling.is_busy)
    assert len(asked) == titles


async def test_questions_a_minute_come_again_one_by_one(make: Make) -> None:
    service = make(limits="prompts_per_minute=2")
    clock = Clock()
    at(service, clock)
    await ask(service)
    clock.pass_(20)
    chat = await ask(service)
    clock.pass_(20.5)
    with pytest.raises(UsageLimitReached) as error:
        await ask(service, workflow_id=chat)
    assert error.value.retry_after == 20
    assert error.value.message == (
        "You've asked 2 questions within a minute, and 2 are allowed. Try again in 20 s."
    )
    clock.pass_(20)
    await ask(service, workflow_id=chat)
    with pytest.raises(UsageLimitReached):
        await ask(service)


class Times:
    """Keeps when questions were asked."""

    times: tuple[float, ...] = ()

    def select_prompt_times(self, user_id: str) -> tuple[float, ...]:
        return self.times

    def update_prompt_times(self, user_id: str, times: Sequence[float]) -> None:
        self.times = tuple(times)


@given(
    limit=st.integers(1, 5),
    pauses=st.lists(st.floats(0, 40), max_size=30),
)
def test_no_minute_has_more_questions_than_allowed(limit: int, pauses: list[float]) -> None:
    """Whatever the pauses; who waits as told is let in."""

    clock, times, taken = Clock(), Times(), list[float]()
    gate = Gate({}, clock)
    for pause in pauses:
        clock.pass_(pause)
        try:
            gate._take_prompt(times, USER, limit)  # type: ignore[arg-type]  # what it needs of a store
        except UsageLimitReached as error:
            clock.pass_(error.retry_after)
            gate._take_prompt(times, USER, limit)  # type: ignore[arg-type]  # the same
        taken.append(clock.now)
        assert len([each for each in taken if clock.now - 60 < each]) <= limit
        assert len(times.times) <= limit


@given(
    limit=st.integers(1, 5),
    asked=st.lists(st.tuples(st.floats(0, 10), st.floats(0, 20)), max_size=40),
)
def test_nodes_with_other_clocks_let_no_more_in(
    limit: int, asked: list[tuple[float, float]]
) -> None:
    """Clocks that are 20 s apart at the most still hold the limit within 40 s."""
    clock, times, taken, waits = Clock(), Times(), list[float](), list[float]()
    for pause, ahead in asked:
        clock.pass_(pause)
        gate = Gate({}, lambda ahead=ahead: clock.now + ahead)  # type: ignore[misc]  # as now
        try:
            gate._take_prompt(times, USER, limit)  # type: ignore[arg-type]  # what it needs of a store
        except UsageLimitReached as error:
            waits.append(error.retry_after)
        else:
            taken.append(clock.now)
        assert len([each for each in taken if clock.now - 39 < each]) <= limit
        assert list(times.times) == sorted(times.times)
    assert all(1 <= wait <= 60 for wait in waits)


async def test_every_way_to_ask_is_counted_once(make: Make) -> None:
    service = make(limits="prompts_per_minute=100")
    assert service.usage is not None

    async def count() -> int:
        times = await service._storage.read(lambda r: r.select_prompt_times(USER))
        return len(times)

    chat = await ask(service, request_id="one")
    await service.start(Ask(USER, "1 1", request_id="one"))  # the same request again
    assert await count() == 1
    await ask(service, workflow_id=chat, replaces=1)  # an edited question
    await service.start(Ask(USER, None, workflow_id=chat, replaces=1))  # a new version
    await idle(service, chat)
    assert await count() == 3
    await service.queue.add(Ask(USER, "1 1", workflow_id=chat))  # begins at once
    await idle(service, chat)
    assert await count() == 4


async def test_a_queued_question_is_counted_as_it_is_queued(
    repository: ChatRepository, events: StreamingEventManager, make: Make
) -> None:
    assistant = ScriptedAssistant()
    service = team_service(repository, events, assistant, limits="prompts_per_minute=2")  # type: ignore[arg-type]  # any assistant
    started = await service.start(Ask(USER, "a"))
    queued = Ask(USER, "b", workflow_id=started.workflow_id, request_id="b")
    await service.queue.add(queued)
    await service.queue.add(queued)
    with pytest.raises(UsageLimitReached):
        await service.queue.add(Ask(USER, "c", workflow_id=started.workflow_id))
    assistant.tell("a", "A", END)
    assistant.tell("b", "B", END)
    await idle(service, started.workflow_id)
    await idle(service, started.workflow_id)
    assert assistant.closed == ["a", "b"]
    assert await used(service) == [("scripted", 2, 0)]
    await service.close()


async def test_a_queued_question_waits_where_the_tokens_are_used_up(
    repository: ChatRepository, make: Make
) -> None:
    class Slow(Poet):
        def __init__(self) -> None:
            self.go = asyncio.Event()

        async def answer(self, question):  # type: ignore[no-untyped-def]  # as above
            await self.go.wait()
            async for output in super().answer(question):
                yield output

    slow = Slow()
    service = make(slow, limits="tokens_per_day=10")
    started = await service.start(Ask(USER, "10 10"))
    placed = await service.queue.add(Ask(USER, "1 1", workflow_id=started.workflow_id))
    assert placed.queued is not None
    slow.go.set()
    await idle(service, started.workflow_id)
    (waiting,) = await service.queue.read(USER, started.workflow_id)
    assert waiting.status is PromptStatus.QUEUED
    assert waiting.content == "1 1"
    with pytest.raises(UsageLimitReached):
        await service.queue.send(USER, started.workflow_id, waiting.id)
    await set_limits(repository, "tokens_per_day=none")
    await service.queue.send(USER, started.workflow_id, waiting.id)
    await idle(service, started.workflow_id)
    assert await used(service) == [("verse", 2, 22)]


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [
        ("tokens_per_day=0", UsageLimitReached),
        ("tokens_per_month:prose=0", UsageLimitReached),
        ("models=verse", ModelNotAllowed),
        ("running_rounds=1", TooManyRequests),
    ],
)
async def test_nothing_is_stopped_for_a_question_that_can_not_be_sent(
    repository: ChatRepository, make: Make, limits: str, refusal: type[ChatError]
) -> None:
    class Endless(Poet):
        async def answer(self, question):  # type: ignore[no-untyped-def]  # as above
            if question.model == "ode":
                await asyncio.Event().wait()
            async for output in super().answer(question):
                yield output

    service = make(Endless())
    await service.start(Ask(USER, "1 1", model="ode"))
    running = await service.start(Ask(USER, "1 1", model="ode"))
    asked = Ask(USER, "1 1", workflow_id=running.workflow_id, model="prose")
    placed = await service.queue.add(asked)
    assert placed.queued is not None
    await set_limits(repository, limits)
    with pytest.raises(refusal):
        await service.queue.send(USER, running.workflow_id, placed.queued.id)
    snapshot = await service.snapshot(USER, running.workflow_id)
    assert [each.status for each in snapshot.rounds] == [RoundStatus.RUNNING]
    (waiting,) = await service.queue.read(USER, running.workflow_id)
    assert not waiting.due
    await set_limits(repository, "running_rounds=2")
    await service.queue.send(USER, running.workflow_id, waiting.id)
    await idle(service, running.workflow_id)
    assert ("prose", 1, 2) in await used(service)


async def test_models_that_may_not_be_asked_are_refused(
    make: Make, repository: ChatRepository
) -> None:
    service = make()
    chat = await ask(service, model="prose")
    await set_limits(repository, "models=verse,ode*")
    with pytest.raises(ModelNotAllowed) as error:
        await ask(service, workflow_id=chat)
    assert error.value.message == (
        "You may not use the model prose. Choose one of these: verse, ode*."
    )
    with pytest.raises(ModelNotAllowed):
        await service.start(Ask(USER, None, workflow_id=chat, replaces=1))
    await ask(service, workflow_id=chat, model="odes")
    await ask(service)
    await set_limits(repository, "models=prose")
    await ask(service)  # the default may not be asked, but one can be named
    assert await used(service) == [("odes", 1, 2), ("prose", 2, 4), ("verse", 1, 2)]
    await set_limits(repository, "models=o*")
    with pytest.raises(ModelNotAllowed, match="may not use the model verse"):
        await ask(service)


async def test_a_model_that_is_not_known_has_to_be_chosen(
    make: Make, repository: ChatRepository
) -> None:
    poet = Poet()
    poet.default_model = None
    service = make(poet, limits="models=o*")
    with pytest.raises(ModelNotAllowed, match=r"Choose a model. You may use: o\*."):
        await ask(service)
    await ask(service, model="ode")


class Late(Poet):
    """Knows its default model once its models were listed."""

    default_model: str | None = None

    async def models(self) -> Models:
        self.default_model = "verse"
        return await super().models()


@pytest.mark.parametrize("by_queue", [False, True])
async def test_the_first_question_waits_for_the_default_model(
    make: Make, repository: ChatRepository, by_queue: bool
) -> None:
    chat = await ask(make(), model="prose")
    await repository.write(
        lambda tx: tx.statements.fetch("UPDATE workflows SET model = NULL, assistant = NULL")
    )
    service = make(Late(), limits="models=ode,v*")
    if by_queue:
        await service.queue.add(Ask(USER, "1 1", workflow_id=chat))
        await idle(service, chat)
    else:
        await ask(service, workflow_id=chat)
    assert ("verse", 1, 2) in await used(service)


async def test_a_token_limit_holds_the_first_question_too(make: Make) -> None:
    service = make(Late(), limits="tokens_per_day:verse=0")
    with pytest.raises(UsageLimitReached, match="0 of 0 tokens of verse"):
        await ask(service)


async def test_a_model_that_stays_unknown_may_be_any_that_is_used_up(make: Make) -> None:
    poet = Poet()
    poet.default_model = None
    service = make(poet, limits="tokens_per_month:prose=0")
    with pytest.raises(UsageLimitReached, match="0 of 0 tokens of prose"):
        await ask(service)
    await ask(service, model="verse")


async def test_a_prompt_that_is_due_waits_for_the_default_model(
    make: Make, repository: ChatRepository
) -> None:
    chat = await ask(make())
    placed = new_queued_prompt(Ask(USER, "1 1", workflow_id=chat), "1 1", None, 1)
    await repository.write(lambda tx: tx.upsert_queued_prompt(replace(placed, due=True)))
    service = make(Late(), limits="models=ode*,v*")
    await service.recover()
    await idle(service, chat)
    assert await used(service) == [("verse", 2, 4)]


async def test_fewer_answers_run_at_a_time(
    repository: ChatRepository, events: StreamingEventManager, make: Make
) -> None:
    assistant = ScriptedAssistant()
    service = team_service(repository, events, assistant, limits="running_rounds=1")  # type: ignore[arg-type]  # any assistant
    started = await service.start(Ask(USER, "a"))
    with pytest.raises(TooManyRequests, match="1 of your answers are being written"):
        await service.start(Ask(USER, "b"))
    ended = await service.stop(USER, started.workflow_id)
    assert ended is not None
    assert ended.status is RoundStatus.STOPPED
    await service.start(Ask(USER, "b"))
    await service.close()


@pytest.mark.parametrize("limit", ["prompts_per_minute", "running_rounds"])
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(most=st.integers(1, 4), more=st.integers(0, 6))
async def test_questions_of_two_nodes_pass_no_limit_together(
    repository: ChatRepository, limit: str, most: int, more: int
) -> None:
    user = f"user {limit} {most} {more}"
    await repository.write(lambda tx: tx.next_list_seq(user, 1.0))
    await repository.write(lambda tx: tx.update_prompt_times(user, ()))
    roles = f"{limit}={most}"
    managers = make_manager(), make_manager()
    assistants = ScriptedAssistant(), ScriptedAssistant()
    nodes = [
        team_service(repository, manager, assistant, limits=roles)  # type: ignore[arg-type]  # any assistant
        for manager, assistant in zip(managers, assistants, strict=True)
    ]
    for node in nodes:
        assert node.usage is not None
        node.usage.gate._roles = {"": parse_limits(roles)}
    asks = [nodes[n % 2].start(Ask(user, f"{n}")) for n in range(most + more)]
    answers = await asyncio.gather(*asks, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, BaseException)]
    assert len(answers) - len(refused) == most
    assert all(isinstance(each, TooManyRequests) for each in refused)
    for node, manager in zip(nodes, managers, strict=True):
        await node.close()
        await manager.close()


async def test_a_queued_prompt_says_why_it_was_not_sent_when_its_turn_came(
    repository: ChatRepository, events: StreamingEventManager
) -> None:
    await add_user(repository)
    assistant = ScriptedAssistant()
    service = team_service(repository, events, assistant, limits="running_rounds=2")  # type: ignore[arg-type]  # any assistant
    chat = (await service.start(Ask(USER, "a"))).workflow_id
    await service.queue.add(Ask(USER, "b", workflow_id=chat))
    await service.start(Ask(USER, "c"))
    await set_limits(repository, "running_rounds=1")
    assistant.tell("a", Text("One."), END)
    await idle(service, chat)
    (prompt,) = await service.queue.read(USER, chat)
    assert (prompt.refused, prompt.due) == ("too_many_requests", False)
    assert prompt.to_item()["refused"] == "too_many_requests"
    edited = await service.queue.edit(USER, chat, prompt.id, "another")
    assert edited.refused is None
    await set_limits(repository, "")
    placed = await service.queue.send(USER, chat, prompt.id)
    assert placed.round_number == 2
    sent = await repository.read(lambda reader: reader.select_queued_prompt(chat, prompt.id))
    assert sent is not None
    assert sent.refused is None
    await service.close()
