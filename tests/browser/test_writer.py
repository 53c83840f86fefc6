"""Markdown while it is written, and the model of a chat: the scripts' own logic."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.async_api import Page

from tests.answer import LONG_ANSWERS, ROWS, long_answer, long_paragraph, pieces
from tests.browser.test_markdown_parity import PIECES as ANY_PIECES
from tests.browser.test_markdown_parity import SAMPLES
from tests.examples import examples

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Writes a text in pieces, painting after each: what is shown and what it should be, where that
# differs; how many elements were shown first; and which elements were taken out of finished blocks.
WRITE = """async (pieces) => {
  const { MarkdownWriter } = await import("/js/markdown/writer.js");
  const { parseMarkdown } = await import("/js/markdown/markdown.js");
  const { ChunkedPlace } = await import("/js/markdown/chunked-place.js");
  await (await import("/js/markdown/place-on-demand.js")).loadChunks();
  const render = (text, env) => new ChunkedPlace().render(parseMarkdown(text, env), env, 0);
  const { parseNodes } = await import("/js/markdown/patch.js");
  const paints = [];
  let clock = 0;
  const real = [window.requestAnimationFrame, performance.now];
  window.requestAnimationFrame = (paint) => paints.push(paint);
  performance.now = () => 0;
  const shown = document.createElement("div");
  const writer = new MarkdownWriter(shown);
  const kept = [];
  const differences = [];
  let text = "";
  for (const piece of pieces) {
    text += piece;
    writer.append(piece);
    for (const paint of paints.splice(0)) paint((clock += 1000));
    kept.push(shown.firstChild);
    const whole = document.createElement("div");
    whole.append(...parseNodes(render(text, { unfinished: true })));
    const plain = shown.cloneNode(true);
    plain.removeAttribute("class");
    for (const block of plain.querySelectorAll("[style]")) block.removeAttribute("style");
    if (!plain.isEqualNode(whole)) differences.push([text, shown.innerHTML, whole.innerHTML]);
  }
  [window.requestAnimationFrame, performance.now] = real;
  return [differences, shown.innerHTML, new Set(kept.filter(Boolean)).size];
}"""

# What is defined below changes what is above, and only the final HTML does that.
PIECES = [piece for piece in ANY_PIECES if "]" not in piece]

BLOCKS = [
    "A paragraph\nof two lines.", "## A heading", "- one\n- two", "1. one\n\n2. two", "> a quote",
    "```python\nx = 1\n\ny = 2\n```", "|a|b|\n|-|-:|\n|1|2|", "    code", "Setext\n===", "***",
    "- a\n\n  ```\n  b\n  ```", "- one\n- two\n- three\n\n- four\n- five",
    "$$\na\n+ b\n$$", "[^1]: c",
    "|a|\n|-|\n|1|\n|2|\n|3|\n> quote", "~~~\na\n\n\n~~~\ntext",
    "- [ ] a\n- [x] b\n  - c\n\n    d\n- e",
    "1. a\n\n2. b\n10) c\n* d\n- - -", "- ```\n  a\n  ```\n\n- b\n- c",
    "* a\n lazy\n* b\n\n\n  c\n* d",
    "*so* **much** `code` 😀", "[a link](/to)",
]  # fmt: skip


async def write(page: Page, pieces: list[str]) -> list[Any]:
    result: list[Any] = await page.evaluate(WRITE, pieces)
    return result


@settings(max_examples=examples(100), derandomize=True)
@given(
    blocks=st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=8),
    cuts=st.lists(st.integers(1, 12), min_size=1, max_size=40),
)
async def test_a_text_written_in_any_pieces_is_the_text_as_a_whole(
    modules: Page, blocks: list[str], cuts: list[int]
) -> None:
    text = "\n\n".join(blocks)
    ends = [0, *accumulate(cuts)]
    pieces = [text[a:b] for a, b in zip(ends, [*ends[1:], len(text)], strict=True)]
    differences, _, _ = await write(modules, [piece for piece in pieces if piece])
    assert differences == []


@settings(max_examples=examples(150), derandomize=True)
@given(pieces=st.lists(st.sampled_from([*PIECES, *BLOCKS]), min_size=1, max_size=40))
async def test_any_text_is_at_each_piece_what_it_would_be_as_a_whole(
    modules: Page, pieces: list[str]
) -> None:
    differences, _, _ = await write(modules, pieces)
    assert differences == []


async def test_every_construct_is_at_each_letter_what_it_would_be_as_a_whole(modules: Page) -> None:
    for sample in SAMPLES:
        if "\x00" in sample or "[a]: " in sample:  # a definition below changes what is above
            continue
        differences, _, _ = await write(modules, list(sample))
        assert differences == []


@pytest.mark.parametrize(
    "lines", [["a", "b"], ["- a", "- b"], ["```", "x = 1", "y = 2", "```"], ["|a|", "|-|", "|1|"]]
)
async def test_a_line_end_of_two_characters_is_one(modules: Page, lines: list[str]) -> None:
    """Many models end a piece with it."""
    for end in (["\r\n"], ["\r", "\n"]):
        pieces = [piece for line in lines for piece in ([line + end[0], *end[1:]])]
        differences, shown, _ = await write(modules, pieces)
        assert differences == []
        assert shown == (await write(modules, [f"{line}\n" for line in lines]))[1]


async def test_what_is_finished_is_not_touched_again(modules: Page) -> None:
    pieces = ["First *paragraph*.\n\n", *["word "] * 200, "\n\n", "- a\n", "- b\n\n", "end"]
    _, _, first_children = await write(modules, pieces)
    assert first_children == 1


# Writes a text in pieces and watches: elements that were taken out of anything but the last block,
# and rows and items that were taken out of whatever it was.
WATCH = """async (pieces) => {
  const { MarkdownWriter } = await import("/js/markdown/writer.js");
  await (await import("/js/markdown/place-on-demand.js")).loadChunks();
  const paints = [];
  let clock = 0;
  const real = [window.requestAnimationFrame, performance.now];
  window.requestAnimationFrame = (paint) => paints.push(paint);
  performance.now = () => 0;
  const shown = document.createElement("div");
  const observer = new MutationObserver(() => {});
  observer.observe(shown, { childList: true, subtree: true });
  const writer = new MarkdownWriter(shown);
  const lost = [];
  let finished = [];
  for (const piece of pieces) {
    writer.append(piece);
    for (const paint of paints.splice(0)) paint((clock += 1000));
    for (const { target, removedNodes } of observer.takeRecords()) {
      const done = finished.some((block) => block.contains(target));
      for (const node of removedNodes) {
        if (finished.includes(node) || done || /^(TR|LI)$/.test(node.nodeName)) {
          lost.push(node.outerHTML ?? node.data);
        }
      }
    }
    finished = [...shown.children].slice(0, -1);
  }
  [window.requestAnimationFrame, performance.now] = real;
  return [lost, shown.querySelectorAll("tbody > tr").length];
}"""


async def test_of_a_long_answer_no_finished_block_row_or_item_is_touched_again(
    modules: Page,
) -> None:
    lost, rows = await modules.evaluate(WATCH, list(pieces(long_answer())))
    assert lost == []
    assert rows == ROWS


async def test_of_a_very_long_paragraph_the_first_parts_are_not_touched_again(
    modules: Page,
) -> None:
    text = long_paragraph()[:19_000]
    parts = [text[at : at + 990] for at in range(0, len(text), 990)]
    differences, shown, first_children = await write(modules, [*parts, "\n\nThe *end*."])
    assert differences == []
    assert first_children == 1
    assert shown.count('class="part"') == 8


@pytest.mark.parametrize("name", LONG_ANSWERS)
async def test_a_long_answer_is_at_each_piece_what_it_would_be_as_a_whole(
    modules: Page, name: str
) -> None:
    text = LONG_ANSWERS[name]()[:25_000]
    parts = [text[at : at + 990] for at in range(0, len(text), 990)]
    differences, shown, _ = await write(modules, parts)
    assert differences == []
    assert ('class="chunk"' in shown) is (name != "code")


async def test_the_last_of_two_long_ends_is_shown(modules: Page) -> None:
    long = [f"<p>{letter}</p>" * 5000 for letter in "ab"]
    shown = await modules.evaluate(
        """async ([first, second]) => {
          const { MarkdownWriter } = await import("/js/markdown/writer.js");
          const element = document.createElement("div");
          const text = () => new Set(element.textContent);
          const writer = new MarkdownWriter(element);
          const shown = [];
          const ended = writer.finish(first);
          shown.push(element.childElementCount);
          writer.finish(second);
          await ended;
          shown.push(element.childElementCount, [...text()].join(""));
          writer.set("c");
          writer.finish(first);
          writer.finish("<p>d</p>");
          shown.push(element.textContent);
          await new Promise((resolve) => setTimeout(resolve));
          return [...shown, element.textContent];
        }""",
        long,
    )
    assert shown == [0, 5000, "b", "d", "d"]


async def test_details_that_a_reader_has_opened_stay_open(modules: Page) -> None:
    shown = await modules.evaluate("""async () => {
      const { MarkdownWriter } = await import("/js/markdown/writer.js");
      const shown = document.createElement("div");
      const writer = new MarkdownWriter(shown);
      writer.finish("<details><summary>a</summary><p>b</p></details>");
      shown.firstChild.open = true;
      writer.finish("<details><summary>a</summary><p>c</p></details>");
      return shown.innerHTML;
    }""")
    assert shown == '<details open=""><summary>a</summary><p>c</p></details>'


async def test_a_definition_holds_for_what_follows(modules: Page) -> None:
    differences, shown, _ = await write(modules, ["[a]: /b\n\nx\n\n", "y [a] z"])
    assert differences == []
    assert 'href="/b"' in shown


MODEL = """async (items) => {
  const { Conversation } = await import("/js/chat/conversation.js");
  const conversation = new Conversation();
  let text = "";
  const kinds = [];
  for (const item of items) {
    const change = conversation.apply(item);
    kinds.push(change?.kind ?? null);
    if (change?.kind === "message") text = change.message.content;
    if (change?.kind === "text") text += change.text;
  }
  return [kinds, text];
}"""


def message(content: str, status: str = "streaming") -> dict[str, Any]:
    return {"type": "message", "item": {"id": "m", "content": content, "status": status}}


def delta(offset: int, text: str) -> dict[str, Any]:
    return {"type": "delta", "item": {"messageId": "m", "offset": offset, "text": text}}


async def apply(page: Page, *items: dict[str, Any]) -> tuple[list[str | None], str]:
    kinds, text = await page.evaluate(MODEL, list(items))
    return kinds, text


async def test_deltas_follow_each_other(modules: Page) -> None:
    kinds, text = await apply(modules, message(""), delta(0, "a"), delta(1, "bc"))
    assert (kinds, text) == (["message", "text", "text"], "abc")


def revised(revision: int, item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "item": {**item["item"], "revision": revision}}


async def test_a_text_that_is_begun_anew_takes_the_place_of_the_old_one(modules: Page) -> None:
    kinds, text = await apply(
        modules,
        message(""),
        delta(0, "Let me think."),
        revised(1, message("")),
        delta(3, " me think."),
        revised(1, delta(0, "Hi")),
        message("Let me think."),
        revised(1, message("H")),
        revised(1, delta(2, "!")),
        revised(2, delta(0, "later")),
    )
    assert kinds == ["message", "text", "message", None, "text", None, None, "text", "hole"]
    assert text == "Hi!"


async def test_a_delta_that_comes_twice_changes_nothing(modules: Page) -> None:
    kinds, text = await apply(modules, message("ab"), delta(0, "a"), delta(0, "ab"), delta(2, "c"))
    assert (kinds, text) == (["message", None, None, "text"], "abc")


async def test_of_a_delta_that_overlaps_the_rest_is_taken(modules: Page) -> None:
    kinds, text = await apply(modules, message("ab"), delta(1, "bcd"))
    assert (kinds, text) == (["message", "text"], "abcd")


async def test_offsets_count_code_points(modules: Page) -> None:
    kinds, text = await apply(modules, message("😀"), delta(1, "𝕏é"), delta(2, "é!"), delta(4, "?"))
    assert (kinds, text) == (["message", "text", "text", "text"], "😀𝕏é!?")


async def test_a_delta_past_the_end_is_a_hole(modules: Page) -> None:
    kinds, text = await apply(modules, message("ab"), delta(3, "x"))
    assert (kinds, text) == (["message", "hole"], "ab")


async def test_a_delta_of_an_unknown_message_is_a_hole(modules: Page) -> None:
    assert await apply(modules, delta(0, "x")) == (["hole"], "")


async def test_an_older_snapshot_of_a_text_takes_nothing_back(modules: Page) -> None:
    kinds, text = await apply(modules, message("ab"), delta(2, "c"), message("ab"), delta(3, "d"))
    assert (kinds, text) == (["message", "text", None, "text"], "abcd")


async def test_a_final_message_is_as_the_server_says(modules: Page) -> None:
    items = message("ab"), delta(2, "cd"), message("abc", "error"), delta(3, "d")
    kinds, text = await apply(modules, *items)
    assert (kinds, text) == (["message", "text", "message", None], "abc")


async def test_a_reset_forgets(modules: Page) -> None:
    reset = {"type": "reset", "item": {"workflowId": "w", "seq": 1}}
    kinds, _ = await apply(modules, message("ab"), reset, delta(2, "c"), message("a"))
    assert kinds == ["message", "reset", "hole", "message"]


async def test_what_is_not_known_yet_is_ignored(modules: Page) -> None:
    assert await apply(modules, {"type": "unheard-of", "item": {}}) == ([None], "")
