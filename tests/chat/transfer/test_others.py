"""The exports of Claude, Open WebUI, LibreChat and llama.cpp, as these programs write them."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.chat.transfer.file import ChatFile
from quart_chat.chat.transfer.reading import NO_CHAT, Fault, FoundChat, read_file

NONE = "00000000-0000-4000-8000-000000000000"


def read(raw: Any) -> list[FoundChat | Fault]:
    return list(read_file(BytesIO(json.dumps(raw).encode()), "upload", 10_000_000))


def chat(raw: Any) -> ChatFile:
    (found,) = read(raw)
    assert isinstance(found, FoundChat), found
    return found.chat


def shape(file: ChatFile) -> dict[int, tuple[int | None, list[str]]]:
    return {
        round_.number: (round_.parent, [each.content for each in round_.messages])
        for round_ in file.rounds
    }


def model(file: ChatFile) -> str | None:
    usage = file.rounds[0].messages[1].usage
    return usage.model if usage else None


def claude(**more: Any) -> dict[str, Any]:
    def said(uuid: str, parent: str, sender: str, text: str) -> dict[str, Any]:
        return {
            "uuid": uuid,
            "parent_message_uuid": parent,
            "sender": sender,
            "text": "old",
            "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": text}],
            "created_at": "2025-01-02T03:04:05.678Z",
            "attachments": [],
            "files": [],
        }

    return {
        "uuid": "c1",
        "name": "Cakes",
        "model": "claude-sonnet-4",
        "created_at": "2025-01-02T03:04:05.678Z",
        "updated_at": "2025-01-03T00:00:00Z",
        "current_leaf_message_uuid": "a2",
        "chat_messages": [
            said("u1", NONE, "human", "What?"),
            said("a1", "u1", "assistant", "This."),
            said("a2", "u1", "assistant", "That."),
        ],
        **more,
    }


def test_a_conversation_of_claude_is_read_with_its_branches() -> None:
    file = chat([claude()])
    assert shape(file) == {1: (None, ["What?", "This."]), 2: (None, ["What?", "That."])}
    assert file.chat.head_round == 2
    assert (file.chat.title, file.rounds[0].assistant, model(file)) == (
        *("Cakes", "claude"),
        "claude-sonnet-4",
    )
    assert (file.chat.created_at, file.chat.updated_at) == (1735787045.678, 1735862400.0)


def test_an_older_export_of_claude_is_one_branch() -> None:
    raw = claude()
    for message in raw["chat_messages"]:
        del message["parent_message_uuid"], message["content"]
    assert shape(chat([raw])) == {1: (None, ["old", "old\n\nold"])}


def test_what_claude_wrote_beside_a_chat_and_what_was_attached_is_kept() -> None:
    def artifact(**call: Any) -> dict[str, Any]:
        return {"type": "tool_use", "name": "artifacts", "input": {"id": "x", **call}}

    made = artifact(
        command="create",
        type="application/vnd.ant.code",
        language="python",
        title="fib",
        content="print(1)",
    )
    changed = artifact(command="update", old_str="1", new_str="2")
    raw = claude()
    raw["chat_messages"] = [
        {
            "uuid": "u",
            "sender": "human",
            "text": "Look",
            "attachments": [{"file_name": "a.txt", "extracted_content": "pasted"}],
            "files": [{"file_name": "b.png"}],
        },
        {"uuid": "a", "sender": "assistant", "content": [made, changed, {"type": "tool_result"}]},
    ]
    assert shape(chat(raw)) == {
        1: (
            None,
            [
                "[b.png]\n\n[a.txt]\n\n```\npasted\n```\n\nLook",
                "**fib**\n\n```python\nprint(1)\n```\n\n**fib**\n\n```python\nprint(2)\n```",
            ],
        )
    }


def open_web_ui() -> dict[str, Any]:
    reasoned = '<details type="reasoning" done="true" duration="4">\n> Hm\n</details>\nThis.'
    messages = {
        "u1": {"id": "u1", "parentId": None, "childrenIds": ["a1", "a2"], "role": "user"}
        | {"content": "What?", "timestamp": 1735787045, "models": ["llama3:8b"]},
        "a1": {"id": "a1", "parentId": "u1", "childrenIds": [], "role": "assistant"}
        | {
            "content": reasoned,
            "model": "llama3:8b",
            "modelName": "Llama",
            "timestamp": 1735787046,
        },
        "a2": {"id": "a2", "parentId": "u1", "childrenIds": [], "role": "assistant"}
        | {"content": "That.", "model": "llama3:8b", "timestamp": 1735787047},
    }
    return {
        "id": "w1",
        "user_id": "x",
        "title": "Cakes",
        "created_at": 1735787045,
        "updated_at": 1735787050,
        "chat": {"title": "Cakes", "history": {"messages": messages, "currentId": "a1"}},
    }


def test_a_chat_of_open_web_ui_is_read_with_its_branches() -> None:
    file = chat([open_web_ui()])
    assert shape(file) == {1: (None, ["What?", "This."]), 2: (None, ["What?", "That."])}
    assert (file.chat.head_round, model(file), file.rounds[0].assistant) == (
        *(1, "Llama"),
        "open-webui",
    )
    assert file.chat.created_at == 1735787045


def libre_chat(recursive: bool) -> dict[str, Any]:
    def said(id_: str, parent: str, text: str, *children: Any) -> dict[str, Any]:
        return {
            "messageId": id_,
            "parentMessageId": parent,
            "text": text,
            "sender": "x",
            "isCreatedByUser": id_.startswith("u"),
            "createdAt": "2025-01-02T03:04:05.678Z",
            **({"children": list(children)} if recursive else {}),
        }

    none = "00000000-0000-0000-0000-000000000000"
    first = said("a1", "u1", "This.")
    second = said("a2", "u1", "") | {
        "content": [{"type": "think", "think": "Hm"}, {"type": "text", "text": {"value": "That."}}],
        "model": "gpt-4o",
    }
    top = said("u1", none, "What?", first, second)
    messages = [top] if recursive else [top, first, second]
    return {
        "conversationId": "l1",
        "endpoint": "openAI",
        "title": "Cakes",
        "exportAt": "10:00",
        "branches": True,
        "recursive": recursive,
        "options": {"model": "gpt-4"},
        "messagesTree" if recursive else "messages": messages,
    }


@pytest.mark.parametrize("recursive", [True, False])
def test_a_conversation_of_libre_chat_is_read_with_its_branches(recursive: bool) -> None:
    file = chat(libre_chat(recursive))
    assert shape(file) == {1: (None, ["What?", "This."]), 2: (None, ["What?", "That."])}
    assert [round_.model for round_ in file.rounds] == ["gpt-4", "gpt-4o"]
    assert (file.chat.title, file.rounds[0].started_at) == ("Cakes", 1735787045.678)


def llama_cpp(number: bool = False) -> dict[str, Any]:
    def key(name: int) -> Any:
        return name if number else f"m{name}"

    def said(name: int, parent: int | None, role: str, text: str, kind: str = "text") -> Any:
        above = None if parent is None else key(parent)
        return {
            "id": key(name),
            "convId": "l",
            "type": kind,
            "timestamp": 1735787045678,
            "role": role,
            "content": text,
            "parent": above,
            "children": [],
            "model": "qwen",
        }

    return {
        "conv": {"id": "l", "name": "Cakes", "lastModified": 1735787050000, "currNode": key(3)},
        "messages": [
            said(0, None, "system", "", "root"),
            said(1, 0, "user", "What?"),
            said(2, 1, "assistant", "This."),
            said(3, 1, "assistant", "That."),
        ],
    }


@pytest.mark.parametrize("number", [True, False])
@pytest.mark.parametrize("listed", [True, False])
def test_a_conversation_of_llama_cpp_is_read_with_its_branches(number: bool, listed: bool) -> None:
    raw = llama_cpp(number)
    file = chat([raw] if listed else raw)
    assert shape(file) == {1: (None, ["What?", "This."]), 2: (None, ["What?", "That."])}
    assert (file.chat.head_round, file.chat.title, model(file)) == (2, "Cakes", "qwen")
    assert file.rounds[0].started_at == 1735787045.678


def test_a_list_of_messages_is_a_chat() -> None:
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url"}]},
        {"role": "assistant", "content": "Hello"},
    ]
    assert shape(chat({"messages": messages})) == {1: (None, ["Hi\n\n[image]", "Hello"])}


ASKED, SAID = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}


@pytest.mark.parametrize(
    "raw",
    [
        [ASKED, SAID],
        {"messages": [{**ASKED, "role": "User"}, {**SAID, "role": "ASSISTANT"}]},
        {"messages": [{"author": "you", "text": "Hi"}, {"author": "bot", "text": "Hello"}]},
        [{"id": "s", "conversations": [{"from": "human", "value": "Hi"},
                                       {"from": "gpt", "value": "Hello"}]}],
        {"version": 4, "history": [{"name": "T", "messages": [ASKED, SAID]}], "folders": []},
        {"store": {"sessions": [{"topic": "T", "messages": [ASKED, SAID]}]}},
        {"data": {"chats": [{"chatTitle": "T", "messages": [ASKED, SAID]}]}},
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]},
                      {"role": "model", "parts": [{"text": "Hello"}]}]},
        {"chunkedPrompt": {"chunks": [{"role": "user", "text": "Hi"},
                                      {"role": "model", "text": "Hm", "isThought": True},
                                      {"role": "model", "text": "Hello"}]}},
        {"conversations": [{"conversation": {"id": "g", "title": "T"}, "responses": [
            {"response": {"sender": "human", "message": "Hi"}},
            {"response": {"sender": "assistant", "message": "Hello"}}]}]},
        {"messages": [ASKED, {"role": "assistant", "content": "", "contentChunks": [
            {"type": "text", "text": "Hello"}]}]},
        [{"type": "user", "message": ASKED}, {"type": "assistant", "message": SAID}],
        [{"id": "d", "title": "T", "mapping": {
            "r": {"id": "r", "parent": None, "message": None},
            "1": {"id": "1", "parent": "r", "message": {
                "fragments": [{"type": "REQUEST", "content": "Hi"}]}},
            "2": {"id": "2", "parent": "1", "message": {
                "model": "deepseek-chat", "inserted_at": "2025-01-02T03:04:05+08:00",
                "fragments": [{"type": "THINK", "content": "Hm"},
                              {"type": "RESPONSE", "content": "Hello"}]}}}}],
    ],
)  # fmt: skip
def test_messages_are_read_under_other_names(raw: Any) -> None:
    file = chat(raw)
    assert shape(file) == {1: (None, ["Hi", "Hello"])}
    assert file.chat.title in {"", "T"}


@pytest.mark.parametrize(
    "written",
    [
        "<think>Hm</think>\n\nHello",
        "<thinking>Hm</thinking>Hello",
        ":::thinking\nHm\n:::\nHello",
    ],
)
def test_what_was_thought_before_an_answer_is_left_out(written: str) -> None:
    answer = {"role": "assistant", "content": written}
    assert shape(chat({"messages": [ASKED, answer]})) == {1: (None, ["Hi", "Hello"])}
    asked = {"role": "user", "content": written}
    assert shape(chat({"messages": [asked, SAID]}))[1][1][0] == written


@pytest.mark.parametrize(
    "answer",
    [
        {"content": '<details id="x" type="reasoning" done="true">\n> Hm\n</details>\nHello'},
        {"content": "", "output": [
            {"type": "reasoning", "content": [{"text": "Hm"}]},
            {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}]},
    ],
)  # fmt: skip
def test_answers_of_newer_versions_of_open_web_ui_are_read(answer: Any) -> None:
    messages = {"1": {**ASKED, "id": "1"}, "2": {**SAID, **answer, "id": "2", "parentId": "1"}}
    raw = {"id": "w", "chat": {"history": {"messages": messages, "currentId": "2"}}}
    assert shape(chat(raw)) == {1: (None, ["Hi", "Hello"])}


def test_a_chat_on_each_line_is_read_and_what_is_none_is_said() -> None:
    lines = [json.dumps({"id": id_, "messages": [ASKED, SAID]}) for id_ in ("a", "b")]
    found = list(read_file(BytesIO("\n".join([*lines, "oh"]).encode()), "upload", 10_000))
    assert [isinstance(each, Fault) for each in found] == [False, False, True]


def test_json_in_two_bytes_a_character_is_read() -> None:
    data = json.dumps([ASKED, SAID]).encode("utf-16")
    (found,) = read_file(BytesIO(data), "upload", 10_000)
    assert isinstance(found, FoundChat)


def test_chats_below_a_name_are_read() -> None:
    found = read({"conversations": [claude(), claude(uuid="c2")]})
    assert [each.origin for each in found if isinstance(each, FoundChat)] == [
        *("claude:c1",),
        "claude:c2",
    ]


def test_chats_below_their_ids_are_read() -> None:
    found = read({"c1": claude(), "c2": claude(uuid="c2")})
    assert len([each for each in found if isinstance(each, FoundChat)]) == 2


@pytest.mark.parametrize(
    "raw",
    [[], {"hello": 1}, [1, 2], {"messages": []}, {"messages": ["x"]}, {"chat": {}}, {"conv": {}}],
)
def test_what_can_not_be_read_says_what_can(raw: Any) -> None:
    faults = list(read(raw))
    assert faults
    for found in faults:
        assert isinstance(found, Fault)
        assert found.reason == NO_CHAT
    assert all(name in NO_CHAT for name in ("ChatGPT", "Claude", "Open WebUI", "LibreChat"))


EXAMPLES = [claude(), open_web_ui(), libre_chat(True), libre_chat(False), llama_cpp()]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_at_any_place_is_read_or_refused(data: st.DataObject) -> None:
    raw = json.loads(json.dumps(data.draw(st.sampled_from(EXAMPLES))))
    place: Any = raw
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        if data.draw(st.booleans()) or not isinstance(place[key], dict | list):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    assert all(isinstance(found, FoundChat | Fault) for found in read(raw))


def test_a_title_that_a_model_has_given_in_another_program_has_no_marks() -> None:
    assert chat({"title": "**Roofs** and $x^2$", "messages": [ASKED, SAID]}).chat.title == (
        "Roofs and x²"
    )
