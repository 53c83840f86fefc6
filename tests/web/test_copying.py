"""An answer is copied into a mail with its sources, and as it was written."""

from __future__ import annotations

from quart.typing import TestClientProtocol as Client

from quart_chat.assistants.protocol import Source
from quart_chat.chat.models import Message, MessageStatus
from quart_chat.texts import use
from quart_chat.web.pages.chat.mail import to_mail
from tests.web.streams import ask, workflow_id


def message(content: str, *sources: Source, verified: bool = True) -> Message:
    return Message(
        id="a",
        workflow_id="w",
        round_number=1,
        parent_round=None,
        role="assistant",
        content=content,
        html=None,
        status=MessageStatus.COMPLETE,
        assistant="model",
        sources=sources,
        created_at=1.0,
        updated_at=1.0,
        seq=1,
        citations_verified=verified,
    )


def test_sources_follow_by_name() -> None:
    sources = (
        Source(1, "Lease <1>.pdf", "Notice", "/documents/1?passage=2#p2", "quote"),
        Source(2, "A page", "", "https://example.org/a", "quote"),
    )
    copied = to_mail(message("**Three** months [1].", *sources), "http://host/")
    assert copied["text"] == (
        "Three months [1].\n\nSources:\n[1] Lease <1>.pdf · Notice\n"
        "[2] A page (https://example.org/a)"
    )
    assert "<strong>Three</strong>" in copied["html"]
    assert "[1] Lease &lt;1&gt;.pdf · Notice<br>" in copied["html"]
    with use("de"):
        assert "\n\nQuellen:\n" in to_mail(message("x", *sources), "")["text"]


async def test_an_answer_is_had_in_each_form(client: Client) -> None:
    chat = workflow_id(await ask(client, "How do I resume a stream?", assistant="librarian"))
    address = f"/chat/{chat}/rounds/1/answer"
    copied = await (await client.get(f"{address}.json")).get_json()
    assert copied.keys() == {"text", "html"}
    assert "Sources:\n[1] " in copied["text"]
    assert "<p>Sources:<br>[1] " in copied["html"]
    assert "/handbook/" not in copied["text"].partition("Sources:")[2]
    written = await (await client.get(f"{address}.md")).get_data(as_text=True)
    assert written


async def test_what_is_not_there_can_not_be_copied(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 2 0ms"))
    for path in (f"/chat/{chat}/rounds/9", f"/chat/{'0' * 32}/rounds/1"):
        assert (await client.get(f"{path}/answer.json")).status_code == 404
