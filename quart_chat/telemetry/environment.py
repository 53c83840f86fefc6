"""What the standard variables of OpenTelemetry say, without its packages."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

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
    endpoint = find_endpoint(environ)
    return urlsplit(endpoint).netloc.rpartition("@")[2] or endpoint or "its usual address"


def find_secrets(environ: Mapping[str, str]) -> set[str]:
    """What no line may show: the password and the headers that the collector is sent."""
    password = urlsplit(find_endpoint(environ)).password or ""
    pairs = [pair for name in _names("HEADERS") for pair in environ.get(name, "").split(",")]
    values = {pair.partition("=")[2].strip() for pair in pairs} | {password}
    return {form for value in values if value for form in (value, unquote(value))}


def _of_traces(environ: Mapping[str, str], name: str) -> str:
    return next((found for each in _names(name) if (found := environ.get(each, "").strip())), "")


def _names(name: str) -> tuple[str, str]:
    """The variables of a setting of OTLP: that of traces goes before that of all signals."""
    return f"OTEL_EXPORTER_OTLP_TRACES_{name}", f"OTEL_EXPORTER_OTLP_{name}"
