"""Steps in steps: the same whether they arrive live, come again over a stream, or with the page."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from playwright.async_api import Page, expect

from quart_chat.chat.models import Log, RoundStatus
from quart_chat.web.pages.chat.views import RoundView
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The tree of steps as text: each with its level, its state and whether a bar is shown.
TREE = """() => [...document.querySelectorAll("chat-round .step")].map((row) => {
  let level = 0;
  for (let at = row; at.closest(".step"); at = at.closest(".step").parentElement) level += 1;
  const bar = row.querySelector(":scope > .step-line > progress");
  const message = row.querySelector(".step-message").textContent;
  return `${level} ${message} ${row.dataset.status}${bar.hidden ? "" : ` ${bar.value}`}`;
})"""
RUNNING = [
    "1 Reading the question completed",
    "1 Comparing two texts running 0.5",
    "2 Reading completed",
    "2 Level 1 running",
    "3 Level 2 running",
    "4 Level 3 running",
    "4 Level 4 running",
    "4 Level 5 running",
    "4 Level 6 running",
]


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def tree(tab: Tab) -> list[str]:
    found: list[str] = await tab.page.evaluate(TREE)
    return found


async def test_steps_nest_while_they_run_and_after_a_reload(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("nest and wait")
    await expect(tab.page.locator(".steps-summary")).to_have_text("Comparing two texts · 50 %")
    await tab.page.locator(".steps-summary").click()
    await expect(tab.page.locator(".step-message", has_text="Level 6")).to_be_visible()
    await expect(tab.page.get_by_role("progressbar", name="Comparing two texts")).to_be_visible()
    await expect(tab.page.locator(".step-time", has_text="50 %")).to_be_visible()
    assert await tree(tab) == RUNNING
    assert await violations(tab.page) == []
    await tab.page.reload()
    await expect(tab.page.locator(".steps-summary")).to_have_text("Comparing two texts · 50 %")
    assert await tree(tab) == RUNNING
    await tab.page.get_by_role("button", name="Stop").click()
    await tab.until_ended("stopped")


async def test_steps_that_have_ended_are_nested_alike_in_every_way(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("nest")
    await tab.until_ended("complete")
    live, summary = await tree(tab), await tab.page.locator(".steps-summary").inner_text()
    assert live[1:3] == ["1 Comparing two texts completed", "2 Reading completed"]
    await tab.page.reload()
    assert await tree(tab) == live
    assert await tab.page.locator(".steps-summary").inner_text() == summary
    # The whole chat again, in the order of changes: parts come before what they are part of.
    await tab.page.evaluate("""async () => {
      const steps = document.querySelector("chat-steps");
      steps.querySelector(".steps-list").replaceChildren();
      const id = document.querySelector("chat-app").dataset.workflow;
      const { items } = await (await fetch(`/api/chatbot/${id}/chatdata`)).json();
      for (const { type, item } of items) if (type === "log") steps.show(item);
    }""")
    assert await tree(tab) == live


SUM_UP = """async (rounds) => {
  const { sumUp } = await import("/js/chat/steps-line.js");
  return rounds.map(([logs, running, more]) => {
    const rows = logs.map(({ message, type, status, progress, durationMs, parts }) => {
      const row = document.createElement("li");
      row.innerHTML = `<span class="step-message"></span><progress></progress>`;
      row.querySelector("span").textContent = message;
      row.querySelector("progress").hidden = status !== "running" || progress === null;
      row.querySelector("progress").value = progress ?? 0;
      if (parts) row.append(Object.assign(document.createElement("p"), { className: "step" }));
      Object.assign(row.dataset, { type, status, duration: durationMs ?? "" });
      return row;
    });
    const line = sumUp(rows, running, more);
    return line && [line.text, line.type];
  });
}"""
KINDS = [
    ("info", "completed", None, 230.0),
    ("progress", "completed", None, 40.0),
    ("progress", "failed", None, 1500.0),
    ("progress", "running", 0.25, None),
    ("warning", "completed", None, 0.0),
    ("info", "running", None, None),
]


def make_log(number: int, kind: tuple[str, str, float | None, float | None]) -> Log:
    type_, status, progress, duration = kind
    return Log(
        id=str(number),
        workflow_id="w",
        round_number=1,
        message=f"Step {number}" + "." * (number % 2),
        type=type_,
        status=status,
        progress=progress,
        timestamp=float(number),
        duration_ms=duration,
        seq=number,
    )


async def test_the_server_and_the_browser_sum_up_steps_alike(modules: Page) -> None:
    """Every series of up to three steps, running and ended, all shown or not, with parts or not."""
    cases, expected = [], []
    series = [kinds for count in range(4) for kinds in product(KINDS, repeat=count)]
    for kinds, status, more, parts in product(
        series, (RoundStatus.RUNNING, RoundStatus.COMPLETE), (0, 2), (False, True)
    ):
        logs = [make_log(number, kind) for number, kind in enumerate(kinds)]
        nested = [
            replace(log, id=f"{log.id}.1", parent_id=log.id, type="info") for log in logs if parts
        ]
        view = RoundView(
            "w", 1, None, status, None, "slow", (1,), len(logs) + len(nested) + more, None,
            [*logs, *nested],
        )  # fmt: skip
        line = view.steps_line
        expected.append(line and [line.text, line.type])
        items = [{**log.to_item(), "parts": parts} for log in logs]
        cases.append([items, status == "running", more])
    assert await modules.evaluate(SUM_UP, cases) == expected
    assert ["Step 0 · 1 more step · 0.5 s", "info"] in expected
    assert ["Step 0 · 25 %", "progress"] in expected
    assert None in expected
