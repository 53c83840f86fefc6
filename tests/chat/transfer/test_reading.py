"""What is read of files of chats, and what is said of those that can't be."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.chat.transfer.file import ChatFile, encode
from quart_chat.chat.transfer.prose import to_markdown
from quart_chat.chat.transfer.reading import NO_JSON, Fault, FoundChat, read_file

EXPORT = (Path(__file__).parent / "conversations.json").read_bytes()
LIMIT = 1_000_000


def chat(**changes: Any) -> dict[str, Any]:
    message = {"content": "Hello", "createdAt": 1.0, "updatedAt": 1.0}
    file = {
        "format": "quart-chat",
        "version": 1,
        "chat": {"id": "a" * 32, "title": "Greeting", "createdAt": 1.0, "updatedAt": 2.0},
        "rounds": [
            {
                "number": 1,
                "startedAt": 1.0,
                "messages": [{"role": "user", **message}, {"role": "assistant", **message}],
            }
        ],
    }
    return {**file, **changes}


def zipped(**files: bytes) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".json", content)
    return data.getvalue()


def read(data: bytes, limit: int = LIMIT) -> list[FoundChat | Fault]:
    return list(read_file(BytesIO(data), "upload", limit))


def chats(found: list[FoundChat | Fault]) -> list[ChatFile]:
    return [unit.chat for unit in found if isinstance(unit, FoundChat)]


def reasons(found: list[FoundChat | Fault]) -> list[str]:
    return [unit.reason for unit in found if isinstance(unit, Fault)]


def test_a_conversation_of_chatgpt_is_read_with_its_branches() -> None:
    found = read(EXPORT)
    cakes, ring = chats(found)
    texts = {r.number: [m.content for m in r.messages] for r in cakes.rounds}
    parents = {r.number: r.parent for r in cakes.rounds}
    question = "[image]\n\nWhat is this?"
    assert texts == {
        1: [question, "A **cake**."],
        2: ["How is it made?", "With flour."],
        3: ["How is it made?", "With eggs <script>alert(1)</script>"],
        4: ["Is it good?"],
        5: [question, "A pie."],
    }
    assert parents == {1: None, 2: 1, 3: 1, 4: 1, 5: None}
    assert cakes.chat.head_round == 3
    assert (cakes.chat.title, cakes.chat.created_at) == ("Cakes", 1700000000.5)
    assert [r.status for r in cakes.rounds] == ["complete"] * 3 + ["stopped", "complete"]
    assert [[m.content for m in r.messages] for r in ring.rounds] == [["One", "Two"]]
    assert reasons(found) == ["There is no message in it."]


def test_the_zip_of_chatgpt_is_read_for_its_conversations_alone() -> None:
    data = zipped(user=b"{}", conversations=EXPORT, message_feedback=b"[]")
    assert len(chats(read(data))) == 2
    assert reasons(read(data)) == ["There is no message in it."]


def test_parts_of_a_large_export_are_read_all() -> None:
    data = zipped(**{"export__conversations-000": EXPORT, "export__conversations-001": EXPORT})
    assert len(chats(read(data))) == 4


def test_a_list_is_read_up_to_where_it_breaks() -> None:
    data = json.dumps([chat(), chat()])[:-30].encode()
    found = read(data)
    assert len(chats(found)) == 1
    assert reasons(found) == [NO_JSON]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"7", "contains no chat"),
        (b'{"a": 1}', "contains no chat"),
        (b"PK\x03\x04 and so on", "neither JSON nor a zip"),
        (zipped(), "contains no chat"),
        (zipped(a=b"{"), "not valid JSON"),
        (json.dumps(chat(version=2)).encode(), "damaged"),
        (json.dumps(chat(rounds=[{}])).encode(), "damaged"),
        (json.dumps(chat(rounds=chat()["rounds"] * 2)).encode(), "1 is not in its place"),
        (json.dumps(chat(rounds=[{**chat()["rounds"][0], "parent": 1}])).encode(), "not in its"),
        (
            json.dumps(
                chat(
                    rounds=[
                        {**chat()["rounds"][0], "messages": chat()["rounds"][0]["messages"][::-1]}
                    ]
                )
            ).encode(),
            "not a prompt and an answer",
        ),
        (json.dumps(chat(chat={**chat()["chat"], "createdAt": float("nan")})).encode(), "damaged"),
        (json.dumps(chat(chat={**chat()["chat"], "createdAt": -1})).encode(), "damaged"),
    ],
)
def test_what_is_no_chat_is_a_fault_with_its_reason(data: bytes, reason: str) -> None:
    found = read(data)
    assert chats(found) == []
    assert [reason in said for said in reasons(found)] == [True], reasons(found)


def test_a_chat_of_very_many_steps_is_a_fault() -> None:
    log = {"id": "a", "message": "m", "timestamp": 1.0}
    first = {**chat()["rounds"][0], "logs": [log] * 15_000}
    file = chat(rounds=[first, {**first, "number": 2}])
    assert reasons(read(json.dumps(file).encode(), 10**7)) == ["It has too many steps."]


def test_rounds_out_of_order_are_a_fault() -> None:
    first = chat()["rounds"][0]
    rounds = [{**first, "number": 2}, {**first, "number": 1}]
    assert "not in order" in reasons(read(json.dumps(chat(rounds=rounds)).encode()))[0]


def test_a_zip_is_read_no_further_than_its_bounds() -> None:
    bomb = zipped(a=b" " * 50_000_000, b=json.dumps(chat()).encode())
    assert len(bomb) < 100_000
    found = read(bomb, limit=100_000)
    assert reasons(found) == ["Its content is too large."]
    assert len(chats(found)) == 1


def test_a_zip_with_a_password_is_a_fault() -> None:
    data = bytearray(zipped(a=json.dumps(chat()).encode()))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert reasons(read(bytes(data))) == ["It is protected with a password."]


@given(st.integers(0, len(EXPORT)), st.integers(0, 255))
def test_no_damage_to_an_export_is_more_than_faults(place: int, byte: int) -> None:
    damaged = EXPORT[:place] + bytes([byte]) + EXPORT[place + 1 :]
    for file in chats(read(damaged)):
        assert file.rounds
        # What is read can be written and read again.
        try:
            data = encode(file)
        except UnicodeEncodeError:
            continue  # half of a character, which nothing but JSON's escapes can say
        (again,) = chats(read(data))
        assert again == file


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.fixed_dictionaries(
            {
                "parent": st.sampled_from([None, *"abcdefx"]),
                "children": st.lists(st.sampled_from("abcdefx"), max_size=4),
                "message": st.none()
                | st.fixed_dictionaries(
                    {
                        "author": st.fixed_dictionaries(
                            {"role": st.sampled_from(["user", "assistant", "tool"])}
                        ),
                        "content": st.just({"content_type": "text", "parts": ["Hello"]}),
                    }
                ),
            }
        ),
    ),
    st.sampled_from("abcdefx"),
)
def test_any_mapping_becomes_a_tree_of_rounds(mapping: dict[str, Any], current: str) -> None:
    raw = {"id": "x", "title": "T", "mapping": mapping, "current_node": current}
    for file in chats(read(json.dumps([raw]).encode())):
        assert len(chats(read(encode(file)))) == 1
        parents = {round_.parent for round_ in file.rounds}
        assert file.chat.head_round not in parents


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["a", "quart-chat", "user", "text", "\ud800", 10**400, 1.0, 2]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["parent", "role", "id", "text"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(part: Any) -> list[tuple[Any, ...]]:
    """The ways to all parts of a document, itself included."""
    below: Iterable[tuple[Any, Any]] = ()
    if isinstance(part, dict | list):
        below = part.items() if isinstance(part, dict) else enumerate(part)
    return [(), *((key, *way) for key, value in below for way in places(value))]


def replaced(part: Any, way: tuple[Any, ...], by: Any) -> Any:
    if not way:
        return by
    changed = dict(part) if isinstance(part, dict) else list(part)
    changed[way[0]] = replaced(part[way[0]], way[1:], by)
    return changed


def full() -> dict[str, Any]:
    """A chat with all that a file of one may hold."""
    file = chat()
    prompt, answer = file["rounds"][0]["messages"]
    source = {"number": 1, "title": "T", "url": "/a", "heading": "H", "quote": "q", "excerpt": "e"}
    usage = {"model": "m", "promptTokens": 1, "answerTokens": 2, "tokensPerSecond": 0.5}
    log = {"id": "l", "message": "Working", "timestamp": 1.0, "progress": 0.5, "durationMs": 1.0}
    answer |= {"assistant": "slow", "sources": [source], "usage": {**usage, "firstTokenMs": 3.0}}
    rest = {"assistant": "slow", "model": "m", "documentIds": ["d"], "message": "End", "code": "c"}
    file["rounds"][0] |= {
        **rest,
        "status": "error",
        "endedAt": 2.0,
        "messages": [prompt, answer],
        "logs": [log, {**log, "id": "m", "parentId": "l", "status": "failed", "type": "error"}],
    }
    file["rounds"].append({**file["rounds"][0], "number": 2, "parent": 1})
    file["chat"] |= {"pinned": True, "assistant": "slow", "model": "m", "headRound": 2}
    file["chat"] |= {"systemPrompt": "Be brief.", "documentIds": ["d"]}
    return file


@st.composite
def odd_chats(draw: st.DrawFn) -> Any:
    """A chat of either kind, in which any JSON stands in the place of a part."""
    whole = draw(st.sampled_from([full(), *json.loads(EXPORT)]))
    return replaced(whole, draw(st.sampled_from(places(whole))), draw(JSON))


@given(odd_chats())
def test_one_odd_part_is_taken_or_a_fault_and_keeps_no_other_chat_out(odd: Any) -> None:
    first, *rest = read(json.dumps([odd, chat(), json.loads(EXPORT)[0]]).encode())
    assert isinstance(first, FoundChat) or first.reason
    assert [unit.chat.chat.title for unit in rest if isinstance(unit, FoundChat)] == [
        "Greeting",
        "Cakes",
    ]


def test_nodes_that_nothing_but_their_own_parent_leads_to_are_read() -> None:
    nodes = {
        "root": {"message": None, "parent": None},
        "a": {**said("user", text("One")), "parent": "root"},
        "b": {**said("assistant", text("Two")), "parent": "a"},
        "c": {**said("assistant", text("Three")), "parent": "a", "children": []},
        "x": {**said("user", text("Ring")), "parent": "y"},
        "y": {**said("assistant", text("Answer")), "parent": "x"},
    }
    (file,) = chats(read(json.dumps([{"mapping": nodes}]).encode()))
    assert [[m.content for m in r.messages] for r in file.rounds] == [
        ["One", "Two"],
        ["One", "Three"],
        ["Ring", "Answer"],
    ]


def test_a_branch_that_ends_with_something_hidden_is_shown_to_a_last_round() -> None:
    nodes = {
        "a": {**said("user", text("One")), "children": ["hidden", "b"]},
        "hidden": {"message": None, "parent": "a"},
        "b": {**said("user", text("Two")), "parent": "a"},
    }
    raw = {"mapping": nodes, "current_node": "hidden"}
    (file,) = chats(read(json.dumps([raw]).encode()))
    assert (file.chat.head_round, [r.parent for r in file.rounds]) == (2, [None, 1])


@pytest.mark.parametrize("parent", [[], {}, 7, True, "gone"])
def test_a_parent_that_is_none_is_none(parent: Any) -> None:
    node = {**said("user", text("Hello")), "parent": parent}
    (file,) = chats(read(json.dumps([{"mapping": {"a": node}}]).encode()))
    assert [[m.content for m in r.messages] for r in file.rounds] == [["Hello"]]


def said(role: str, content: Any, **fields: Any) -> dict[str, Any]:
    return {"message": {"author": {"role": role}, "content": content, **fields}}


def text(*parts: Any) -> dict[str, Any]:
    return {"content_type": "multimodal_text", "parts": list(parts)}


def test_what_was_not_said_to_the_person_is_passed_over() -> None:
    nodes = [
        said("user", text("Hidden"), metadata={"is_visually_hidden_from_conversation": True}),
        said("assistant", text("Hello, I begin")),
        said("user", text({"content_type": "audio_transcription", "text": "Spoken"}, 7)),
        said("assistant", {"content_type": "thoughts", "thoughts": []}),
        said("assistant", text("Weightless"), weight=0),
        said("assistant", "no content"),
        {"message": 7},
        said("assistant", {"content_type": "code", "text": "x = 1"}, create_time="late"),
    ]
    mapping = {
        str(n): {**node, "parent": str(n - 1), "children": [str(n + 1)]}
        for n, node in enumerate(nodes)
    }
    raw = {"title": 7, "mapping": {**mapping, "broken": None}, "current_node": "7"}
    (file,) = chats(read(json.dumps([raw]).encode()))
    assert [[m.content for m in r.messages] for r in file.rounds] == [
        ["", "Hello, I begin"],
        ["Spoken", "```\nx = 1\n```"],
    ]
    assert (file.chat.title, file.chat.head_round) == ("", 2)


@pytest.mark.parametrize(
    "content",
    [
        {"content_type": "not_known_yet", "text": "An answer"},
        {"content_type": "not_known_yet", "result": "An answer"},
        {"content_type": "not_known_yet", "parts": ["An answer"]},
    ],
)
def test_the_text_of_a_type_that_is_not_known_is_kept(content: dict[str, str]) -> None:
    nodes = {"a": said("user", text("Why?")), "b": {**said("assistant", content), "parent": "a"}}
    (file,) = chats(read(json.dumps([{"mapping": nodes, "current_node": "b"}]).encode()))
    assert [[m.content for m in r.messages] for r in file.rounds] == [["Why?", "An answer"]]


def test_what_was_attached_is_named_and_what_a_tool_has_drawn_is_an_answer() -> None:
    files = [{"name": "a.pdf"}, {"name": "b.png", "mime_type": "image/png"}, 7, {"name": 7}]
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "x"}
    nodes = [
        said("user", text("Draw it", picture), metadata={"attachments": files}),
        said("assistant", text('{"prompt": "a"}'), recipient="dalle.text2im"),
        said("tool", text("Shown; say nothing more.", picture)),
        said("tool", text("Only for the model")),
    ]
    mapping = {str(n): {**node, "parent": str(n - 1)} for n, node in enumerate(nodes)}
    (file,) = chats(read(json.dumps([{"mapping": mapping}]).encode()))
    assert [[m.content for m in r.messages] for r in file.rounds] == [
        ["[a.pdf]\n\nDraw it\n\n[image]", "[image]"]
    ]


def test_a_listing_with_a_fence_in_it_stays_one() -> None:
    code = 'print("""\n```\n# not a heading\n""")'
    node = said("assistant", {"content_type": "code", "text": code})
    (file,) = chats(read(json.dumps([{"mapping": {"a": node}}]).encode()))
    assert file.rounds[0].messages[1].content == f"````\n{code}\n````"


def test_markdown_names_sources_and_links_those_that_are_on_the_web() -> None:
    file = chat()
    file["chat"]["headRound"] = 1
    file["rounds"][0]["messages"][1]["sources"] = [
        {"number": 1, "title": "Plan", "heading": "Roof", "url": "/documents/1"},
        {"number": 2, "title": "Page", "url": "https://example.com/a"},
    ]
    written = to_markdown(msgspec.convert(file, ChatFile), {})
    assert written.endswith("Sources:\n\n1. Plan · Roof\n2. Page <https://example.com/a>\n")


def forking(branches: int, text: str) -> bytes:
    """A conversation of ChatGPT whose branches fork after one long answer."""

    def node(parent: str | None, said: str) -> dict[str, Any]:
        content = {"content_type": "text", "parts": [said]}
        message = {"author": {"role": "assistant"}, "content": content}
        return {"parent": parent, "message": message, "children": []}

    leaves = {f"leaf {n}": node("root", "yes") for n in range(branches)}
    root = {**node(None, text), "children": list(leaves)}
    return json.dumps({"title": "Fork", "mapping": {"root": root, **leaves}}).encode()


def test_branches_that_repeat_a_long_answer_are_read_up_to_a_bound() -> None:
    (fork,) = chats(read(forking(2, "x" * 1_000)))
    assert [len(round_.messages[1].content) for round_ in fork.rounds] == [1_005] * 2
    assert reasons(read(forking(30, "x" * 1_000_000))) == ["It has too many messages."]


def test_what_is_too_large_in_a_zip_counts_as_read() -> None:
    bombs = {f"chat{n}": b" " * 2_000 for n in range(50)}
    found = read(zipped(**bombs, last=json.dumps(chat()).encode()), limit=1_000)
    assert len(found) < len(bombs)
    assert chats(found) == []


def test_a_zip_that_is_packed_in_another_way_may_be_broken_as_well() -> None:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("chat.json", json.dumps(chat()) * 9)
    broken = bytearray(data.getvalue())
    broken[50:90] = bytes(40)
    (fault,) = read(bytes(broken))
    assert isinstance(fault, Fault)


def test_half_a_character_is_told_and_known_as_one_that_is_missing() -> None:
    half = {**chat()["chat"], "id": "\ud800", "title": "\ud800"}
    (good,) = read(json.dumps(chat(chat=half)).encode())
    assert isinstance(good, FoundChat)
    assert good.origin == "\ufffd"
    (bad,) = read(json.dumps({"title": "\ud800"}).encode())
    assert isinstance(bad, Fault)
    assert bad.name == "upload: \ufffd"


def test_a_conversation_may_name_its_model_once_and_its_time_as_a_date() -> None:
    asked = {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["Q"]}}
    said = {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["A"]}}
    raw = {
        "create_time": "2024-01-02T03:04:05Z",
        "default_model_slug": "o3",
        "mapping": {
            "q": {"parent": None, "children": ["a"], "message": asked},
            "a": {"parent": "q", "children": [], "message": said},
        },
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("__MACOSX/._conversations.json", b"\0\5\x16\7")
        archive.writestr("Conversations.JSON", json.dumps([raw]))
    (found,) = read_file(out, "x.zip", 10_000)
    assert isinstance(found, FoundChat)
    assert found.chat.chat.created_at == 1704164645
    usage = found.chat.rounds[0].messages[1].usage
    assert usage is not None
    assert usage.model == "o3"
