"""The metrics of this process, for Prometheus.

They tell how busy a server is, so not everyone may read them. Behind a proxy on the same machine
every request comes from this machine: that the peer is local opens them only as long as the server
has no host name but those of this machine, so that no proxy can serve it to others.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from quart import Blueprint, Response, current_app, request

from quart_chat.config.access import is_loopback
from quart_chat.errors import NotFound
from quart_chat.texts import _
from quart_chat.web.auth.client import peer_address
from quart_chat.web.auth.public import public
from quart_chat.web.monitoring.measurements import MEASUREMENTS, Measurements
from quart_chat.web.monitoring.probes import PROBES

if TYPE_CHECKING:
    from quart import Quart

    from quart_chat.config import Settings

PATH = "/metrics"
UNKNOWN_ROUTE = "(none)"
"""The route of what was asked for in vain: its address could be anything."""

_SETTINGS = "quart_chat.metrics_settings"

_FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

blueprint = Blueprint("metrics", __name__)


def init_app(app: Quart, settings: Settings) -> None:
    """Count the answers of ``app``, but for those that are asked for by machines all the time."""
    app.extensions[_SETTINGS] = settings

    @app.after_request
    async def count(response: Response) -> Response:
        measurements: Measurements | None = app.extensions.get(MEASUREMENTS)
        if measurements is not None and request.path not in PROBES:
            route = request.url_rule.rule if request.url_rule else UNKNOWN_ROUTE
            method = request.method if request.method in METHODS else "other"
            measurements.requests[method, route, response.status_code] += 1
        return response


@blueprint.get(PATH)
@public  # it has a check of its own
async def metrics() -> Response:
    """Answer with all metrics of this process.

    Raises:
        NotFound: The client may not read them.
    """
    settings: Settings = current_app.extensions[_SETTINGS]
    if not (_has_token(settings) or _is_local(settings)):
        raise NotFound(_("There is nothing at this address."))
    # What renders them is loaded only where they are asked for.
    from quart_chat.web.monitoring.exposition import CONTENT_TYPE, expose

    measurements: Measurements = current_app.extensions[MEASUREMENTS]
    response = Response(expose(measurements), content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _has_token(settings: Settings) -> bool:
    """Whether the request has the token; how long that takes to see tells nothing about it."""
    expected = settings.metrics_token.reveal()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = token.strip().encode("utf-8", "surrogateescape")
    return (
        bool(expected)
        and scheme.lower() == "bearer"
        and hmac.compare_digest(given, expected.encode())
    )


def _is_local(settings: Settings) -> bool:
    """Whether the request comes from this machine, and through no proxy."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    if not all(is_loopback(host.strip("[]")) for host in settings.hosts):
        return False
    return is_loopback(peer_address())
