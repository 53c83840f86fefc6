"""The probes of load balancers and supervisors: public, cheap, and without a word of the chats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Blueprint, current_app

from quart_chat.web.auth.public import public
from quart_chat.web.monitoring.readiness import READINESS

if TYPE_CHECKING:
    from quart_chat.web.monitoring.readiness import Readiness

PROBES = frozenset({"/healthz", "/readyz"})

_NO_STORE = {"Cache-Control": "no-store"}

blueprint = Blueprint("probes", __name__)


@blueprint.get("/healthz")
@public
async def healthz() -> Any:
    """Answer that the process serves; one that doesn't answer should be restarted."""
    return {"serving": True}, 200, _NO_STORE


@blueprint.get("/readyz")
@public
async def readyz() -> Any:
    """Answer whether users should be sent here; with 503, another process should serve them."""
    readiness: Readiness = current_app.extensions[READINESS]
    reasons = await readiness.reasons()
    if reasons:
        return {"ready": False, "reasons": reasons}, 503, {**_NO_STORE, "Retry-After": "1"}
    return {"ready": True}, 200, _NO_STORE
