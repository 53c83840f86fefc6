"""What the variables of the collector hold is not shown."""

from __future__ import annotations

import logging

import pytest

from quart_chat.telemetry.environment import find_secrets, show_endpoint
from quart_chat.telemetry.exporting import make_exporter
from quart_chat.web.monitoring.logs import Redactor

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (HEADERS, "X-Token: pa55word"),
        (HEADERS, "x-token=pa55word"),
        (HEADERS, "a=b, pa55word"),
        (ENDPOINT, "http://host/ingest/pa55word"),
        (ENDPOINT, "http://host/pa55word/v1/traces"),
        (ENDPOINT, "http://host/?name=pa55word"),
        (ENDPOINT, "user:pa55word@127.0.0.1:4318"),
        (ENDPOINT, "https://pa55word@host"),
        (ENDPOINT, "https://user:pa55word@[host"),
    ],
)
def test_what_is_secret_is_found(variable: str, value: str) -> None:
    redactor = Redactor(find_secrets({variable: value}))
    for text in (value, f"{value}/v1/traces", value.replace("http://host", "")):
        assert "pa55word" not in redactor.hide(text)


def test_the_usual_path_is_no_secret() -> None:
    assert find_secrets({ENDPOINT: "http://host:4318/v1/traces"}) == set()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://ada:geheim@host:4318/path", "host:4318"),
        ("ada:geheim@host:4318", "host:4318"),
        ("host:4318", "host:4318"),
        ("", "its usual address"),
        ("http://[geheim:4318", "an address that can't be read"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(value: str, shown: str) -> None:
    assert show_endpoint({ENDPOINT: value}) == shown


def test_a_header_that_is_not_valid_is_not_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(HEADERS, "X-Token: pa55word")
    with caplog.at_level(logging.WARNING):
        make_exporter("otlp_proto_http").shutdown()
    assert "Header format invalid" in caplog.text
    assert "pa55word" not in caplog.text
