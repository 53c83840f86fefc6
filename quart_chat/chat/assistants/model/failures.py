"""What can go wrong between here and a model, each with its code and what a person can do.

What an endpoint says of itself is quoted only where it helps, and never as it came: it may hold
the key, or a traceback.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Generator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import msgspec

from quart_chat.chat.assistants.base import AssistantError
from quart_chat.chat.text import one_line
from quart_chat.texts import _, ngettext, number

MAX_COMPLAINT = 200
"""Characters of an endpoint's own words that are quoted."""
MAX_DIGITS = 12
"""Of the seconds that an endpoint asks to wait; more of them are no time that anybody waits."""

_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size)|maximum context|prompt is too long|too many tokens",
    re.IGNORECASE,
)


class ModelError(AssistantError):
    """A failure of an endpoint.

    Attributes:
        passing: Whether the same request may succeed in a moment.
        retry_after: Seconds that the endpoint asks to wait.
    """

    def __init__(
        self, code: str, message: str, *, passing: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(code, message)
        self.passing = passing
        self.retry_after = retry_after


class Failures:
    """Tells the failures of one endpoint.

    Args:
        host: Where it is, as people are told.
        key: The key that must not appear in anything that is told.
    """

    def __init__(self, host: str, key: str) -> None:
        self.host = host
        self._key = key

    def of_transport(self, error: httpx2.HTTPError) -> ModelError:
        """There is no answer, or no more of it."""
        match error:
            case httpx2.ConnectError() | httpx2.ConnectTimeout():
                return self._of_connecting(error)
            case httpx2.ReadTimeout():
                return ModelError(
                    "model_silent",
                    _(
                        "The model at {host} has said nothing for too long. Retry, or allow it more"
                        " time with QUART_CHAT_MODEL_TIMEOUT."
                    ).format(host=self.host),
                )
        return self.cut_off()

    def cut_off(self) -> ModelError:
        return ModelError(
            "answer_cut_off",
            _("{host} broke the connection before the answer was complete. Retry.").format(
                host=self.host
            ),
            passing=True,
        )

    def _of_connecting(self, error: httpx2.HTTPError) -> ModelError:
        host = self.host
        # A timeout in a handshake has an SSLError among its causes too.
        causes = [] if isinstance(error, httpx2.ConnectTimeout) else list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return ModelError(
                    "endpoint_tls",
                    _(
                        "The certificate of {host} is not trusted: {reason}. Name the file of its"
                        " authority with SSL_CERT_FILE and restart the server, or check"
                        " OPENAI_BASE_URL."
                    ).format(host=host, reason=cause.verify_message.rstrip(".")),
                )
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return ModelError(
                "endpoint_tls",
                _(
                    "No secure connection to {host} could be made. Check its certificate, and"
                    " whether OPENAI_BASE_URL begins with http or https."
                ).format(host=host),
            )
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return ModelError(
                "endpoint_unknown",
                _("There is no host {host}. Check OPENAI_BASE_URL and the network.").format(
                    host=host
                ),
                passing=True,
            )
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return ModelError(
                "endpoint_refused",
                _(
                    "Nothing listens at {host}. Start the model's server, or check OPENAI_BASE_URL."
                ).format(host=host),
                passing=True,
            )
        return ModelError(
            "endpoint_unreachable",
            _("{host} can't be reached. Check OPENAI_BASE_URL and the network.").format(host=host),
            passing=True,
        )

    def of_status(
        self, status: int, headers: Mapping[str, str], body: bytes, model: str
    ) -> ModelError:
        """The endpoint has refused a request."""
        host = self.host
        if _TOO_LONG.search(body.decode("utf-8", "replace")):
            return self._too_long(model)
        match status:
            case 401:
                return ModelError(
                    "endpoint_unauthorized",
                    _(
                        "{host} does not accept the API key. Set OPENAI_API_KEY to one that is"
                        " valid there, and restart the server."
                    ).format(host=host),
                )
            case 403:
                return ModelError(
                    "endpoint_forbidden",
                    _(
                        "{host} does not let this API key use {model}. Choose another model, or use"
                        " another key."
                    ).format(host=host, model=model),
                )
            case 404:
                return ModelError(
                    "model_not_found",
                    _(
                        "{host} does not know {model}. Choose another model, or check OPENAI_MODEL"
                        " and whether OPENAI_BASE_URL should end with /v1."
                    ).format(host=host, model=model),
                )
            case 413:
                return self._too_long(model)
            case 429:
                return self._busy(parse_retry_after(headers.get("retry-after", "")))
        if status >= 500:
            return ModelError(
                "endpoint_failed",
                _(
                    "{host} has failed with status {status}. Retry; if that does not help, its log"
                    " says why."
                ).format(host=host, status=status),
                passing=True,
            )
        return ModelError(
            "endpoint_rejected",
            _("{host} has rejected the request with status {status}.").format(
                host=host, status=status
            )
            + self._quote(_complaint(body)),
        )

    def _too_long(self, model: str) -> ModelError:
        return ModelError(
            "context_too_long",
            _(
                "The chat is too long for {model}. Begin a new chat, shorten the prompt, or set"
                " QUART_CHAT_HISTORY_TOKENS lower."
            ).format(model=model),
        )

    def _busy(self, retry_after: float | None) -> ModelError:
        return ModelError(
            "endpoint_busy",
            _(
                "{host} takes no more requests for now, or the key's quota is used up. {advice}"
            ).format(host=self.host, advice=_try_again(retry_after)),
            passing=True,
            retry_after=retry_after,
        )

    def of_complaint(self, error: object, model: str) -> ModelError:
        """An error object came in the place of more text."""
        if _TOO_LONG.search(str(error)):
            return self._too_long(model)
        return ModelError(
            "endpoint_error",
            _("{host} broke off with an error. Retry.").format(host=self.host)
            + self._quote(_words(error)),
        )

    def malformed(self) -> ModelError:
        return ModelError(
            "answer_malformed",
            _(
                "What {host} sent is not the stream of a chat completion. Check OPENAI_BASE_URL,"
                " and whether the server there is OpenAI-compatible."
            ).format(host=self.host),
        )

    def too_large(self) -> ModelError:
        return ModelError(
            "answer_too_large",
            _("The answer of {host} had no end. Retry, or choose another model.").format(
                host=self.host
            ),
        )

    def empty(self, model: str, *, thought: bool) -> ModelError:
        message = (
            _(
                "{model} only reasoned and gave no answer. Ask in other words, or choose another"
                " model."
            )
            if thought
            else _("{model} gave an empty answer. Ask in other words, or choose another model.")
        )
        return ModelError("empty_answer", message.format(model=model))

    def no_model(self) -> ModelError:
        return ModelError(
            "no_model",
            _("{host} offers no model. Load one there, or set OPENAI_MODEL.").format(
                host=self.host
            ),
        )

    def _quote(self, complaint: str) -> str:
        if not complaint or "Traceback" in complaint:
            return ""
        if self._key:
            complaint = complaint.replace(self._key, "***")
        if len(complaint) > MAX_COMPLAINT:
            complaint = complaint[: MAX_COMPLAINT - 1] + "…"
        return " " + _("It says: {words}").format(words=complaint)


def parse_retry_after(value: str) -> float | None:
    """Seconds from now, of a number of seconds or a date (RFC 9110, 10.2.3)."""
    if value.isascii() and value.isdigit():
        return float(value[:MAX_DIGITS])
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date without a zone is in UTC.
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - time.time())


def _try_again(seconds: float | None) -> str:
    if seconds is None:
        return _("Try again in a while.")
    if seconds < 120:
        count = round(seconds)
        text = ngettext("Try again in {count} second.", "Try again in {count} seconds.", count)
    else:
        count = round(seconds / 60)
        text = ngettext("Try again in {count} minute.", "Try again in {count} minutes.", count)
    return text.format(count=number(count))


def _causes(error: BaseException | None) -> Generator[BaseException]:
    """An error, what it was raised from, and so on; of several attempts, each one's."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for attempt in error.exceptions:
                yield from _causes(attempt)
        error = error.__cause__ or error.__context__


def _complaint(body: bytes) -> str:
    """What the body of a refusal says."""
    try:
        return _words(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # A page for people, of a proxy for example; its markup is of no use here.
        return ""


def _words(error: Any) -> str:
    """What an error object says: its shape differs from server to server."""
    match error:
        case str():
            return one_line(error)
        case {"error": inner}:
            return _words(inner)
        case {"message": str(message)} | {"detail": str(message)}:
            return one_line(message)
    return ""
