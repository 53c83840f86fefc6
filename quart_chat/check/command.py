"""The command ``quart-chat check``."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from quart_chat.assistants import InvalidAssistant
from quart_chat.assistants.registry import collect_assistants
from quart_chat.check.broker import check_broker, check_nodes
from quart_chat.check.collector import check_collector
from quart_chat.check.findings import Finding, hide
from quart_chat.check.installation import (
    check_clock,
    check_disk,
    check_folder,
    check_server,
    check_store,
)
from quart_chat.config import ConfigError, Settings, load_settings
from quart_chat.storage.inspection import Inspection
from quart_chat.telemetry.environment import find_secrets


def run_check(config: Mapping[str, Any]) -> int:
    """Print a line for each part, and return 1 if one of them has a fault."""
    try:
        settings = load_settings(config, os.environ)
    except ConfigError as error:
        return _report([Finding("settings", str(error), "Correct the setting, or remove it.")], ())
    logging.disable()  # what would be logged is in the findings
    try:
        return _report(_check(settings), _secrets(settings))
    finally:
        logging.disable(logging.NOTSET)


def _report(findings: Iterable[Finding], secrets: tuple[str, ...]) -> int:
    code = 0
    for finding in findings:
        print(hide(str(finding), secrets), flush=True)  # noqa: T201 - a command prints
        code |= finding.is_fault
    return code


def _check(settings: Settings) -> Iterator[Finding]:
    yield _check_assistants(settings)
    yield from check_folder(settings)
    yield check_disk(settings)
    yield check_server(settings)
    finding, found = check_store(settings)
    yield finding
    if found is not None:
        yield check_clock(found)
    if settings.auth.oidc:
        from quart_chat.check.provider import check_provider

        yield check_provider(settings)
    finding, epoch = check_broker(settings)
    yield finding
    if found is not None:
        yield _check_nodes(settings, found, epoch)
    yield check_collector()


def _check_assistants(settings: Settings) -> Finding:
    sys.path.append(str(Path.cwd()))
    try:
        collect_assistants((), settings.named_assistants)
    except InvalidAssistant as error:
        return Finding("settings", str(error), "Correct QUART_CHAT_ASSISTANTS.")
    return Finding("settings", "All settings can be used.")


def _check_nodes(settings: Settings, found: Inspection, epoch: str) -> Finding:
    """Where a log has just got another epoch, the nodes say so with their next beat."""
    deadline = time.monotonic() + settings.node_lease
    while True:
        finding = check_nodes(settings, found, epoch)
        if not finding.is_fault or time.monotonic() > deadline:
            return finding
        time.sleep(settings.node_lease / 8)
        found = check_store(settings)[1] or found


def _secrets(settings: Settings) -> tuple[str, ...]:
    """What no line may show, longest first."""
    addresses = (settings.broker, settings.database.reveal(), settings.openai_base_url)
    passwords = [urlsplit(address).password or "" for address in addresses]
    keys = (settings.openai_api_key.reveal(), settings.oidc_client_secret.reveal())
    found = {*keys, *passwords, *map(unquote, passwords), *find_secrets(os.environ)}
    return tuple(sorted(found, key=len, reverse=True))
