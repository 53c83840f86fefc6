"""The live page, its stream, and stopping the rounds of others."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Role
from quart_chat.accounts.security_log.events import Action
from quart_chat.chat.rounds.ending.stops import Stops
from quart_chat.errors import Unavailable
from quart_chat.web.monitoring.monitor import CONTEXT, MONITOR, Monitor
from quart_chat.web.schemas.figures import FiguresItem
from tests.app import create_test_app
from tests.web.accounts.people import (
    HOST,
    OPERATOR,
    Person,
    accounts_of,
    add_person,
    make_token,
)
from tests.web.accounts.test_pages import text_of
from tests.web.streams import Stream, open_stream

LIVE = "/api/admin/live"


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures come faster than people could read them."""
    monkeypatch.setattr(Monitor.__init__, "__defaults__", (0.02,))


@asynccontextmanager
async def waiting(client: Client, headers: dict[str, str]) -> AsyncIterator[tuple[Stream, str]]:
    """A round that says nothing until it is stopped; its stream and its chat."""
    asked = {"prompt": "wait", "assistant": "slow"}
    async with open_stream(
        client, "/api/chatbot/start/stream", json=asked, headers=headers
    ) as stream:
        yield stream, (await stream.until("workflow"))["item"]["id"]


async def figures_with(stream: Stream, **wanted: int) -> dict[str, Any]:
    """Read on to figures that have so many of what they list."""
    while True:
        item: dict[str, Any] = (await stream.until("figures"))["item"]
        msgspec.convert(item, FiguresItem)
        if all(len(item[name]) == count for name, count in wanted.items()):
            return item


async def test_administrators_see_who_reads_and_which_rounds_run(
    client: Client, admin: Person, user: Person
) -> None:
    async with (
        waiting(client, user.headers) as (_, chat),
        open_stream(client, LIVE, headers=admin.headers) as live,
    ):
        item = await figures_with(live, rounds=1)
        (round_,) = item["rounds"]
        assert (round_["user"], round_["workflowId"], round_["roundNumber"]) == ("Berta", chat, 1)
        assert (round_["assistant"], round_["model"]) == ("Slow", None)
        assert round_["startedAt"] <= item["at"]
        contexts = {context["kind"]: context for context in item["busiest"]}
        assert contexts["chat"]["user"] == "Berta"
        assert contexts["chat"]["id"] == chat[:8]
        assert [reader["user"] for reader in contexts["chat"]["readers"]] == ["Berta"]
        # The page is itself a reader.
        while "page" not in contexts or not contexts["page"]["readers"]:
            item = (await live.until("figures"))["item"]
            contexts = {context["kind"]: context for context in item["busiest"]}
        assert [reader["user"] for reader in contexts["page"]["readers"]] == ["Ada"]


