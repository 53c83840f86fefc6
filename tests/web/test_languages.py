"""Answers in the language of whoever asks."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat import texts
from quart_chat.texts import use
from quart_chat.web.pages.settings import languages
from tests.web.streams import ask, open_stream, workflow_id

GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.7"}


async def page(client: Client, path: str = "/", **options: object) -> str:
    response = await client.get(path, **options)
    return await response.get_data(as_text=True)


async def switch(client: Client, language: str, referrer: str) -> tuple[int, str | None]:
    response = await client.post(
        "/language", form={"language": language}, headers={"Referer": referrer}
    )
    return response.status_code, response.location


async def test_a_page_is_in_the_language_of_the_browser(client: Client) -> None:
    response = await client.get("/", headers=GERMAN)
    html = await response.get_data(as_text=True)
    assert '<html lang="de">' in html
    assert "Was möchten Sie wissen?" in html
    assert response.headers["Content-Language"] == "de"
    assert {"Accept-Language", "Cookie"} <= set(response.vary)
    assert "What would you like to know?" in await page(client)


async def test_the_switch_is_remembered_and_goes_before_the_browser(client: Client) -> None:
    assert await switch(client, "de", "http://localhost/documents") == (303, "/documents")
    assert '<html lang="de">' in await page(client)
    await switch(client, "en", "http://localhost/")
    assert '<html lang="en">' in await page(client, headers=GERMAN)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("de-AT", "de"),
        ("en-GB,de;q=0.9", "en"),
        ("de-CH-1996,fr", "de"),
        ("fr,de;q=0.3,en;q=0.2", "de"),
        ("fr", "en"),
        ("de,en", "de"),
        ("en,de", "en"),
        ("de;q=0, en", "en"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("en;q=0, *", "de"),
        ("de;q=0, *", "en"),
        ("de;q=nan,de;q=", "de"),
        ("../../etc", "en"),
        ('"de', "en"),
        ("fr," * 67 + "de", "en"),
    ],
)
def test_what_the_browser_prefers_is_chosen(accepted: str, expected: str) -> None:
    assert languages.accepted_language(accepted) == expected


@given(st.text())
def test_whatever_is_asked_for_there_is_a_language(accepted: str) -> None:
    assert languages.accepted_language(accepted) in texts.languages()


@pytest.mark.parametrize("cookie", ["xx", "", "../../etc", "de-AT"])
async def test_a_cookie_that_names_no_language_counts_as_none(client: Client, cookie: str) -> None:
    headers = {**GERMAN, "Cookie": f"language={cookie}"}
    assert '<html lang="de">' in await page(client, headers=headers)


async def test_a_language_that_is_not_there_is_refused(client: Client) -> None:
    response = await client.post("/language", form={"language": "xx"}, headers=GERMAN)
    assert response.status_code == 422
    assert "Diese Sprache ist nicht verfügbar." in await response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://localhost/documents?after=2", "/documents?after=2"),
        ("http://localhost/handbook/", "/handbook/"),
        ("http://localhost/", "/"),
        ("http://localhost/?q=tea&before=abc", "/?q=tea&before=abc"),
        ("http://localhost/handbook/how-to/deploy?x=%0d%0aSet-Cookie:a", None),
        ("http://localhost/?a=\0", "/"),
        ("http://localhost/?a=\x01b", "/"),
        ("http://localhost/documents?a=\x7f", "/"),
        ("http://localhost/?a=\x85", "/"),
        ("http://localhost/?a=\r\nSet-Cookie: a=b", "/"),
        ("http://localhost/?q=t\tea", "/"),
        ("\x1fhttp://localhost/documents", "/"),
        ("http://localhost/?q=ä", "/?q=ä"),
        ("http://elsewhere.test/documents", "/"),
        ("http://localhost//elsewhere.test/", "/"),
        ("http://localhost/\\elsewhere.test", "/"),
        ("javascript:alert(1)", "/"),
        ("http://[", "/"),
        ("http://localhost/language", "/"),
        (None, "/"),
    ],
)
async def test_the_switch_goes_back_to_pages_of_this_server_alone(
    app: Quart, address: str | None, expected: str | None
) -> None:
    async with app.test_request_context("/language", method="POST"):
        place = languages.safe_redirect_target(address)
    assert place == expected or (expected is None and not re.search(r"[\r\n]", place))
    assert place.startswith("/")


async def test_an_error_is_told_in_the_language_of_the_request(client: Client) -> None:
    response = await client.get("/api/chatbot/workflows/none", headers=GERMAN)
    assert (await response.get_json())["error"]["message"] == "Diesen Chat gibt es nicht."
    assert "Unter dieser Adresse gibt es nichts." in await page(client, "/none", headers=GERMAN)


async def test_a_round_ends_in_the_language_that_it_was_asked_in(client: Client) -> None:
    start = {"prompt": "count 1 0ms", "assistant": "slow"}
    async with open_stream(
        client, "/api/chatbot/start/stream", json=start, headers=GERMAN
    ) as stream:
        end = await stream.until("complete")
    assert end["item"]["message"] == "Chatbot-Verarbeitung abgeschlossen"


async def test_whoever_reads_is_told_of_an_end_in_their_own_language(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    path = f"/api/chatbot/{chat}/chatdata"
    told = [
        (await (await client.get(path, headers=headers)).get_json())["items"][-1]["item"]["message"]
        for headers in ({}, GERMAN)
    ]
    assert told == ["The answer is complete.", "Chatbot-Verarbeitung abgeschlossen"]


async def test_scripts_get_their_texts_where_the_page_is_not_english(client: Client) -> None:
    found = re.search(
        r'<script type="application/json" id="texts">(.*?)</script>',
        await page(client, headers=GERMAN),
    )
    assert found is not None
    assert json.loads(found[1])["Stopped."] == "Angehalten."
    assert 'id="texts"' not in await page(client)


async def test_nothing_in_a_text_ends_the_block_of_texts(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "quart_chat.texts.script_texts", lambda _: {"a": "</script><script>alert(1)</script><!--"}
    )
    html = await page(client, headers=GERMAN)
    assert "alert(1)</script>" not in html
    assert "\\u003c/script\\u003e" in html


async def test_values_in_a_text_are_shown_as_text(app: Quart) -> None:
    async with app.test_request_context("/"):
        template = app.jinja_env.from_string('{{ _("Delete {name}", name=name) }}')
        assert await template.render_async(name="<b>{count}</b>") == (
            "Delete &lt;b&gt;{count}&lt;/b&gt;"
        )


async def test_numbers_and_dates_are_written_as_the_language_does(app: Quart) -> None:
    template = app.jinja_env.from_string(
        "{{ 1234.5|number(1) }} {{ moment|date }}"
        ' {{ ngettext("{count} page", "{count} pages", 1234) }}'
    )
    with use("de"):
        assert await template.render_async(moment=43_200) == "1.234,5 01.01.1970 1.234 Seiten"
    assert await template.render_async(moment=43_200) == "1,234.5 Jan 1, 1970 1,234 pages"


async def test_the_handbook_says_that_it_is_english(client: Client) -> None:
    html = await page(client, "/handbook/", headers=GERMAN)
    assert "Diese Seite ist auf Englisch." in html
    assert 'id="text" lang="en"' in html
    assert "in English." not in await page(client, "/handbook/")


async def test_the_german_pages_come_first_for_a_german_reader(client: Client) -> None:
    german = await page(client, "/handbook/de/erste-schritte", headers=GERMAN)
    assert "Diese Seite ist auf Englisch." not in german
    assert german.index("/handbook/de/dokumente") < german.index("/handbook/how-to/")
    assert '<span class="chat-name" lang="en">Events' in german
    english = await page(client, "/handbook/de/erste-schritte")
    assert '<main class="conversation handbook prose" id="text" lang="de">' in english
    assert english.index("/handbook/de/dokumente") > english.index("/handbook/how-to/")


async def test_the_examples_of_the_start_page_are_answered_in_each_language(
    client: Client,
) -> None:
    for headers in ({}, GERMAN):
        html = await page(client, headers=headers)
        examples = re.findall(r'class="example" name="prompt" value="([^"]+)"', html)
        assert len(examples) == 4
        for example in examples:
            items = await ask(client, example, assistant="librarian")
            (*_, answer) = (item["item"] for item in items if item["type"] == "message")
            assert answer["sources"], example
