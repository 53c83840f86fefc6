"""Draws the icons of static/icons from the two marks: ``python -m tests.browser.icons``."""

from __future__ import annotations

import asyncio
import base64

from playwright.async_api import async_playwright

from quart_chat.resources import resource_path
from tests.browser.tab import ARGUMENTS, find_chromium

STATIC = resource_path("static")
ICONS = {
    "icons/icon-192.png": ("favicon.svg", 192),
    "icons/icon-512.png": ("favicon.svg", 512),
    "icons/maskable-512.png": ("icons/maskable.svg", 512),
    "icons/apple-touch-180.png": ("icons/maskable.svg", 180),
}

DRAW = """async ([svg, size]) => {
  const image = new Image();
  image.src = "data:image/svg+xml;base64," + btoa(svg);
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  canvas.getContext("2d").drawImage(image, 0, 0, size, size);
  return canvas.toDataURL("image/png").split(",")[1];
}"""


async def main() -> None:
    async with async_playwright() as playwright:
        path = find_chromium()
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = await browser.new_page()
        for name, (mark, size) in ICONS.items():
            svg = (STATIC / mark).read_text("utf-8").replace("<svg ", f'<svg width="{size}" ')
            drawn: str = await page.evaluate(DRAW, [svg, size])
            (STATIC / name).write_bytes(base64.b64decode(drawn))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
