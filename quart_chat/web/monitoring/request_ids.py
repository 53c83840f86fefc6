"""An id for each request, by which its lines in the log are found.

A proxy or a client may send its own in ``X-Request-ID``. A context variable carries it into the
handler and into the tasks that the handler starts, such as the round that a prompt begins.
"""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

from quart import g, request

from quart_chat.web.auth.client import peer_address
from quart_chat.web.monitoring.probes import PROBES

if TYPE_CHECKING:
    from quart import Quart, Response

HEADER = "X-Request-ID"

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that the running code serves; empty where it serves none."""

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
UNLOGGED = PROBES | {"/metrics"}
"""What machines ask for all the time."""
_access = logging.getLogger("quart_chat.access")


def init_app(app: Quart) -> None:
    """Give each request of ``app`` an id, and log a line for it once it is answered."""

    @app.before_request
    async def begin() -> None:
        sent = request.headers.get(HEADER, "")
        request_id.set(sent if _SANE.fullmatch(sent) else uuid4().hex)
        g.begun_at = monotonic()

    @app.after_request
    async def end(response: Response) -> Response:
        response.headers[HEADER] = request_id.get()
        if _access.isEnabledFor(logging.INFO) and request.path not in UNLOGGED:
            _log(response)
        return response


def _log(response: Response) -> None:
    """Log a request without its query, which may hold what a user searches for."""
    elapsed = round(1000 * (monotonic() - g.begun_at), 1)
    _access.info(
        "%s %s %d %s ms",
        request.method,
        request.path,
        response.status_code,
        elapsed,
        extra={
            "fields": {
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "durationMs": elapsed,
                "client": peer_address(),
            }
        },
    )
