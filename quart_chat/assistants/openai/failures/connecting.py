"""Why no connection to an endpoint is made, or none that speaks HTTP, and what a person can do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Generator

import aiohttp

from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.texts import _


def of_connecting(error: Exception, host: str) -> ModelError | None:
    """The failure that an error of connecting is; None for any other error."""
    if isinstance(error, aiohttp.InvalidURL):
        return _unknown(host)
    if isinstance(error, aiohttp.ConnectionTimeoutError | aiohttp.ClientHttpProxyError):
        return _unreachable(host)
    if isinstance(error, aiohttp.ClientResponseError):
        return ModelError(
            "answer_malformed",
            _(
                "What {host} sent is not HTTP that can be read. Check the port of OPENAI_BASE_URL,"
                " and whether a proxy stands in between."
            ).format(host=host),
            passing=True,  # what is left over of one response spoils the next
        )
    if not isinstance(error, aiohttp.ClientConnectorError):
        return None
    causes = list(find_causes(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or _broke_handshake(error):
        return _untrusted(host, causes)
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return _unreachable(host)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return _unknown(host)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return ModelError(
            "endpoint_refused",
            _(
                "No server listens at {host}. Start the model's server, or check OPENAI_BASE_URL."
            ).format(host=host),
            passing=True,
        )
    return _unreachable(host)


def _untrusted(host: str, causes: list[BaseException]) -> ModelError:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError) and hasattr(cause, "verify_message"):
            return ModelError(
                "endpoint_tls",
                _(
                    "The certificate of {host} is not trusted: {reason}. Name the file of its"
                    " authority with SSL_CERT_FILE and restart the server, or check"
                    " OPENAI_BASE_URL."
                ).format(host=host, reason=cause.verify_message.rstrip(".")),
            )
    return ModelError(
        "endpoint_tls",
        _(
            "No secure connection to {host} could be made. Check its certificate, and"
            " whether OPENAI_BASE_URL begins with http or https."
        ).format(host=host),
    )


def _unknown(host: str) -> ModelError:
    return ModelError(
        "endpoint_unknown",
        _("There is no host {host}. Check OPENAI_BASE_URL and the network.").format(host=host),
        passing=True,
    )


def _unreachable(host: str) -> ModelError:
    return ModelError(
        "endpoint_unreachable",
        _("{host} can't be reached. Check OPENAI_BASE_URL and the network.").format(host=host),
        passing=True,
    )


def _broke_handshake(error: aiohttp.ClientConnectorError) -> bool:
    """Whether a connection was broken in its handshake, as servers of plain HTTP do."""
    return (
        isinstance(error.ssl, ssl.SSLContext)
        and isinstance(error.os_error, ConnectionError)
        and not isinstance(error.os_error, ConnectionRefusedError)
    )


def find_causes(error: BaseException | None) -> Generator[BaseException]:
    """An error, what it was raised from, and so on; of several attempts, each one's."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for attempt in error.exceptions:
                yield from find_causes(attempt)
        error = error.__cause__ or error.__context__
