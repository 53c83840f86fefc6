"""The page of the security log, its files, and what each user sees of it."""

from __future__ import annotations

import csv
import re
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Actor, Scope
from quart_chat.errors import DatabaseUnavailable
from quart_chat.web.pages.administration import export
from tests.web.accounts.people import HOST, Person, accounts_of, add_person, make_token, team_app
from tests.web.accounts.test_pages import text_of

EXPORT = "/admin/activity/export"


async def exported(client: Client, person: Person, query: str = "") -> list[dict[str, Any]]:
    response = await client.get(f"{EXPORT}?format=jsonl{query}", headers=person.headers)
    assert response.status_code == 200
    assert response.content_type.startswith("application/jsonl")
    return [orjson.loads(line) for line in (await response.get_data(as_text=False)).splitlines()]


async def status(client: Client, path: str, person: Person) -> int:
    code: int = (await client.get(path, headers=person.headers)).status_code
    return code


async def test_administrators_read_who_did_what_and_from_where(
    client: Client, admin: Person, user: Person
) -> None:
    page = await text_of(client, "/admin/activity", admin)
    assert "Berta signed in with a password from 127.0.0.1" in page
    assert "The user Berta was added" in page
    assert "Entries are kept for 180 days." in page
    german = await text_of(client, "/admin/activity", admin, "de")
    assert "Berta hat sich mit einem Passwort angemeldet, von 127.0.0.1 aus" in german
    assert "Einträge werden 180 Tage lang aufbewahrt." in german


@pytest.mark.parametrize("path", ["/admin/activity", EXPORT, "/api/admin/activity", "/admin"])
async def test_other_users_do_not(client: Client, user: Person, path: str) -> None:
    assert await status(client, path, user) == 403


async def test_the_log_is_filtered_by_user_and_kind(
    client: Client, admin: Person, user: Person
) -> None:
    page = await text_of(client, f"/admin/activity?user={user.id}&kind=sign_in", admin)
    entries = re.findall(r'<p dir="auto">(.*)</p>', page)
    assert entries == ["Berta signed in with a password from 127.0.0.1"]
    assert f'value="{user.id}" selected' in page
    none = await text_of(client, f"/admin/activity?user={user.id}&kind=links", admin)
    assert "No entry matches. Choose another user or kind." in none
    assert await status(client, "/admin/activity?kind=gossip", admin) == 422
    assert await status(client, "/admin/activity?older=x", admin) == 400


async def test_pages_lead_from_one_to_the_next_and_keep_the_filter(
    app: Quart, client: Client, admin: Person
) -> None:
    log = accounts_of(app).log
    for number in range(120):
        await log.add_stop(Actor(admin.id), admin.id, f"{number:032}")
    path, seen = "/admin/activity?kind=rounds", 0
    for _ in range(4):
        page = await text_of(client, path, admin)
        seen += page.count("stopped an answer on the page for administrators")
        older = re.search(r'href="(\?[^"]*older=[^"]*)">Older entries', page)
        if older is None:
            break
        path = "/admin/activity" + older[1].replace("&amp;", "&")
        assert "kind=rounds" in path
    assert seen == 120
    assert "Back to the latest entries" in page


async def test_the_log_is_exported_as_lines_of_json_and_as_a_table(
    app: Quart, client: Client, admin: Person, user: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 2)
    lines = await exported(client, admin)
    whole = (await accounts_of(app).log.page(limit=1000)).entries
    assert [line["number"] for line in lines] == [entry.number for entry in whole]
    assert len(lines) > 4
    response = await client.get(f"{EXPORT}?format=csv", headers=admin.headers)
    assert response.headers["Content-Disposition"] == "attachment; filename=activity.csv"
    table = list(csv.DictReader(StringIO(await response.get_data(as_text=True))))
    assert [int(row["number"]) for row in table] == [line["number"] for line in lines]
    assert {row["address"] for row in table} == {line["address"] for line in lines}
    assert {line["actor"] for line in await exported(client, admin, f"&user={user.id}")} == {
        *("Berta", None)
    }
    assert await status(client, f"{EXPORT}?format=xlsx", admin) == 422


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
async def test_no_spreadsheet_runs_what_a_user_has_chosen_as_a_name(
    app: Quart, client: Client, admin: Person, user: Person, start: str
) -> None:
    name = f'{start}HYPERLINK("http://example.org")'
    actor = Actor(user.id)
    await accounts_of(app).tokens.create(actor, user.id, name, Scope.READ)
    response = await client.get(f"{EXPORT}?format=csv", headers=admin.headers)
    rows = list(csv.DictReader(StringIO(await response.get_data(as_text=True))))
    assert rows[0]["detail"] == f"'{name} (read)"
    assert (await exported(client, admin))[0]["detail"] == f"{name} (read)"


