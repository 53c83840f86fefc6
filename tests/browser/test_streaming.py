"""A long answer arrives in short pieces: what is finished stays, and the end is the server's."""

from __future__ import annotations

import pytest

from tests.answer import ROWS
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


# Writes down which elements are taken out of the answer while it is written: out of blocks that
# were followed by another one, and rows and items out of whatever they were in.
WATCH = """() => {
  window.lost = [];
  window.rowsInFlight = 0;
  const finished = new Set();
  new MutationObserver((records) => {
    const prose = document.querySelector(".live .prose");
    if (!prose) return;
    for (const { target, removedNodes } of records) {
      if (!prose.contains(target)) continue;
      const block = target.closest?.(".prose > *");
      for (const node of removedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        if (finished.has(node) || finished.has(block) || /^(TR|LI)$/.test(node.nodeName)) {
          window.lost.push(node.outerHTML);
        }
      }
    }
    for (const block of [...prose.children].slice(0, -1)) finished.add(block);
    window.rowsInFlight = prose.querySelectorAll("tbody > tr").length;
  }).observe(document.querySelector(".live"), { childList: true, subtree: true });
}"""
SHOWN = """() => {
  const prose = document.querySelector(".answer .prose").cloneNode(true);
  for (const part of [prose, ...prose.querySelectorAll(".chunk")]) {
    for (const node of [...part.childNodes]) if (!node.textContent.trim()) node.remove();
  }
  // The heights that the page keeps for blocks out of view.
  for (const block of prose.children) block.removeAttribute("style");
  return prose.innerHTML;
}"""


async def shown(tab: Tab) -> str:
    html: str = await tab.page.evaluate(SHOWN)
    return html


async def test_a_long_answer_is_written_without_touching_what_is_finished(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab()
    await tab.page.evaluate(WATCH)
    await tab.ask("answer 1ms")
    await tab.until_ended("complete")
    assert await tab.page.evaluate("window.lost") == []
    assert await tab.page.evaluate("window.rowsInFlight") == ROWS
    written = await shown(tab)
    await tab.page.reload()
    await tab.until_ready()
    assert await shown(tab) == written
    assert written.count("<math") == 2
