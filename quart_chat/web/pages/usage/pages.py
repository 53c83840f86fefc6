"""The administrators' pages of usage, and of the limits of one user."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from jinja2 import pass_context
from quart import Blueprint, redirect, request

from quart_chat.chat.usage.gate import describe
from quart_chat.errors import InvalidInput
from quart_chat.limits import NO_LIMIT, InvalidLimits, UserLimits, parse_limits
from quart_chat.texts import N_, _, language, number
from quart_chat.web.auth.client import auth_settings
from quart_chat.web.auth.identity import actor, administrators_only
from quart_chat.web.context import assistant_titles, services
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.pages.usage.chart import Chart, make_chart
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from quart.typing import ResponseReturnValue

    from quart_chat.chat.usage.service import Overview, UsageService
    from quart_chat.config import Settings

USERS = "/admin/users"

FIELDS = {
    "prompts_per_minute": N_("Questions a minute"),
    "running_rounds": N_("Answers at the same time"),
    "streams": N_("Open streams"),
    "storage_mb": N_("Documents, in MB"),
    "tokens_per_day": N_("Tokens a day"),
    "tokens_per_month": N_("Tokens a month"),
}
"""The limits that are one number, each with its name for people."""

blueprint = Blueprint("usage", __name__, url_prefix="/admin")


@blueprint.app_template_filter("day")
@pass_context
def show_day(_context: Context, day: str) -> str:
    """A day of usage as the language writes it."""
    return format_date(date.fromisoformat(day), "medium", locale=language())


@blueprint.get("/usage")
@administrators_only
async def show_usage() -> str:
    """What all users have used."""
    usage = usage_service()
    used, of_users = await usage.of_all()
    users = await services().require_accounts().users.all()
    rows = [(user, *of_users.get(user.id, (0, 0))) for user in users]
    rows.sort(key=lambda row: (-row[2], -row[1], row[0].name.casefold()))
    chart = make_chart(usage.days(), used)
    return await render_in_frame("usage.html", chart=chart, users=rows, titles=assistant_titles())


@blueprint.get("/users/<target_id>/usage")
@administrators_only
async def show_user(target_id: str) -> str:
    """What one user has used, and may use."""
    return await _render_user(target_id, saved=request.args.get("saved", ""))


@blueprint.post("/users/<target_id>/limits")
@administrators_only
async def change_limits(target_id: str) -> ResponseReturnValue:
    """Set what one user may use."""
    form = await request.form
    typed = {name: form.get(name, "").strip() for name in (*FIELDS, "models", "single_models")}
    try:
        users = services().require_accounts().users
        await users.set_limits(actor(), target_id, to_text(typed))
    except InvalidInput as error:
        return await _render_user(target_id, refused=error.message, typed=typed), error.status
    return redirect(path_to(f"{USERS}/{target_id}/usage?saved=limits#limits"), 303)


def usage_service() -> UsageService:
    """The usage of a server that has accounts."""
    usage = services().chat.usage
    assert usage is not None  # noqa: S101 - nothing asks for it elsewhere
    return usage


async def view_usage(user_id: str) -> dict[str, Any]:
    """What a page shows of a user's usage."""
    overview = await usage_service().overview(user_id)
    return {
        "overview": overview,
        "chart": view_chart(overview),
        "gauges": [(gauge, describe(gauge)) for gauge in overview.gauges],
        "titles": assistant_titles(),
    }


def view_chart(overview: Overview) -> Chart:
    return make_chart(overview.days, overview.used)


def to_text(typed: dict[str, str]) -> str:
    """What was typed into the form, as limits are written."""
    named = [f"{name}={''.join(typed[name].split())}" for name in FIELDS if typed[name]]
    if models := ",".join(typed["models"].replace(",", " ").split()):
        named.append(f"models={models}")
    return " ".join([*named, *typed["single_models"].split()])


def to_form(limits: UserLimits) -> dict[str, str]:
    """Limits as the form has them."""
    typed = {name: _shown(getattr(limits, name)) for name in FIELDS}
    of_models = (("tokens_per_day", limits.model_days), ("tokens_per_month", limits.model_months))
    return {
        **typed,
        "models": ", ".join(limits.models or ()),
        "single_models": " ".join(
            f"{name}:{model}={_shown(most)}"
            for name, mapping in of_models
            for model, most in mapping.items()
        ),
    }


def _shown(value: int | None) -> str:
    return "" if value is None else "none" if value == NO_LIMIT else str(value)


async def _render_user(target_id: str, **context: Any) -> str:
    users = services().require_accounts().users
    user, own = await users.get(target_id), await users.limits(target_id)
    shown = await view_usage(target_id)
    role = to_form(usage_service().gate.of_role(user.role).or_else(of_server(auth_settings())))
    stored, unreadable = _read(own)
    return await render_in_frame(
        "user_usage.html",
        user=user,
        **shown,
        fields={name: _(label) for name, label in FIELDS.items()},
        role={name: _of_role(value) for name, value in role.items()},
        unreadable=unreadable,
        **{"typed": to_form(stored), "saved": "", "refused": "", **context},
    )


def _read(own: str) -> tuple[UserLimits, str]:
    """Read stored limits; where they can't be, none, and why, for the page to ask for new ones."""
    try:
        return parse_limits(own), ""
    except InvalidLimits as error:
        return UserLimits(), error.translated()


def of_server(settings: Settings) -> UserLimits:
    """The limits that hold for all users."""
    return UserLimits(
        running_rounds=settings.max_running_rounds,
        streams=settings.max_streams,
        storage_mb=settings.max_documents_bytes // 1_000_000,
    )


def _of_role(value: str) -> str:
    """What holds where a field is empty."""
    return number(int(value)) if value.isdigit() else value or _("no limit")