async def test_nothing_of_what_is_written_is_in_the_figures(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    async with waiting(client, user.headers) as (_, chat):
        await client.patch(
            f"/api/chatbot/workflows/{chat}", json={"title": "xylophone"}, headers=user.headers
        )
        async with open_stream(client, LIVE, headers=admin.headers) as live:
            item = await figures_with(live, rounds=1)
        assert b"xylophone" not in orjson.dumps(item)
        page = await text_of(client, "/admin/live", admin)
        assert "xylophone" not in page
        assert "A chat of Berta" in page
        assert "Berta · Slow" in page


@pytest.mark.parametrize("path", ["/admin/live", LIVE])
async def test_others_do_not(client: Client, user: Person, path: str) -> None:
    response = await client.get(path, headers=user.headers)
    assert response.status_code == 403
    events = await client.get(f"/api/events/{CONTEXT}", headers=user.headers)
    assert events.status_code == 404


async def test_the_context_is_read_as_any_other_by_administrators(
    client: Client, admin: Person
) -> None:
    async with open_stream(client, f"/api/events/{CONTEXT}", headers=admin.headers) as stream:
        assert (await stream.until("figures"))["item"]["readers"] >= 0
    response = await client.get(f"/api/events/{CONTEXT}x", headers=admin.headers)
    assert response.status_code == 404


async def test_one_who_comes_later_is_told_no_old_figures(client: Client, admin: Person) -> None:
    async with open_stream(client, LIVE, headers=admin.headers) as first:
        for _ in range(5):
            latest = (await first.until("figures"))["item"]["at"]
        async with open_stream(client, LIVE, headers=admin.headers) as second:
            assert (await second.until("figures"))["item"]["at"] > latest


async def test_nothing_is_measured_while_the_page_is_closed(
    app: Quart, client: Client, admin: Person
) -> None:
    monitor: Any = app.extensions[MONITOR]
    await text_of(client, "/admin/live", admin)
    assert not monitor.is_running  # the page alone reads nothing
    async with open_stream(client, LIVE, headers=admin.headers) as live:
        await live.until("figures")
        assert monitor.is_running
    await monitor.settle()
    assert not monitor.is_running


async def test_a_user_who_is_no_longer_an_administrator_is_shown_nothing_more(
    app: Quart, client: Client, admin: Person
) -> None:
    other = await add_person(app, "Dora", Role.ADMIN)
    async with open_stream(client, LIVE, headers=other.headers) as live:
        await live.until("figures")
        await accounts_of(app).users.set_role(OPERATOR, other.id, Role.USER)
        await live.connection.as_response()  # it has come to its end
    assert (await client.get(LIVE, headers=other.headers)).status_code == 403


async def test_a_round_of_another_is_stopped_from_the_page_and_the_log_tells_it(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    async with waiting(client, user.headers) as (stream, chat):
        page = await text_of(client, "/admin/live", admin)
        assert f'name="workflow_id" value="{chat}"' in page
        assert re.search(r'aria-label="Stop the answer for Berta"', page)
        form = {"workflow_id": chat, "round": "1"}
        response = await client.post("/admin/live/stop", form=form, headers=admin.headers)
        assert response.headers["Location"] == "/admin/live?stopped=1"
        assert (await stream.until("stopped"))["item"]["roundNumber"] == 1
    (entry,) = (await accounts_of(app).log.page(limit=1)).entries
    assert (entry.action, entry.actor, entry.subject) == (Action.ROUND_STOPPED, "Ada", "Berta")
    assert entry.detail == chat
    account = await text_of(client, "/settings/account", user)
    assert "Ada stopped an answer that was being written for Berta" in account
    # It has ended: nothing more is stopped, and nothing more is told.
    response = await client.post("/admin/live/stop", form=form, headers=admin.headers)
    assert response.headers["Location"] == "/admin/live"
    assert (await accounts_of(app).log.page(limit=1)).entries == [entry]


async def test_a_stop_whose_end_is_not_known_is_told(
    app: Quart, client: Client, admin: Person, user: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Unavailable("its process does not answer")

    async with waiting(client, user.headers) as (_stream, chat):
        with monkeypatch.context() as patch:
            patch.setattr(Stops, "stop", fail)
            response = await client.post(f"/api/admin/rounds/{chat}/stop", headers=admin.headers)
        assert response.status_code == 503
        (entry,) = (await accounts_of(app).log.page(limit=1)).entries
        assert (entry.action, entry.detail) == (Action.ROUND_STOPPED, chat)


async def test_programs_stop_a_round_of_another_with_a_token_that_may_change(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    async with waiting(client, user.headers) as (stream, chat):
        path = f"/api/admin/rounds/{chat}/stop"
        assert (await client.post(path, headers=await make_token(app, admin))).status_code == 403
        assert (await client.post(path, headers=user.headers)).status_code == 403
        later = await client.post(f"{path}?round=2", headers=admin.headers)
        assert (await later.get_json())["status"] == "idle"
        stopped = await client.post(f"{path}?round=1", headers=admin.headers)
        assert await stopped.get_json() == {
            "workflowId": chat,
            "roundNumber": 1,
            "status": "stopped",
        }
        await stream.until("stopped")
    assert (await client.post(path, headers=admin.headers)).status_code == 200
    path = path.replace(chat, "0" * 32)
    assert (await client.post(path, headers=admin.headers)).status_code == 404


@pytest.mark.parametrize("number", ["", "x", "-1", "٣", "9" * 30])
async def test_a_number_that_is_none_is_refused(client: Client, admin: Person, number: str) -> None:
    form = {"workflow_id": "0" * 32, "round": number}
    response = await client.post("/admin/live/stop", form=form, headers=admin.headers)
    assert response.status_code == 422


async def test_a_chat_that_is_gone_leads_back_to_the_page(client: Client, admin: Person) -> None:
    for id_ in ("0" * 32, "nonsense"):
        form = {"workflow_id": id_, "round": "1"}
        response = await client.post("/admin/live/stop", form=form, headers=admin.headers)
        assert response.status_code == 303


async def test_many_readers_come_and_go_and_the_figures_end_right(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    async def visit() -> None:
        async with open_stream(client, "/api/stream", headers=user.headers) as stream:
            await stream.until("pulse")

    async with open_stream(client, LIVE, headers=admin.headers) as live:
        await asyncio.gather(*(visit() for _ in range(30)))
        item = await figures_with(live, busiest=2)
        while item["readers"] > 1:
            item = (await live.until("figures"))["item"]
        lists = [context for context in item["busiest"] if context["kind"] == "list"]
        assert [(each["user"], each["readers"], each["moreReaders"]) for each in lists] == [
            ("Berta", [], 0)
        ]


async def test_without_accounts_the_user_of_the_machine_sees_it(tmp_path: Path) -> None:
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path / "instance"})
    async with app.test_app():
        client = app.test_client()
        async with (
            waiting(client, HOST) as (stream, chat),
            open_stream(client, LIVE, headers=HOST) as live,
        ):
            item = await figures_with(live, rounds=1)
            assert item["rounds"][0]["user"] is None
            page = await (await client.get("/admin/live", headers=HOST)).get_data(as_text=True)
            assert "A user · Slow" in page
            assert 'href="/admin/users"' not in page
            form = {"workflow_id": chat, "round": "1"}
            response = await client.post("/admin/live/stop", form=form, headers=HOST)
            assert response.status_code == 303
            await stream.until("stopped")
        settings = await (await client.get("/settings", headers=HOST)).get_data(as_text=True)
        assert 'href="/admin/live"' in settings
