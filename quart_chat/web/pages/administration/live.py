"""The live page: what contexts, readers and rounds do now, and a way to stop a round."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from quart import Blueprint, redirect, request

from quart_chat.chat.models import RoundStatus
from quart_chat.errors import InvalidInput, NotFound
from quart_chat.texts import _
from quart_chat.web.auth.identity import administrators_only
from quart_chat.web.monitoring.stopping import stop_round
from quart_chat.web.monitoring.watching import monitor
from quart_chat.web.pages.administration.rows import texts, view
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

LIVE = "/admin/live"

blueprint = Blueprint("live", __name__, url_prefix=LIVE)


@blueprint.get("")
@administrators_only
async def show_live() -> str:
    """The figures of this process, which the script of the page keeps up to date."""
    figures = await monitor().make_figures().take()
    return await render_in_frame(
        "live.html",
        figures=figures,
        **view(figures),
        texts=texts(),
        stopped=request.args.get("stopped", ""),
    )


@blueprint.post("/stop")
@administrators_only
async def stop() -> ResponseReturnValue:
    """Stop a round, and go back to the page."""
    form = await request.form
    number = form.get("round", "")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise InvalidInput(_("round: send the number of the round."))
    ended = None
    with suppress(NotFound):  # deleted in the meantime
        ended = await stop_round(form.get("workflow_id", ""), int(number))
    was_stopped = ended is not None and ended.status is RoundStatus.STOPPED
    return redirect(path_to(f"{LIVE}?stopped=1" if was_stopped else LIVE), 303)
