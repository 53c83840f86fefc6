"""Logs of what was asked: Gemini's from Google Takeout, as JSON and as a page, and Copilot's."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest

from quart_chat.chat.transfer.file import ChatFile
from quart_chat.chat.transfer.hypertext import html_to_markdown
from quart_chat.chat.transfer.reading import NO_CHAT, Fault, FoundChat, read_file


def read(text: str, name: str = "upload") -> list[FoundChat | Fault]:
    return list(read_file(BytesIO(text.encode()), name, 10_000_000))


def chats(text: str, name: str = "upload") -> list[ChatFile]:
    found = read(text, name)
    assert all(isinstance(each, FoundChat) for each in found), found
    return [each.chat for each in found if isinstance(each, FoundChat)]


def said(file: ChatFile) -> list[str]:
    return [each.content for round_ in file.rounds for each in round_.messages]


def activity(title: str, time: str, answer: str = "", **more: Any) -> dict[str, Any]:
    items = {"safeHtmlItem": [{"html": answer}]} if answer else {}
    names = {"header": "Gemini Apps", "products": ["Gemini Apps"], "title": title, "time": time}
    return {**names, **items, **more}


ACTIVITIES = [
    activity("Used Gemini Apps", "2026-03-10T20:00:00Z"),
    activity("Prompted And in winter?", "2026-03-10T18:10:00.5Z", "<p>Colder.</p>"),
    activity("Eingegebener Prompt: Wie warm?\nAttached 2 files.", "2026-03-10T18:00:00Z",
             "<p><strong>20</strong> degrees</p><ul><li>a</li><li>b</li></ul>"),
    activity("Prompted Hi &amp; bye", "2026-03-09T18:00:00Z", "Hello"),
    activity("Searched for cakes", "2026-03-09T17:00:00Z", "x", header="Search",
             products=["Search"]),
]  # fmt: skip


def test_activities_of_gemini_are_chats_of_sessions_in_the_order_of_time() -> None:
    first, second = chats(json.dumps(ACTIVITIES))
    assert said(first) == ["Hi & bye", "Hello"]
    assert said(second) == [
        *("Wie warm?", "**20** degrees\n\n- a\n- b"),
        *("And in winter?", "Colder."),
    ]
    assert (first.rounds[0].assistant, first.chat.created_at) == ("gemini", 1773079200.0)
    assert first.chat.id != second.chat.id


def page(*cells: str) -> str:
    grids = "".join(
        '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">'
        '<div class="header-cell mdl-cell"><p class="mdl-typography--title">Gemini Apps<br></p>'
        f'</div><div class="content-cell mdl-cell">{cell}</div><div class="content-cell"></div>'
        "</div></div>"
        for cell in cells
    )
    return f'<html><head><meta charset="UTF-8"><title>My Activity</title></head><body>{grids}'


def test_the_page_of_activities_is_read_as_the_list(tmp_path: Any) -> None:
    cells = (
        "Prompted\u00a0And in winter?<br>Mar 10, 2026, 6:10:00\u202fPM UTC<br><p>Colder.</p>",
        "Eingegebener Prompt:\u00a0Wie warm?<br>und kalt<br>10.03.2026, 18:00:00 MEZ<br><p>20</p>",
    )
    (file,) = chats(page(*cells))
    assert said(file) == ["Wie warm?\nund kalt", "20", "And in winter?", "Colder."]
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("Takeout/My Activity/Gemini Apps/MyActivity.html", page(*cells))
        archive.writestr("Takeout/archive_browser.html", "<html>")
    (found,) = read_file(out, "takeout.zip", 1_000_000)
    assert isinstance(found, FoundChat)
    assert said(found.chat) == said(file)


def test_activities_of_other_products_are_no_chats() -> None:
    (fault,) = read(json.dumps([ACTIVITIES[-1]]))
    assert isinstance(fault, Fault)
    assert fault.reason == NO_CHAT


ROWS = (
    'Cakes,2026-07-26T23:20:56,AI,"**Butter**,\nand sugar"\r\n'
    "Cakes,2026-07-26T23:20:56,Human,And for a cake?\r\n"
    "Git flag,2026-07-26T23:10:00,AI,It lists.\r\n"
    "Cakes,2026-07-26T23:00:00,AI,Flour\r\n"
    "Cakes,2026-07-26T23:00:00,Human,What is in bread?\r\n"
    'Git flag,2026-07-26T22:00:00,Human,"What does ""-l"" do?"\r\n'
)


@pytest.mark.parametrize("is_turned", [False, True])
def test_copilots_table_is_a_chat_for_each_title_oldest_first(is_turned: bool) -> None:
    rows = ROWS.replace("Butter**,\n", "Butter**, ").splitlines(keepends=True)
    text = "\ufeffConversation,Time,Author,Message\r\n" + (
        "".join(reversed(rows)) if is_turned else ROWS
    )
    by_title = {file.chat.title: file for file in chats(text)}
    assert said(by_title["Git flag"]) == ['What does "-l" do?', "It lists."]
    *first, last = said(by_title["Cakes"])
    assert first == ["What is in bread?", "Flour", "And for a cake?"]
    assert last.startswith("**Butter**,")
    cakes = by_title["Cakes"]
    assert (cakes.rounds[0].assistant, cakes.chat.created_at) == ("copilot", 1785106800.0)


def test_the_table_of_microsoft_365_has_other_columns() -> None:
    text = (
        "CreatedAt,MessageContent,Author,ChatName\n"
        "1/2/2026 10:00:00 +00:00,Query,user,Research\n"
        "1/2/2026 10:00:01 +00:00,Answer,bot,Research\n"
    )
    (file,) = chats(text)
    assert (file.chat.title, said(file)) == ("Research", ["Query", "Answer"])
    assert file.chat.created_at == 1767348000.0


def test_a_table_that_a_spreadsheet_saved_with_semicolons_is_read() -> None:
    text = "Conversation;Time;Author;Message\nT;2026-07-26T23:20:56;Human;a, b\n"
    assert said(chats(text)[0]) == ["a, b"]


def test_one_question_and_its_answer_are_told_apart_by_their_authors() -> None:
    head = "Conversation,Time,Author,Message\n"
    rows = ("T,2026-07-26T23:20:56,AI,Yes\n", "T,2026-07-26T23:20:56,Human,Is it?\n")
    for text in (head + "".join(rows), head + "".join(reversed(rows))):
        assert said(chats(text)[0]) == ["Is it?", "Yes"]


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("Hello<br>there", "Hello\nthere"),
        ("<h3>Title</h3><p>A <em>b</em> <code>c</code></p>", "### Title\n\nA *b* `c`"),
        ("<ol><li><p>one</p><ul><li>in</li></ul></li><li>two</li></ol>", "1. one\n   - in\n2. two"),
        ("<pre><code>a\n  b\n</code></pre>", "```\na\n  b\n```"),
        ("<blockquote><p>q</p><p>r</p></blockquote>", "> q\n> \n> r"),
        ('<a href="https://a.b">x</a> <a href="javascript:1">y</a>', "[x](https://a.b) y"),
        (
            "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "| A | B |\n| --- | --- |\n| 1 | 2 |",
        ),
        ("<script>x</script><img src=x>", "[image]"),
    ],
)
def test_an_answer_in_html_becomes_markdown(html: str, markdown: str) -> None:
    assert html_to_markdown(html) == markdown
