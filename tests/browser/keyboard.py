"""A keyboard, and where it has led: each stop must be seen, and nothing may lie over it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

# Stops of Tab within which a person finds anything on a page of these tests.
FAR = 150

# What is wrong with the place of the focus: it is nowhere, not shown, or lies under something
# else (WCAG 2.4.7 and 2.4.11). Nine points of the element tell whether anything of it is seen.
WRONG = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "nowhere";
  const name = element.outerHTML.slice(0, 160);
  // A field may leave it to what is around it to show the focus.
  const around = element.closest("form:has(:focus-visible), label:has(:focus-visible)");
  const outlined = [element, around].filter(Boolean).map((at) => getComputedStyle(at))
    .some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1);
  if (!outlined) return `no outline: ${name}`;
  const shown = element.matches(".visually-hidden") ? around : element;
  if (!shown.checkVisibility({ opacityProperty: true, visibilityProperty: true })) {
    return `invisible: ${name}`;
  }
  const { left, top, width, height } = shown.getBoundingClientRect();
  const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) =>
    [left + width * x, top + height * y]));
  const bare = points.some(([x, y]) => {
    const hit = document.elementFromPoint(x, y);
    return hit && (shown.contains(hit) || hit.contains(shown));
  });
  return bare ? null : `obscured: ${name}`;
}"""


async def expect_seen(page: Page) -> None:
    """The focus is somewhere, is shown, and not covered."""
    assert await page.evaluate(WRONG) is None


@dataclass
class Keyboard:
    """Drives a page as a person without a mouse does."""

    page: Page

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def write(self, text: str) -> None:
        await self.page.keyboard.type(text)

    async def seek(self, words: str) -> None:
        """Write into the search of the list, until all that was written is looked for.

        What is found of its beginning gives way to what is found of the whole, also where the focus
        is in it by then.
        """
        wanted = re.compile(rf"/workflows\?q={words}$")
        async with self.page.expect_response(wanted):
            await self.write(words)
        await expect(self.page.locator(".found[aria-busy]")).to_have_count(0)

    async def go(self, target: Locator, key: str = "Tab") -> None:
        """Press a key until the focus is there; every stop on the way is seen."""
        for _ in range(FAR):
            await self.press(key)
            wrong = await self.page.evaluate(WRONG)
            # From the last stop it goes round by way of the browser's own bar.
            assert wrong in (None, "nowhere"), wrong
            if await self.at(target):
                return
        raise AssertionError(f"{key} does not lead to {target}")

    async def at(self, target: Locator) -> bool:
        """Whether the focus is there now."""
        focused = "(elements) => elements.includes(document.activeElement)"
        return bool(await target.evaluate_all(focused))

    async def expect_at(self, target: Locator) -> None:
        """The focus is there, or comes there, and is seen."""
        await expect(target).to_be_focused()
        await expect_seen(self.page)

    async def expect_kept(self, target: Locator) -> None:
        """The focus stays where it is after what the page still had to do."""
        await self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        await self.expect_at(target)
