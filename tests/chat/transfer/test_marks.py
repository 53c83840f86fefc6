"""What ChatGPT leaves in a text for its own page: links, documents of a canvas, models."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.chat.transfer.chatgpt import read_conversation
from quart_chat.chat.transfer.marks import write_marks
from quart_chat.chat.transfer.prose import to_markdown

CITE = "\ue200cite\ue202turn0search3\ue201"
PAGE = {"title": "Iron [Fe]", "url": "https://example.org/iron_(metal)"}


def grouped(matched: str = CITE, *items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "grouped_webpages", "matched_text": matched, "items": list(items or [PAGE])}


LINK = r"([Iron \[Fe\]](https://example.org/iron_%28metal%29))"


@pytest.mark.parametrize(
    ("text", "references", "shown"),
    [
        (f"Iron {CITE}", [grouped()], f"Iron {LINK}"),
        (f"Iron {CITE}.", [], "Iron."),
        (f"Iron {CITE}", None, "Iron"),
        (f"Iron {CITE}", [grouped(CITE, {"title": "x", "url": "javascript:alert(1)"})], "Iron"),
        (f"Iron {CITE}", [{"type": "webpage", "matched_text": CITE, **PAGE}], f"Iron {LINK}"),
        (
            "\ue200cite\ue202turn0search0\ue202turn0search3\ue201",
            [grouped("\ue200cite\ue202turn0search0\ue202turn0search3\ue201", PAGE, PAGE)],
            LINK,
        ),
        ('By \ue200entity\ue202["company","Motorola","x"]\ue201!', [], "By Motorola!"),
        (
            "See \ue200url\ue202Iron [Fe]\ue202https://example.org/iron_(metal)\ue201.",
            [],
            r"See [Iron \[Fe\]](https://example.org/iron_%28metal%29).",
        ),
        ("See \ue200url\ue202Iron\ue202turn0search3\ue201.", [], "See Iron."),
        ("\ue203All of it\ue204 \ue200i\ue202turn0image0\ue201", [], "All of it"),
        ("Old 【11†L1-L4】 mark【3:2†source】", [], "Old mark"),
        (
            "Old 【11†source】",
            [{"type": "webpage", "matched_text": "【11†source】", **PAGE}],
            f"Old {LINK}",
        ),
        ("cut off \ue200cite\ue202turn", [], "cut off"),
        ("nothing of the kind", [{"matched_text": " ", "type": "sources_footnote"}], None),
        (f"Iron {CITE}", [7, {"matched_text": 3}, {"matched_text": CITE, "items": 5}], "Iron"),
    ],
)
def test_a_mark_becomes_a_link_or_nothing(text: str, references: Any, shown: str | None) -> None:
    assert write_marks(text, references) == (text if shown is None else shown)


@given(
    st.text(st.sampled_from("a \ue200\ue201\ue202\ue203【】†1")), st.none() | st.just([grouped()])
)
def test_no_mark_is_left(text: str, references: Any) -> None:
    assert not set(write_marks(text, references)) & set("\ue200\ue201\ue202\ue203")


def message(role: str, text: str, **more: Any) -> dict[str, Any]:
    content = {"content_type": "text", "parts": [text]}
    return {"author": {"role": role}, "content": content, "recipient": "all", **more}


def call(function: str, **arguments: Any) -> dict[str, Any]:
    content = {"content_type": "code", "text": json.dumps(arguments)}
    return message("assistant", "") | {"recipient": f"canmore.{function}", "content": content}


def conversation(*messages: dict[str, Any]) -> dict[str, Any]:
    mapping = {
        str(at): {
            "message": each,
            "parent": str(at - 1) if at else None,
            "children": [str(at + 1)] if at + 1 < len(messages) else [],
        }
        for at, each in enumerate(messages)
    }
    return {"title": "T", "mapping": mapping, "current_node": str(len(messages) - 1)}


def answers(*messages: dict[str, Any]) -> list[str]:
    chat = read_conversation(conversation(message("user", "Write"), *messages))
    return [each.content for round_ in chat.rounds for each in round_.messages[1:]]


PLAN = call("create_textdoc", name="Plan", type="document", content="# A\n\nOne (1).")
CODE = call("create_textdoc", name="fib", type="code/python", content="print(1)")


def test_a_document_of_a_canvas_is_kept_in_its_answer() -> None:
    assert answers(PLAN, message("tool", "done"), message("assistant", "Here it is.")) == [
        "**Plan**\n\n# A\n\nOne (1).\n\nHere it is."
    ]
    assert answers(CODE) == ["**fib**\n\n```python\nprint(1)\n```"]


def updates(*changes: tuple[str, str], multiple: bool = False) -> dict[str, Any]:
    listed = [{"pattern": p, "multiple": multiple, "replacement": r} for p, r in changes]
    return call("update_textdoc", updates=listed)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (updates((".*", "All new.")), "**Plan**\n\nAll new."),
        (updates(("One", "Two")), "**Plan**\n\n# A\n\nTwo (1)."),
        (updates((r"One \(1\)\.", "Two.")), "**Plan**\n\n# A\n\nTwo."),
        (updates(("A", "B"), ("One", "Two")), "**Plan**\n\n# B\n\nTwo (1)."),
        (updates((r"O\w+", "Two")), "**Plan**\n\n# A\n\nOne (1).\n\n```\nTwo\n```"),
        (updates(("(a+)+$", "x")), "**Plan**\n\n# A\n\nOne (1).\n\n```\nx\n```"),
        (call("comment_textdoc", comments=[{"pattern": "A", "comment": "Better?"}]), "- Better?"),
    ],
)
def test_an_update_of_a_canvas_is_applied_or_kept(change: dict[str, Any], shown: str) -> None:
    first, second = answers(PLAN, message("user", "More"), change)
    assert first == "**Plan**\n\n# A\n\nOne (1)."
    assert second == shown


def test_each_branch_has_its_own_document() -> None:
    raw = conversation(message("user", "Write"), PLAN, message("user", "More"))
    for name, change in (("x", updates(("One", "X"))), ("y", updates(("One", "Y")))):
        raw["mapping"][name] = {"message": change, "parent": "2", "children": []}
    chat = read_conversation(raw)
    texts = [round_.messages[1].content for round_ in chat.rounds if round_.parent]
    assert ["X (1)" in texts[0], "Y (1)" in texts[1]] == [True, True]


@pytest.mark.parametrize(
    "content",
    [
        {"content_type": "code", "text": '{"name": "cut'},
        {"content_type": "text", "parts": ["no JSON"]},
        {"content_type": "code", "text": "[1]"},
    ],
)
def test_a_call_that_can_not_be_read_is_shown_as_it_is(content: dict[str, Any]) -> None:
    (answer,) = answers(PLAN | {"content": content})
    assert answer.startswith("```")


def test_a_ring_of_calls_has_an_end() -> None:
    raw = conversation(message("user", "Write"), PLAN, updates(("One", "Two")))
    raw["mapping"]["1"]["parent"] = "2"
    assert read_conversation(raw).rounds


def test_the_model_that_answered_signs() -> None:
    said = message("assistant", "Hello", metadata={"model_slug": "gpt-4o"})
    later = message("assistant", "Later", metadata={"model_slug": "o3"})
    chat = read_conversation(conversation(message("user", "Hi"), said, message("user", "?"), later))
    models = [round_.messages[1].usage.model for round_ in chat.rounds if round_.messages[1].usage]
    assert models == ["gpt-4o", "o3"]
    assert [round_.model for round_ in chat.rounds] == ["gpt-4o", "o3"]
    assert "## gpt-4o" in to_markdown(chat, {})
