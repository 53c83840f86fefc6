"""What a page loads by itself: how much, at most, and from where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import OpenTab
from tests.browser.weight import WEIGHT, weigh_pages
from tests.conftest import FIGURES

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_page_is_light_with_a_long_list_and_an_answer(
    open_tab: OpenTab, record_property: Callable[[str, object], None]
) -> None:
    weighed = await weigh_pages(await open_tab())
    found = []
    for page in weighed:
        figures = {"weight": f"{page.size / 1024:.1f} KB", "files": f"{page.files}"}
        figures |= {key: f"{value:.0f} ms" for key, value in page.times.items()}
        found.append(
            f"{page.name}: " + ", ".join(f"{key} {value}" for key, value in figures.items())
        )
        assert page.size <= WEIGHT
        assert page.foreign == 0
    record_property(FIGURES, "; ".join(found))
