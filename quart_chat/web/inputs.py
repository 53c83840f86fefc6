"""What a request carries, read strictly where a person typed it and leniently where it resumes.

A body or a query parameter that is wrong is an error with a sentence that says what is wanted. A
``Last-Event-ID`` is written by a browser that can't mend it: one that means nothing here, such as
one of another server, is read as an unknown position and answered with the full state.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec
from quart import request
from werkzeug.exceptions import RequestEntityTooLarge

from quart_chat.errors import BodyTooLarge, InvalidInput, InvalidJSON, WrongMediaType
from quart_chat.texts import _
from quart_chat.web.schemas import MAX_SEQ

_DIGITS = re.compile(r"[0-9]{1,16}", re.ASCII)

T = TypeVar("T", bound=msgspec.Struct)


async def json_body(model: type[T]) -> T:
    """Decode the request's JSON body."""
    if request.mimetype != "application/json":
        raise WrongMediaType(
            _("Send the body as JSON, with the header 'Content-Type: application/json'.")
        )
    try:
        data = await request.get_data(cache=False, as_text=False, parse_form_data=False)
    except RequestEntityTooLarge as error:
        raise BodyTooLarge(_("The request's body is too large.")) from error
    try:
        return msgspec.json.decode(data, type=model)
    except msgspec.ValidationError as error:
        raise InvalidInput(_sentence(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidJSON(_("The request's body is not valid JSON.")) from error


def query_string(model: type[T]) -> T:
    """Convert the query string; of a parameter that comes twice, the first counts."""
    try:
        return msgspec.convert(request.args.to_dict(), model, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(_sentence(error)) from error


def form_number(name: str, text: str | None) -> int | None:
    """The number of a round in a field of a form; None where the field is empty or not there."""
    if not text:
        return None
    number = parse_seq(text)
    if not number:
        raise InvalidInput(_("{name}: expected the number of a round.").format(name=name))
    return number


def last_event_id() -> str | None:
    """The ``Last-Event-ID`` header that a browser sends when it comes back."""
    return request.headers.get("Last-Event-ID")


def parse_seq(text: str) -> int | None:
    """A seq in decimal digits, or None for anything else."""
    if _DIGITS.fullmatch(text) is None or int(text) > MAX_SEQ:
        return None
    return int(text)


def _sentence(error: msgspec.ValidationError) -> str:
    """Turn msgspec's message into "field: what is wrong"."""
    reason, _, path = str(error).replace("`", "'").partition(" - at '$")
    field = path.strip("'.")
    return f"{field}: {reason}." if field else f"{reason}."
