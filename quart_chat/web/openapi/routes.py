"""Where the OpenAPI document is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Response

if TYPE_CHECKING:
    from quart import Quart

    from quart_chat.config import Settings


def init_app(app: Quart, version: str, settings: Settings) -> None:
    """Serve the document at ``/openapi.json``, and no page that would load scripts to show it."""

    @app.get("/openapi.json")
    async def openapi() -> Response:
        # To load what makes the document would take a tenth of a server's start.
        from quart_chat.web.openapi.document import make_document

        response: Response = app.json.response(make_document(app, version, settings))  # type: ignore[assignment]  # of Quart, not Flask
        return response
