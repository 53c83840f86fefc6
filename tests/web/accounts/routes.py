"""Every route of the app with the ids of one user's things, as others would ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quart import Quart

from quart_chat.web.openapi.operation import find_operation

PUBLIC = {
    "assets.static_file",
    "install.manifest",
    "install.service_worker",
    "install.show_offline",
    "languages.switch_language",
    "links.show_link",
    "links.use_link",
    "metrics.metrics",
    "oidc.begin_sign_in",
    "oidc.finish_sign_in",
    "passkeys_api.accept_invite_with_passkey",
    "passkeys_api.begin_passkey_invite",
    "passkeys_api.begin_passkey_sign_in",
    "passkeys_api.sign_in_with_passkey",
    "probes.healthz",
    "probes.readyz",
    "sharing.shared_page",
    "sharing.shared_rounds",
    "sharing.shared_stream",
    "sign_in.begin_session",
    "sign_in.end_session",
    "sign_in.show_sign_in",
}
"""What everyone may ask for. A route that is to be public has to be added here on purpose."""

BODIES: dict[str, dict[str, Any]] = {
    "chatbot.start_stream": {"json": {"prompt": "Hello"}},
    "queue.add_to_queue": {"json": {"prompt": "Hello"}},
    "queue.edit_queued": {"json": {"prompt": "Hello"}},
    "workflows.change_workflow": {"json": {"title": "Mine now"}},
    "documents.change_document": {"json": {"name": "mine.txt"}},
    "preferences.save_preset": {"json": {"name": "Mine", "parameters": {"temperature": 0.5}}},
    "preferences.change_settings": {"json": {}},
    "all_workflows.restore_all_workflows": {"json": {"deletedAt": 1}},
    "pages.send_prompt": {"form": {"prompt": "Hello"}},
    "pages.rename_chat": {"form": {"title": "Mine now"}},
    "pages.instruct_model": {"form": {"system_prompt": "Mine now"}},
    "rounds.show_version": {"form": {"head": "1"}},
    "queue_pages.edit": {"form": {"prompt": "Hello"}},
    "chat_settings.change_chat": {"form": {}},
    "chat_settings.use_preset": {"form": {"preset": "0" * 32}},
    "library.rename_page": {"form": {"name": "mine.txt"}},
    "passkeys_api.add_passkey": {"json": {"challengeId": "0" * 32, "credential": {}}},
    "passkeys.rename_passkey": {"form": {"name": "Mine now"}},
    "users.invite_user": {"form": {"role": "admin"}},
    "users.change_role": {"form": {"role": "admin"}},
    "usage.change_limits": {"form": {"tokens_per_day": "1"}},
    "live.stop": {"form": {"round": "1"}},
}
"""What is sent where a body is needed to reach the object."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for a route; ``names`` are the ids in its path."""

    endpoint: str
    method: str
    path: str
    names: tuple[str, ...]
    is_operation: bool
    body: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.endpoint})"


def all_routes(app: Quart, places: dict[str, str]) -> Iterator[Ask]:
    """A request for each method of each route of the app.

    Raises:
        KeyError: A part of a path has no example yet: a new route has to be covered.
    """
    for rule in app.url_map.iter_rules():
        values = {name: _example(rule.endpoint, name, places) for name in rule.arguments}
        _host, path = rule.build(values) or ("", "")
        assert path, rule
        is_operation = find_operation(app.view_functions[rule.endpoint]) is not None
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            body = BODIES.get(rule.endpoint, {}) if method not in {"GET", "DELETE"} else {}
            names = tuple(sorted(rule.arguments))
            yield Ask(rule.endpoint, method, path, names, is_operation, body)


def _example(endpoint: str, name: str, places: dict[str, str]) -> Any:
    if (endpoint, name) == ("handbook.read_page", "place"):
        return "tutorial"
    value = places[name]
    return int(value) if name == "number" else value
