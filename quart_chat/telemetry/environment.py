"""What the standard variables of OpenTelemetry say, without its packages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

EXTRA = "pip install 'quart-chat[telemetry]'"

_PROTOCOLS = {
    "http/protobuf": "otlp_proto_http",
    "http/json": "otlp_json_http",
    "grpc": "otlp_proto_grpc",
}
"""The names under which the exporters of OTLP are installed, by the protocol that is set."""


def find_exporters(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the exporters of traces that are set; none where nothing is to be traced.

    By the specification OTLP to this machine is the default. Here nothing is: a server that sends
    something somewhere only because a package is installed would surprise its operator.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return ()
    named = [name.strip() for name in environ.get("OTEL_TRACES_EXPORTER", "").split(",")]
    wanted = [name for name in named if name] or (["otlp"] if find_endpoint(environ) else [])
    if "none" in wanted:
        return ()
    return tuple(_otlp(environ) if name == "otlp" else name for name in wanted)


def _otlp(environ: Mapping[str, str]) -> str:
    protocol = _of_traces(environ, "PROTOCOL") or "http/protobuf"
    return _PROTOCOLS.get(protocol, protocol)


def find_endpoint(environ: Mapping[str, str]) -> str:
    """The address of the collector; empty where none is set."""
    return _of_traces(environ, "ENDPOINT")


def show_endpoint(environ: Mapping[str, str]) -> str:
    """The host and port of the collector, without what may be secret in its address."""
    parts = _split(find_endpoint(environ))
    if parts is None:
        return "an address that can't be read"
    return parts.netloc.rpartition("@")[2] or "its usual address"


def find_secrets(environ: Mapping[str, str]) -> set[str]:
    """What no line may show: the headers that the collector is sent, and most of its address.

    A token may be anywhere in the address but in its host, and a header may be written wrongly.
    """
    values = _secret_parts(find_endpoint(environ))
    for name in _names("HEADERS"):
        for pair in environ.get(name, "").split(","):
            values |= {pair.strip(), re.split("[=:]", pair, maxsplit=1)[-1].strip()}
    return {form for value in values if value for form in (value, unquote(value))}


def _secret_parts(endpoint: str) -> set[str]:
    parts = _split(endpoint)
    if parts is None:
        return {endpoint}
    path = parts.path.rstrip("/").removesuffix("/v1/traces")
    return {parts.username or "", parts.password or "", path, parts.query}


def _split(endpoint: str) -> SplitResult | None:
    """An address in its parts, also one without a scheme; None if it can't be read."""
    try:
        return urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    except ValueError:
        return None


def _of_traces(environ: Mapping[str, str], name: str) -> str:
    return next((found for each in _names(name) if (found := environ.get(each, "").strip())), "")


def _names(name: str) -> tuple[str, str]:
    """The variables of a setting of OTLP: that of traces goes before that of all signals."""
    return f"OTEL_EXPORTER_OTLP_TRACES_{name}", f"OTEL_EXPORTER_OTLP_{name}"
