"""Steps in steps: the same whether they arrive live, come again over a stream, or with the page."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

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
    await expect(tab.page.locator(".step-message", has_text="Level 6")).to_be_visible()
    await expect(tab.page.get_by_role("progressbar", name="Comparing two texts")).to_be_visible()
    await expect(tab.page.locator(".step-time", has_text="50 %")).to_be_visible()
    assert await tree(tab) == RUNNING
    assert await violations(tab.page) == []
    await tab.page.reload()
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
