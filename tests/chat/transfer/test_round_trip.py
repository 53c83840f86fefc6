"""A chat that is exported, imported elsewhere and exported again is the same file."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.assistants.parameters import Parameters
from quart_chat.assistants.protocol import (
    AssistantError,
    Models,
    Source,
    Sources,
    Step,
    Text,
    Usage,
)
from quart_chat.chat.ask import Ask
from quart_chat.chat.service import ChatService
from quart_chat.chat.transfer.file import encode, to_file
from quart_chat.errors import InvalidInput
from tests.chat.managers import make_manager
from tests.chat.parts import USER, idle, make_service
from tests.chat.scripted import END, Line, ScriptedAssistant
from tests.examples import examples
from tests.stores import open_chats

STOP = "stop"

texts = st.text(max_size=6) | st.sampled_from(
    ["😀\n", "- 5 *degrees*", "[1] and [7]", "a\ud800\0", "\u200d"]
)
names = st.sampled_from(["m", "gpt-4o", "ñ/😀"])
wholes = st.integers(-(2**53), 2**53) | st.integers(0, 9)
reals = st.floats(-1e15, 1e15)
sources = st.builds(
    Source,
    wholes,
    texts,
    texts,
    st.sampled_from(["/documents/1", "https://a.test/x", "javascript:alert(1)", ""]),
    texts,
    texts,
)
outputs = st.one_of(
    st.builds(Text, texts),
    st.builds(Text, texts),
    st.builds(
        Step,
        st.sampled_from("abcdef"),
        texts,
        st.sampled_from(["running", "completed", "failed"]),
        st.sampled_from(["info", "warning", "error", "progress"]),
        st.none() | st.floats(0, 1),
        st.none() | st.sampled_from("abcdef"),
    ),
    st.builds(Sources, st.lists(sources, max_size=3).map(tuple), st.booleans()),
    st.builds(Usage, names, st.none() | wholes, st.none() | wholes, st.none() | reals, reals),
)
endings = st.sampled_from(
    [
        lambda: END,
        lambda: END,
        lambda: STOP,
        lambda: AssistantError("gone", "It is gone."),
        ValueError,
    ]
)


@dataclass(frozen=True)
class Asked:
    """A round: ``about`` is the one that it replaces, counted round; None for the next."""

    about: int | None
    again: bool
    text: str
    outputs: list[Line]
    ending: Any
    assistant: str | None
    model: str | None
    documents: tuple[str, ...] | None = field(default=None)


asks = st.builds(
    Asked,
    st.none() | st.none() | st.integers(0, 5),
    st.booleans(),
    texts,
    st.lists(outputs, max_size=8),
    endings,
    st.sampled_from([None, "scripted", "other"]),
    st.none() | names,
    st.none() | st.lists(st.sampled_from(["d1", "d2"]), unique=True).map(tuple),
)
parameters = st.builds(
    Parameters,
    st.none() | st.floats(0, 2),
    max_tokens=st.none() | st.integers(1, 9999),
    extra=st.dictionaries(st.sampled_from(["seed", "stop"]), st.text("aä\0\n") | st.integers(0, 9)),
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "title": texts,
        "pinned": st.booleans(),
        "system_prompt": texts,
        "parameters": parameters,
        "head": st.integers(0, 5),
    },
)


class Choosy(ScriptedAssistant):
    async def models(self) -> Models:
        return Models(("m",))


class Other(Choosy):
    name = "other"


@dataclass(frozen=True)
class World:
    """An instance."""

    service: ChatService
    assistants: dict[str, ScriptedAssistant]

    async def ask(self, ask: Asked, number: int, workflow_id: str | None) -> str:
        again = ask.again and ask.about is not None
        replaces = None
        if workflow_id is not None and ask.about is not None:
            replaces = ask.about % (number - 1) + 1
        prompt = f"{number} {ask.text}" if replaces is None or not again else None
        started = await self.service.start(
            Ask(
                USER,
                prompt,
                workflow_id=workflow_id,
                assistant=ask.assistant,
                model=ask.model,
                document_ids=ask.documents,
                replaces=replaces,
            )
        )
        asked = await self.service.tree.prompt(USER, started.workflow_id, started.round_number)
        round_ = await self.service.tree.round(USER, started.workflow_id, started.round_number)
        assistant = self.assistants[round_.assistant]
        assistant.tell(asked, *ask.outputs)
        ending = ask.ending()
        if ending == STOP:
            await self.service.stop(USER, started.workflow_id)
        else:
            assistant.tell(asked, ending)
            await idle(self.service, started.workflow_id)
        # What it was not asked for any more is not for the next one.
        assistant._scripts.clear()
        return started.workflow_id

    async def change(self, workflow_id: str, changes: dict[str, Any], rounds: int) -> None:
        with suppress(InvalidInput):
            if "title" in changes:
                await self.service.change(USER, workflow_id, title=changes["title"])
        await self.service.change(USER, workflow_id, pinned=changes.get("pinned", False))
        await self.service.change(USER, workflow_id, system_prompt=changes.get("system_prompt", ""))
        await self.service.change(USER, workflow_id, parameters=changes.get("parameters"))
        if "head" in changes:
            await self.service.change(USER, workflow_id, head=changes["head"] % rounds + 1)

    async def export(self, workflow_id: str) -> bytes:
        return encode(to_file(await self.service.snapshot(USER, workflow_id)))

    async def take(self, data: bytes) -> str:
        report = await self.service.imports.take_file(USER, BytesIO(data), "chat.json", 10**8)
        assert report.faults == []
        (taken,) = report.taken
        return taken.id


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        repository = await open_chats(Path(folder) / "chat.sqlite")
        events = make_manager()
        assistants = Choosy(), Other()
        service = make_service(repository, events, *assistants)
        yield World(service, {assistant.name: assistant for assistant in assistants})
        await service.close()
        await events.close()
        await repository.close()


def comparable(data: bytes) -> dict[str, Any]:
    """A file without what an import changes: all else has to be the same.

    The chat and its steps get ids of their own here, in place of which stand their places; the
    documents that were named belong to the instance that has them.
    """
    file: dict[str, Any] = json.loads(data)
    del file["chat"]["id"], file["chat"]["documentIds"]
    for round_ in file["rounds"]:
        del round_["documentIds"]
        places = {log["id"]: place for place, log in enumerate(round_["logs"])}
        for log in round_["logs"]:
            log["id"], log["parentId"] = (
                places[log["id"]],
                log["parentId"] and places[log["parentId"]],
            )
    return file


async def check(script: list[Asked], changed: dict[str, Any]) -> None:
    async with world() as here, world() as there:
        id_ = None
        for number, ask in enumerate(script, 1):
            id_ = await here.ask(ask, number, id_)
        assert id_ is not None
        await here.change(id_, changed, len(script))
        exported = await here.export(id_)
        taken = await there.take(exported)
        again = await there.export(taken)
        assert comparable(again) == comparable(exported)
        before = await here.service.workflow(USER, id_)
        after = await there.service.workflow(USER, taken)
        assert after.status == before.status


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(asks, min_size=1, max_size=6), changes, st.booleans())
def test_a_chat_is_the_same_after_export_and_import(
    script: list[Asked], changed: dict[str, Any], coarse: bool
) -> None:
    now = time.time
    # A clock that gives the same moment to all that is done within a second.
    with patch("time.time", (lambda: float(int(now()))) if coarse else now):
        asyncio.run(check(script, changed))
