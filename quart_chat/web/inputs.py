"""What a request carries, read strictly where a person typed it and leniently where it resumes.

A body or a query parameter that is wrong is an error with a sentence that says what is wanted. A
number is written in ASCII digits alone, without a zero in front: what a library would take beside
that, such as ``1e3`` or ``1_000``, is a mistake more often than meant. A ``Last-Event-ID`` is
written by a browser that can't mend it: one that means nothing here, such as one of another
server, is read as an unknown position and answered with the full state.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect
from msgspec.structs import fields
from quart import request
from werkzeug.exceptions import RequestEntityTooLarge

from quart_chat.errors import (
    BodyTooLarge,
    InvalidInput,
    InvalidJSON,
    InvalidParameter,
    WrongMediaType,
)
from quart_chat.texts import _
from quart_chat.web.schemas.requests import MAX_SEQ

_NUMBER = re.compile(r"0|[1-9][0-9]*")

_PAGE_CURSOR = re.compile(r"(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})")

_MAX_DIGITS = 16
"""Digits of the largest seq."""

T = TypeVar("T", bound=msgspec.Struct)


async def json_body(model: Any) -> Any:
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
    """Convert the query string, of which each parameter that is known may come once.

    Raises:
        InvalidParameter: It can't be read: a number is none, or a parameter comes twice.
        InvalidInput: A value is out of range.
    """
    given = {
        name: _parameter(name, request.args.getlist(name), is_number=is_number)
        for name, is_number in _fields(model).items()
        if name in request.args
    }
    try:
        return msgspec.convert(given, model)
    except msgspec.ValidationError as error:
        raise InvalidInput(_sentence(error)) from error


def _parameter(name: str, values: list[str], *, is_number: bool) -> str | int:
    if len(values) > 1:
        raise InvalidParameter(_("{name}: send it once.").format(name=name))
    if not is_number:
        return values[0]
    if _NUMBER.fullmatch(values[0]) is None:
        raise InvalidParameter(
            _("{name}: expected a whole number, in the digits 0 to 9.").format(name=name)
        )
    # One digit more than fits is out of range, however many follow.
    return int(values[0][: _MAX_DIGITS + 1])


@cache
def _fields(model: type[msgspec.Struct]) -> dict[str, bool]:
    """The parameters of a query string, and whether each is a number."""
    return {field.encode_name: _is_number(inspect.type_info(field.type)) for field in fields(model)}


def _is_number(described: Any) -> bool:
    match described:
        case inspect.IntType():
            return True
        case inspect.Metadata(type=inner):
            return _is_number(inner)
        case inspect.UnionType(types=types):
            return any(map(_is_number, types))
    return False


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
    if _NUMBER.fullmatch(text) is None or len(text) > _MAX_DIGITS or int(text) > MAX_SEQ:
        return None
    return int(text)


def check_page_cursor(text: str) -> None:
    """Refuse what can't be the id of an event of a page's stream.

    Raises:
        InvalidParameter: It is none.
    """
    if _PAGE_CURSOR.fullmatch(text) is None:
        raise InvalidParameter(_("since: expected the id of an event of this stream, as in 17-12."))


def _sentence(error: msgspec.ValidationError) -> str:
    """Turn msgspec's message into "field: what is wrong"."""
    reason, _, path = str(error).replace("`", "'").partition(" - at '$")
    field = path.strip("'.")
    return f"{field}: {reason}." if field else f"{reason}."
