"""A text that flows is passed on in frames, and nothing of it is lost, doubled or out of order."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from quart_chat.chat.rounds.recording.pacer import TextPacer


class Page:
    """Builds the text of the pieces that are passed on to it."""

    def __init__(self) -> None:
        self.text = ""
        self.pieces = 0

    def take(self, offset: int, text: str) -> None:
        assert offset == len(self.text)
        assert text
        self.text += text
        self.pieces += 1


async def test_the_first_piece_passes_at_once_and_what_follows_joins() -> None:
    page = Page()
    pacer = TextPacer(page.take)
    pacer.add(0, "One")
    assert page.text == "One"
    for offset, word in ((3, " two"), (7, " three"), (13, " four")):
        pacer.add(offset, word)
    pacer.close()
    assert (page.text, page.pieces) == ("One two three four", 2)


async def test_what_waits_passes_by_itself() -> None:
    came = asyncio.Event()
    page = Page()

    def take(offset: int, text: str) -> None:
        page.take(offset, text)
        came.set()

    pacer = TextPacer(take)
    for offset, letter in enumerate("abc"):
        came.clear()
        pacer.add(offset, letter)
        async with asyncio.timeout(30):
            await came.wait()
        assert page.text == "abc"[: offset + 1]


async def test_a_text_that_begins_anew_leaves_nothing_behind() -> None:
    page = Page()
    pacer = TextPacer(page.take)
    pacer.add(0, "a")
    pacer.add(1, "b")
    pacer.forget()
    page.text = ""
    pacer.add(0, "x")
    pacer.close()
    assert page.text == "x"


STEPS = st.one_of(st.text(min_size=1, max_size=5), st.sampled_from([None, 0.0, 0.05]))


@given(st.lists(STEPS, max_size=30))
@settings(max_examples=25)
def test_a_text_arrives_whole_and_in_order(steps: list[str | float | None]) -> None:
    async def run() -> None:
        page, text = Page(), ""
        pacer = TextPacer(page.take)
        for step in steps:
            if isinstance(step, str):
                pacer.add(len(text), step)
                text += step
            elif step is None:
                pacer.flush()
                assert page.text == text
            else:
                await asyncio.sleep(step)
        pacer.close()
        assert page.text == text

    asyncio.run(run())
