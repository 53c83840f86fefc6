"""What can go wrong between here and a model, each with its code and what a person can do.

What an endpoint says of itself stands before our own sentence, on a line of its own: once,
shortened, and without the key, which it may hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from quart_chat.assistants.openai.body import Silence
from quart_chat.assistants.openai.decoding import decode_refusal
from quart_chat.assistants.openai.failures.complaints import find_status
from quart_chat.assistants.openai.failures.connecting import of_connecting
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.openai.failures.retry_after import advise, find_retry_after
from quart_chat.assistants.openai.failures.words import MAX_TEXT, find_words
from quart_chat.assistants.openai.unpacking import CannotUnpack
from quart_chat.plaintext import shorten
from quart_chat.texts import _

MAX_COMPLAINT = 300
"""Characters of an endpoint's own words that are quoted."""

_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size|limit)|maximum context|(prompt|input) is too long"
    r"|too many tokens|max_seq_len|exceeds? (?:the )?max(?:imum)? (?:context|length|tokens)"
    r"|maximum (number of|input) tokens|reduce the length of the",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(r'error_description="([^"]*)"', re.IGNORECASE)
"""What a refusal without a body says of a key (RFC 6750, 3)."""
MAX_ADDRESS = 200
"""Characters of an address that is told."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ENDS = re.compile(r"/(?:chat/completions|models|embeddings)/*\Z")
_CONTROLS = [chr(code) for code in range(32) if chr(code) not in "\t\n\v\f\r\x1b"]
_OWN_MEANING = frozenset({401, 403, 404, 429})
"""Statuses that say what is wrong, whatever the words are."""


class ErrorMapper:
    """Tells the failures of one endpoint.

    Args:
        host: Where it is, as people are told.
        secrets: What must not appear in anything that is told.
    """

    def __init__(self, host: str, *secrets: str) -> None:
        self.host = host
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def of_transport(self, error: Exception) -> ModelError:
        """There is no answer, or no more of it."""
        if (failure := of_connecting(error, self.host)) is not None:
            return failure
        if isinstance(error, TimeoutError | Silence):
            return ModelError(
                "model_silent",
                _(
                    "The model at {host} was silent for too long. Retry, or allow it more time with"
                    " QUART_CHAT_MODEL_TIMEOUT."
                ).format(host=self.host),
            )
        if isinstance(error, CannotUnpack):
            return ModelError(
                "answer_malformed",
                _(
                    "{host} has compressed its answer in a way that can't be unpacked, although no"
                    " compression was asked for. Turn compression off at that server or at the"
                    " proxy in front of it."
                ).format(host=self.host),
            )
        return self.cut_off()

    def cut_off(self, words: str = "") -> ModelError:
        return ModelError(
            "answer_cut_off",
            self._quote(words)
            + _("{host} closed the connection before the answer was complete. Retry.").format(
                host=self.host
            ),
            passing=True,
        )

    def of_status(
        self, status: int, headers: Mapping[str, str], body: bytes, model: str
    ) -> ModelError:
        """The endpoint has refused a request."""
        complaint = decode_refusal(body, headers.get("content-type", ""))
        retry_after = find_retry_after(headers, complaint)
        if status in _REDIRECTS and (address := headers.get("location")):
            return self._moved(status, address)
        words = "" if _is_binary(complaint) else find_words(complaint)
        if not words and (said := _CHALLENGE.search(headers.get("www-authenticate", ""))):
            words = said[1]
        return self._of_status(status, words, complaint, model, retry_after)

    def of_complaint(self, error: Any, model: str) -> ModelError:
        """An error came in the place of more text; what it says of its status counts."""
        words, status = find_words(error), find_status(error)
        complaint = str(error)[:MAX_TEXT]
        if status is not None:
            return self._of_status(status, words, complaint, model, None)
        if _TOO_LONG.search(complaint):
            return self._too_long(model, self._quote(words), complaint)
        return ModelError(
            "endpoint_error",
            self._quote(words) + _("{host} stopped with an error. Retry.").format(host=self.host),
            complaint=complaint,
        )

    def _of_status(
        self, status: int, words: str, complaint: str, model: str, retry_after: float | None
    ) -> ModelError:
        host = self.host
        quote = self._quote(words, status)
        if status not in _OWN_MEANING and (_TOO_LONG.search(complaint) or status == 413):
            return self._too_long(model, quote, complaint)
        match status:
            case 401:
                return ModelError(
                    "endpoint_unauthorized",
                    quote
                    + _(
                        "{host} does not accept the API key. Set OPENAI_API_KEY to one that is"
                        " valid there, and restart the server."
                    ).format(host=host),
                )
            case 403:
                return ModelError(
                    "endpoint_forbidden",
                    quote
                    + _(
                        "{host} does not let this API key use {model}. Choose another model, or use"
                        " another key."
                    ).format(host=host, model=model),
                )
            case 404:
                return ModelError(
                    "model_not_found",
                    quote
                    + _(
                        "{host} does not know {model}. Choose another model, or check OPENAI_MODEL"
                        " and whether OPENAI_BASE_URL should end with /v1."
                    ).format(host=host, model=model),
                    complaint=complaint,
                )
            case 429:
                return self._busy(retry_after, quote, complaint)
        if status >= 500 or status == 408:
            return self._failed(status, words, complaint, retry_after)
        return ModelError(
            "endpoint_rejected",
            self._quote(words)
            + _("{host} has rejected the request with status {status}.").format(
                host=host, status=status
            ),
            complaint=complaint,
        )

    def _moved(self, status: int, address: str) -> ModelError:
        """The endpoint sends on to another address, to which no key is taken unasked."""
        try:
            parts = urlsplit(self._mask(address))
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("", "http", "https"):
            parts = urlsplit("")
        host = parts.netloc.rpartition("@")[2]
        place = f"{parts.scheme}://{host}" if host else self.host
        path = _ENDS.sub("", parts.path)
        return ModelError(
            "endpoint_rejected",
            _(
                "{host} redirects to {address} with status {status}. If the API is there, set"
                " OPENAI_BASE_URL to that address, and restart the server."
            ).format(host=self.host, address=shorten(f"{place}{path}", MAX_ADDRESS), status=status),
        )

    def _failed(
        self, status: int, words: str, complaint: str, retry_after: float | None
    ) -> ModelError:
        problem = _("{host} has failed with status {status}.").format(host=self.host, status=status)
        text = _(
            "{host} has failed with status {status}. Retry; if that does not help, its log"
            " says why."
        ).format(host=self.host, status=status)
        return ModelError(
            "endpoint_failed",
            self._quote(words) + text + (f" {advise(retry_after)}" if retry_after else ""),
            problem=problem,
            complaint=complaint,
            passing=True,
            retry_after=retry_after,
        )

    def _too_long(self, model: str, quote: str, complaint: str) -> ModelError:
        return ModelError(
            "context_too_long",
            quote
            + _(
                "The chat is too long for {model}. Begin a new chat, shorten the prompt, or set"
                " QUART_CHAT_HISTORY_TOKENS lower."
            ).format(model=model),
            complaint=complaint,
        )

    def _busy(self, retry_after: float | None, quote: str, complaint: str) -> ModelError:
        problem = _("{host} takes no more requests for now.").format(host=self.host)
        text = _(
            "{host} takes no more requests for now, or the key's quota is used up. {advice}"
        ).format(host=self.host, advice=advise(retry_after))
        return ModelError(
            "endpoint_busy",
            quote + text,
            problem=problem,
            complaint=complaint,
            passing=True,
            retry_after=retry_after,
        )

    def malformed(self, words: str = "") -> ModelError:
        return ModelError(
            "answer_malformed",
            self._quote(words)
            + _(
                "What {host} sent is not the stream of a chat completion. Check OPENAI_BASE_URL,"
                " and whether the server there is OpenAI-compatible."
            ).format(host=self.host),
        )

    def no_content(self, status: int) -> ModelError:
        return ModelError(
            "answer_malformed",
            _(
                "{host} has sent an empty response with status {status}. Retry, or check"
                " OPENAI_BASE_URL and whether the server there is OpenAI-compatible."
            ).format(host=self.host, status=status),
            passing=status == HTTPStatus.OK,
        )

    def too_large(self) -> ModelError:
        return ModelError(
            "answer_too_large",
            _("The answer of {host} is too large. Retry, or choose another model.").format(
                host=self.host
            ),
        )

    def empty(
        self, model: str, words: str = "", *, thought: bool, calls_tool: bool = False
    ) -> ModelError:
        if calls_tool:
            text = _(
                "{model} wanted to call a tool, and gave no answer: it is offered none here. Ask in"
                " other words, or choose another model."
            )
            return ModelError("empty_answer", text.format(model=model))
        message = (
            _(
                "{model} only reasoned and gave no answer. Ask in other words, or choose another"
                " model."
            )
            if thought
            else _("{model} gave an empty answer. Ask in other words, or choose another model.")
        )
        return ModelError("empty_answer", self._quote(words) + message.format(model=model))

    def no_model(self) -> ModelError:
        return ModelError(
            "no_model",
            _("{host} offers no model. Load one there, or set OPENAI_MODEL.").format(
                host=self.host
            ),
        )

    def _quote(self, words: str, status: int | None = None) -> str:
        """A line of what the endpoint says; its status where our own sentence does not name it."""
        words = shorten(self._mask(words), MAX_COMPLAINT)
        if not words or _is_binary(words):
            return ""
        text = _("“{words}”") if status is None else _("“{words}” (status {status})")
        return text.format(words=words, status=status) + "\n"

    def _mask(self, words: str) -> str:
        for secret in self._secrets:
            words = words.replace(secret, "***")
        return words


def _is_binary(text: str) -> bool:
    unreadable = text.count("\ufffd") + sum(map(text.count, _CONTROLS))
    return unreadable > len(text) // 4
