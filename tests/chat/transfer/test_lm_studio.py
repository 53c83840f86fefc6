"""Conversations of LM Studio, as it writes them beside its models."""

from __future__ import annotations

from typing import Any

from tests.chat.transfer.test_others import chat, model, shape


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def block(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "contentBlock", "stepIdentifier": "1-0", "content": list(parts), **more}


def answer(*steps: dict[str, Any]) -> dict[str, Any]:
    sender = {"senderName": "qwen3-8b"}
    return {"type": "multiStep", "role": "assistant", "senderInfo": sender, "steps": list(steps)}


CONVERSATION = {
    "name": "Cakes",
    "pinned": False,
    "createdAt": 1735787045678,
    "tokenCount": 12,
    "systemPrompt": "",
    "lastUsedModel": {"identifier": "qwen3-8b"},
    "messages": [
        {
            "versions": [{"type": "singleStep", "role": "user", "content": [text("What?")]}],
            "currentlySelected": 0,
        },
        {
            "versions": [
                answer(block(text("This."))),
                answer(
                    block(text("Hm"), style={"type": "thinking", "title": "Thought"}),
                    {"type": "debugInfoBlock", "debugInfo": "x"},
                    block(
                        *(text("That."), text("<end>", isStructural=True)),
                        genInfo={"identifier": "qwen3-14b"},
                    ),
                ),
            ],
            "currentlySelected": 1,
        },
        {
            "versions": [{"type": "singleStep", "role": "user", "content": [text("Why?")]}],
            "currentlySelected": 0,
        },
        {"versions": [answer(block(text("So.")))], "currentlySelected": 0},
    ],
}


def test_a_conversation_of_lm_studio_is_read_with_the_versions_of_its_answers() -> None:
    file = chat(CONVERSATION)
    assert shape(file) == {
        1: (None, ["What?", "This."]),
        2: (None, ["What?", "That."]),
        3: (2, ["Why?", "So."]),
    }
    assert (file.chat.title, file.rounds[0].assistant, model(file)) == (
        *("Cakes", "lm-studio"),
        "qwen3-8b",
    )
    assert file.chat.head_round == 3
    assert file.chat.created_at == 1735787045.678
