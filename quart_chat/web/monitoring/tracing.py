"""A span for each request, from its arrival until its response begins.

A stream may be open for hours, and a span is sent once it has ended: so that of a stream tells how
long it took to open. It has the template of the route and no address, which holds ids and what is
searched for. A trace begins here: what a client says of its own trace is not believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import g, request

from quart_chat import tracing
from quart_chat.telemetry.opening import is_wanted
from quart_chat.web.monitoring.metrics import METHODS
from quart_chat.web.monitoring.request_ids import UNLOGGED

if TYPE_CHECKING:
    from quart import Quart, Response


def init_app(app: Quart) -> None:
    """Trace the requests of ``app``, but for those that machines send all the time.

    Where the environment names no collector, nothing of this is called for any request.
    """
    if not is_wanted():
        return

    @app.before_request
    async def begin() -> None:
        tracer = tracing.tracer()
        if tracer is None or request.path in UNLOGGED:
            return
        method = request.method if request.method in METHODS else "_OTHER"
        route = request.url_rule.rule if request.url_rule else ""
        name = f"{'HTTP' if method == '_OTHER' else method} {route}".rstrip()
        g.span = tracer.begin(name, "server", {"http.request.method": method, "http.route": route})
        g.span.enter()

    @app.after_request
    async def note(response: Response) -> Response:
        g.span_status = response.status_code
        return response

    @app.teardown_request
    async def end(_error: BaseException | None) -> None:
        if (span := g.get("span")) is not None:
            # A client that leaves before its response begins gets none.
            status = g.get("span_status")
            failed = status is not None and status >= 500
            span.end({"http.response.status_code": status}, str(status) if failed else None)