async def test_an_export_that_breaks_off_says_so(
    app: Quart, client: Client, admin: Person, user: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 2)
    log = accounts_of(app).log
    page = log.page

    async def fail_later(**wanted: Any) -> Any:
        if wanted.get("before") is not None:
            raise DatabaseUnavailable("The disk is full.", "full")
        return await page(**wanted)

    monkeypatch.setattr(log, "page", fail_later)
    lines = await exported(client, admin)
    assert len(lines) == 3
    assert lines[-1] == {"error": "database_unavailable: The disk is full."}


async def test_users_see_their_own_activity_and_no_one_elses(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    accounts = accounts_of(app)
    await accounts.users.rename(Actor(admin.id, "198.51.100.9"), user.id, "Bertha")
    await accounts.invites.create(Actor(admin.id, "198.51.100.9"))
    page = await text_of(client, "/settings/account", user)
    assert "Ada renamed Bertha: Berta → Bertha" in page
    assert "Bertha signed in with a password from 127.0.0.1" in page
    assert "198.51.100.9" not in page
    assert "Ada signed in" not in page
    response = await client.get("/api/activity", headers=user.headers)
    told = await response.get_json()
    assert all(
        user.id in ((entry["actor"] or {}).get("id"), (entry["subject"] or {}).get("id"))
        for entry in told["entries"]
    )
    assert "198.51.100.9" not in await response.get_data(as_text=True)


async def test_programs_page_through_the_log(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    token = await make_token(app, admin)
    found: list[int] = []
    before = 0
    while True:
        path = f"/api/admin/activity?limit=2&before={before}"
        page = await (await client.get(path, headers=token)).get_json()
        assert page["keptDays"] == 180
        found += [entry["number"] for entry in page["entries"]]
        before = page["next"]
        if before is None:
            break
    whole = (await accounts_of(app).log.page(limit=1000)).entries
    assert found == [entry.number for entry in whole]


async def test_how_long_entries_are_kept_is_a_setting(tmp_path: Path) -> None:
    app = team_app(tmp_path / "instance", QUART_CHAT_SECURITY_LOG_DAYS="1")
    async with app.test_app():
        client = app.test_client(use_cookies=False)
        admin = await add_person(app, "Ada", role="admin")  # type: ignore[arg-type]
        assert accounts_of(app).log.lifetime == 86_400
        page = await text_of(client, "/admin/activity", admin)
        assert "Entries are kept for 1 day." in page


PAGES = ["/admin/users", "/admin/usage", "/admin/activity", "/admin/live"]


async def test_the_pages_lead_to_one_another(client: Client, admin: Person, user: Person) -> None:
    response = await client.get("/admin", headers=admin.headers)
    assert response.headers["Location"] == "/admin/users"
    for path in PAGES:
        page = await text_of(client, path, admin)
        links = re.findall(r'<li><a href="(/admin/\w+)"', page)
        assert links == PAGES
        assert re.search(rf'<a href="{path}" aria-current="page"', page)
        assert re.search(r'href="/admin" aria-current="true"', page)
    assert 'href="/admin"' not in await text_of(client, "/", user)


async def test_without_accounts_there_is_no_log(tmp_path: Path) -> None:
    from tests.app import create_test_app

    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path / "instance"})
    async with app.test_app():
        client = app.test_client()
        for path in ("/admin/activity", EXPORT, "/api/admin/activity", "/api/activity"):
            assert (await client.get(path, headers=HOST)).status_code == 404
        first = await client.get("/admin", headers=HOST)
        assert first.headers["Location"] == "/admin/live"
