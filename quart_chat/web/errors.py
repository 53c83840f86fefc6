"""Errors as answers: JSON for the API, a page for people."""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING

from quart import Response, has_request_context, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from quart_chat.availability.database import TOO_MANY_FILES
from quart_chat.errors import ChatError, Unavailable
from quart_chat.events import BrokerUnavailable
from quart_chat.texts import N_, _

if TYPE_CHECKING:
    from quart import Quart

# Sentences for what is refused before a handler runs, by status.
SENTENCES = {
    400: ("bad_request", N_("The request can't be understood.")),
    404: ("not_found", N_("There is nothing at this address.")),
    405: ("method_not_allowed", N_("Method not allowed; see the Allow header.")),
    408: ("request_timeout", N_("The request took too long to arrive.")),
    413: ("body_too_large", N_("The request's body is too large.")),
    500: ("internal", N_("Something went wrong on the server. It has been logged.")),
}


def init_app(app: Quart) -> None:
    """Answer every error of ``app`` in one of two shapes."""
    logging.getLogger(app.name).addFilter(is_unexpected)

    @app.errorhandler(ChatError)
    async def answer_chat_error(error: ChatError) -> Response:
        response = _with_retry(await answer(error.status, error.code, error.message), error)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    @app.errorhandler(OSError)
    async def answer_os_error(error: OSError) -> Response:
        if error.errno not in {errno.EMFILE, errno.ENFILE}:
            raise error
        return await answer_chat_error(Unavailable(_(TOO_MANY_FILES.sentence)))

    @app.errorhandler(HTTPException)
    async def answer_http_exception(error: HTTPException) -> Response:
        status = error.code or 500
        code, message = SENTENCES.get(status, (f"http_{status}", f"{error.name}."))
        response = await answer(status, code, _(message))
        if isinstance(error, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(error.valid_methods or ())
        return response


def refused_page(page: str, error: ChatError) -> Response:
    """A page that says itself why something was refused, as the answer to it."""
    return _with_retry(Response(page, error.status, mimetype="text/html"), error)


def _with_retry(response: Response, error: ChatError) -> Response:
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def is_unexpected(record: logging.LogRecord) -> bool:
    """Whether a record is worth a line of the log.

    A start that fails for a reason people can mend is shown to the administrator, in a
    sentence that a traceback would only hide.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], (ChatError, BrokerUnavailable)))


async def answer(status: int, code: str, message: str) -> Response:
    """The error in the shape that the client reads; one that asks for a WebSocket is no person."""
    if not has_request_context() or _is_for_program(status):
        response = jsonify({"error": {"code": code, "message": message}})
    else:
        page = await render_template("error.html", status=status, code=code, message=message)
        response = Response(page, mimetype="text/html")
    response.status_code = status
    return response


def _is_for_program(status: int) -> bool:
    """Whether a program reads the error, or the script of a page that is no longer signed in."""
    if request.path.startswith("/api/"):
        return True
    return status == 401 and request.headers.get("Sec-Fetch-Dest") == "empty"
