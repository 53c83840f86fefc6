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

MAX_COMPLAINT = 200
"""Characters of an endpoint's own words that are quoted."""

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
                    f"The model at {self.host} has said nothing for too long. Retry, or allow it"
                    " more time with QUART_CHAT_MODEL_TIMEOUT.",
                )
        return self.cut_off()

    def cut_off(self) -> ModelError:
        return ModelError(
            "answer_cut_off",
            f"{self.host} broke the connection before the answer was complete. Retry.",
            passing=True,
        )

    def _of_connecting(self, error: httpx2.HTTPError) -> ModelError:
        host = self.host
        # A timeout in a handshake has an SSLError among its causes too.
        causes = [] if isinstance(error, httpx2.ConnectTimeout) else list(_causes(error))
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return ModelError(
                "endpoint_tls",
                f"No secure connection to {host} could be made. Check its certificate, and whether"
                " OPENAI_BASE_URL begins with http or https.",
            )
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return ModelError(
                "endpoint_unknown",
                f"There is no host {host}. Check OPENAI_BASE_URL and the network.",
                passing=True,
            )
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return ModelError(
                "endpoint_refused",
                f"Nothing listens at {host}. Start the model's server, or check OPENAI_BASE_URL.",
                passing=True,
            )
        return ModelError(
            "endpoint_unreachable",
            f"{host} can't be reached. Check OPENAI_BASE_URL and the network.",
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
                    f"{host} does not accept the API key. Set OPENAI_API_KEY to one that is valid"
                    " there, and restart the server.",
                )
            case 403:
                return ModelError(
                    "endpoint_forbidden",
                    f"{host} does not let this API key use {model}. Choose another model, or use"
                    " another key.",
                )
            case 404:
                return ModelError(
                    "model_not_found",
                    f"{host} does not know {model}. Choose another model, or check OPENAI_MODEL"
                    " and whether OPENAI_BASE_URL should end with /v1.",
                )
            case 413:
                return self._too_long(model)
            case 429:
                return self._busy(parse_retry_after(headers.get("retry-after", "")))
        if status >= 500:
            return ModelError(
                "endpoint_failed",
                f"{host} has failed with status {status}. Retry; if that does not help, its log"
                " says why.",
                passing=True,
            )
        return ModelError(
            "endpoint_rejected",
            f"{host} has rejected the request with status {status}.{self._quote(_complaint(body))}",
        )

    def _too_long(self, model: str) -> ModelError:
        return ModelError(
            "context_too_long",
            f"The chat is too long for {model}. Begin a new chat, shorten the prompt, or set"
            " QUART_CHAT_HISTORY_TOKENS lower.",
        )

    def _busy(self, retry_after: float | None) -> ModelError:
        when = "in a while" if retry_after is None else f"in {_duration(retry_after)}"
        return ModelError(
            "endpoint_busy",
            f"{self.host} takes no more requests for now, or the key's quota is used up."
            f" Try again {when}.",
            passing=True,
            retry_after=retry_after,
        )

    def of_complaint(self, error: object, model: str) -> ModelError:
        """An error object came in the place of more text."""
        if _TOO_LONG.search(str(error)):
            return self._too_long(model)
        return ModelError(
            "endpoint_error",
            f"{self.host} broke off with an error. Retry.{self._quote(_words(error))}",
        )

    def malformed(self) -> ModelError:
        return ModelError(
            "answer_malformed",
            f"What {self.host} sent is not the stream of a chat completion. Check"
            " OPENAI_BASE_URL, and whether the server there is OpenAI-compatible.",
        )

    def too_large(self) -> ModelError:
        return ModelError(
            "answer_too_large",
            f"The answer of {self.host} had no end. Retry, or choose another model.",
        )

    def empty(self, model: str, *, thought: bool) -> ModelError:
        how = "only reasoned and gave no answer" if thought else "gave an empty answer"
        return ModelError(
            "empty_answer", f"{model} {how}. Ask in other words, or choose another model."
        )

    def no_model(self) -> ModelError:
        return ModelError(
            "no_model", f"{self.host} offers no model. Load one there, or set OPENAI_MODEL."
        )

    def _quote(self, complaint: str) -> str:
        if not complaint or "Traceback" in complaint:
            return ""
        if self._key:
            complaint = complaint.replace(self._key, "***")
        if len(complaint) > MAX_COMPLAINT:
            complaint = complaint[: MAX_COMPLAINT - 1] + "…"
        return f" It says: {complaint}"


def parse_retry_after(value: str) -> float | None:
    """Seconds from now, of a number of seconds or a date (RFC 9110, 10.2.3)."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date without a zone is in UTC.
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - time.time())


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


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
    except (msgspec.DecodeError, UnicodeDecodeError):
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
