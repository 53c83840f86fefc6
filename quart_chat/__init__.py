"""A streaming chat for the browser, and the event manager under it.

``quart_chat.events`` stands alone: importing it loads nothing of the application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quart import Quart

    from quart_chat.assistants.protocol import Assistant

__all__ = ["create_app"]


def create_app(
    config: Mapping[str, Any] | None = None, *, assistants: Iterable[Assistant] = ()
) -> Quart:
    """Create the application; see :func:`quart_chat.app.create_app`."""
    from quart_chat import app

    return app.create_app(config, assistants=assistants)
