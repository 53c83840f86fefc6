"""What the pages look like in one browser: light or dark, and how large the text is.

Both are kept in cookies, so that the server writes them into the page: nothing changes its colour
or its size after the page is shown, and it works without scripts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quart import Blueprint, has_request_context, make_response, redirect, request

from quart_chat.errors import InvalidInput
from quart_chat.texts import N_, _
from quart_chat.web.pages.settings.languages import keep_choice
from quart_chat.web.paths import own_name, path_to

if TYPE_CHECKING:
    from quart import Quart
    from quart.typing import ResponseReturnValue

THEMES = {"": N_("System"), "light": N_("Light"), "dark": N_("Dark")}
TEXTS = {
    "small": N_("Small"),
    "": N_("Normal"),
    "large": N_("Large"),
    "larger": N_("Very large"),
}
"""The sizes of text, as in tokens.css, from the smallest on."""

_CHOICES = {"theme": THEMES, "text": TEXTS}
"""What can be chosen, by the name of its cookie."""

blueprint = Blueprint("appearance", __name__)


@dataclass(frozen=True, slots=True)
class Appearance:
    """What is set in a browser; empty where nothing is."""

    theme: str = ""
    text: str = ""


def init_app(app: Quart) -> None:
    """Give the templates of ``app`` what is set in the browser."""
    app.jinja_env.globals["appearance"] = appearance


def appearance() -> Appearance:
    """What is set in the browser that has sent the request."""
    if not has_request_context():
        return Appearance()
    sent = {name: request.cookies.get(own_name(name), "") for name in _CHOICES}
    return Appearance(**{name: value for name, value in sent.items() if value in _CHOICES[name]})


@blueprint.post("/settings/appearance")
async def change_appearance() -> ResponseReturnValue:
    """Remember what is chosen, and show the settings again."""
    form = await request.form
    response = await make_response(redirect(path_to("/settings?saved=appearance#appearance"), 303))
    for name, choices in _CHOICES.items():
        value = form.get(name, "")
        if value not in choices:
            raise InvalidInput(_("{name}: it is not available.").format(name=name))
        keep_choice(response, name, value)
    return response
