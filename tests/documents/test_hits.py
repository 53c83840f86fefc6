"""What is sought in a document is found on all its pages."""

from __future__ import annotations

import pytest

from quart_chat.errors import NotFound
from quart_chat.search.sought import Sought
from tests.documents.conftest import USER, Library


async def test_a_text_is_sought_in_headings_and_passages_of_all_pages(library: Library) -> None:
    text = "# Kiwi\n\n" + "".join(f"The plum {n}.\n\n## Kiwi {n}\n\n" for n in range(450))
    document = await library.read("fruit.md", text + "And a KIWI.")
    sought = Sought.read("kiwi 449")
    assert sought is not None
    found = await library.service.find(USER, document.id, sought)
    assert found.passages == (document.passages,)
    kiwi = Sought.read("kiwi")
    assert kiwi is not None
    found = await library.service.find(USER, document.id, kiwi)
    # "Kiwi" and "Kiwi 7" stand above each passage but the first.
    assert len(found) == 1 + 2 * (document.passages - 1) + 1
    assert not found.more
    with pytest.raises(NotFound):
        await library.service.find("bob", document.id, kiwi)


async def test_of_very_many_hits_the_first_are_counted(library: Library) -> None:
    document = await library.read("many.txt", "kiwi " * 3000)
    sought = Sought.read("k")
    assert sought is not None
    found = await library.service.find(USER, document.id, sought)
    assert (len(found), found.more) == (1000, True)
