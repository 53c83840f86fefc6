"""In which language a request is answered: the one chosen in the page, else the browser's."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from jinja2 import pass_context
from markupsafe import Markup, escape
from quart import Blueprint, current_app, make_response, redirect, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_accept_header

from quart_chat import texts
from quart_chat.errors import InvalidInput
from quart_chat.texts import _
from quart_chat.web.auth.public import public
from quart_chat.web.paths import own_name, path_to, route_path

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from quart import Quart, Response
    from quart.typing import ResponseReturnValue
    from werkzeug.wrappers import Response as WerkzeugResponse

COOKIE = "language"
YEAR = 365 * 24 * 60 * 60
"""Seconds that a choice is remembered."""

MAX_ACCEPTED = 200
"""Characters of an ``Accept-Language`` that are read: a longer one could take seconds."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

blueprint = Blueprint("languages", __name__)


def init_app(app: Quart) -> None:
    """Have each request of ``app`` answered in a language, and give it to the templates."""
    app.before_request(choose_language)
    app.after_request(tell_language)
    app.jinja_env.globals.update(
        _=text,
        ngettext=plural,
        language=texts.language,
        languages=language_names,
        script_texts=lambda: texts.script_texts(texts.language()),
    )
    app.jinja_env.filters.update(
        number=number,
        rate=rate,
        duration=duration,
        date=date,
        time=time,
        datetime=date_and_time,
    )


async def choose_language() -> None:
    """Use the language of the switch, else the best that the browser asks for."""
    language = request.cookies.get(own_name(COOKIE), "")
    if language not in texts.languages():
        language = accepted_language(request.headers.get("Accept-Language", ""))
    if not texts.is_loaded(language):
        await asyncio.to_thread(texts.load, language)
    texts.set_language(language)


def accepted_language(header: str) -> str:
    """The language that an ``Accept-Language`` (RFC 9110, 12.5.4) prefers of those with texts."""
    return _accepted_language(header[:MAX_ACCEPTED])


@lru_cache
def _accepted_language(header: str) -> str:
    accepted = parse_accept_header(header, LanguageAccept)
    # A text in a language serves all regions of it.
    wanted = LanguageAccept((tag.partition("-")[0], weight) for tag, weight in accepted)
    # Of languages with equal weights, the one that is named first is meant.
    return wanted.best_match(sorted(texts.languages(), key=wanted.find), texts.SOURCE)


async def tell_language(response: Response) -> Response:
    """Say in which language the answer is, and what that depends on."""
    if response.mimetype in {"text/html", "application/json"}:
        response.headers.setdefault("Content-Language", texts.language())
        response.vary.update(("Accept-Language", "Cookie"))
    return response


@blueprint.post("/language")
@public
async def switch_language() -> ResponseReturnValue:
    """Remember a language, and go back to the page that it was chosen on."""
    language = (await request.form).get("language", "")
    if language not in texts.languages():
        raise InvalidInput(_("language: it is not available."))
    response = await make_response(redirect(safe_redirect_target(request.referrer), 303))
    keep_choice(response, COOKIE, language)
    return response


def keep_choice(response: Response | WerkzeugResponse, name: str, value: str) -> None:
    """Have the browser send a choice of its user for a year; an empty one is forgotten."""
    response.set_cookie(
        own_name(name),
        value,
        max_age=YEAR if value else 0,
        path=path_to("/"),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def safe_redirect_target(address: str | None) -> str:
    """The path and query of a page of this server that can be gone to; else of the first page."""
    first = path_to("/")
    address = address or ""
    if _CONTROL.search(address):  # some of them urlsplit leaves out, and others no header may have
        return first
    try:
        parts = urlsplit(address)
    except ValueError:
        return first
    path = route_path(parts.path)
    # What a browser takes for the name of another host begins with two slashes of either kind.
    if parts.netloc != request.host or not re.match(r"/(?![/\\])", path or ""):
        return first
    routes = current_app.create_url_adapter(request)
    try:
        assert routes is not None  # noqa: S101 - there is a request
        routes.match(path, method="GET")
    except HTTPException:
        return first
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def text(text: str, /, **values: Any) -> str:
    """A text with values, as templates use it: whole numbers are written out, markup is kept."""
    return _filled(texts._(text), values)


def plural(one: str, many: str, count: int, /, **values: Any) -> str:
    """A text that depends on a number; ``{count}`` stands for it."""
    return _filled(texts.ngettext(one, many, count), {"count": count, **values})


def _filled(text: str, values: dict[str, Any]) -> Markup:
    shown = {
        name: texts.number(value) if type(value) is int else value for name, value in values.items()
    }
    return escape(text).format(**shown)


@cache
def language_names() -> dict[str, str]:
    """The languages by code, each by the name that it has in itself."""
    names = {code: Locale.parse(code).get_display_name(code) or code for code in texts.languages()}
    return {code: name[:1].upper() + name[1:] for code, name in names.items()}


# Filters of a constant are run once, when a template is compiled, unless they ask for a context.
@pass_context
def number(_context: Context, value: float, digits: int = 0) -> str:
    """A number as the language writes it."""
    return texts.number(value, digits)


@pass_context
def rate(_context: Context, value: float) -> str:
    """How many a second."""
    return texts.rate(value)


@pass_context
def duration(_context: Context, ms: float) -> str:
    """How long something took, of milliseconds."""
    return texts.duration(ms)


@pass_context
def date(_context: Context, moment: float) -> str:
    """The day of a time in seconds since 1970, in the server's time zone."""
    return format_date(_local(moment), "medium", locale=texts.language())


@pass_context
def time(_context: Context, moment: float) -> str:
    """The time of day, to the minute."""
    return format_time(_local(moment), "short", locale=texts.language())


@pass_context
def date_and_time(_context: Context, moment: float) -> str:
    return format_datetime(_local(moment), "short", locale=texts.language())


def _local(moment: float) -> datetime:
    return datetime.fromtimestamp(moment).astimezone()
