"""What the administrator has set in the environment, as the page of settings shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from quart_chat.config import variable
from quart_chat.texts import _, number

if TYPE_CHECKING:
    from quart_chat.config import Settings


@dataclass(frozen=True, slots=True)
class ServerSetting:
    """A setting, with its value for people; never a secret.

    Attributes:
        variable: The environment variable.
        is_set: Whether its value is another than the default.
    """

    label: str
    value: str
    variable: str
    is_set: bool


def model_settings(settings: Settings) -> list[ServerSetting]:
    """What is set of the model and its endpoint."""
    key = _("set, never shown") if settings.openai_api_key else _("not set")
    return _rows(
        settings,
        ("openai_base_url", _("Endpoint"), without_credentials(settings.model_url)),
        ("openai_api_key", _("API key"), key),
        ("openai_model", _("Default model"), settings.openai_model or _("the first in the list")),
        ("system_prompt", _("Instructions for all chats"), settings.system_prompt or _("none")),
        ("history_tokens", _("Chat history sent to the model"), _tokens(settings.history_tokens)),
        ("model_passages", _("Passages of documents"), _passages(settings)),
        ("model_titles", _("Titles of new chats"), _titles(settings)),
        ("model_timeout", _("Longest silence"), _seconds(settings.model_timeout)),
        ("model_retries", _("Further attempts"), number(settings.model_retries)),
    )


def limit_settings(settings: Settings) -> list[ServerSetting]:
    """What is set of the store and of what a user may do."""
    store = "PostgreSQL" if settings.database else _("a file on the server")
    longest = _("{count} characters").format(count=number(settings.max_prompt_chars))
    return _rows(
        settings,
        ("database", _("Chats are kept in"), store),
        ("max_prompt_chars", _("Longest message"), longest),
        ("max_running_rounds", _("Answers at the same time"), number(settings.max_running_rounds)),
        ("restore_seconds", _("Deleted chats can be restored for"), restorable_for(settings)),
        ("max_document_bytes", _("Largest document"), _megabytes(settings.max_document_bytes)),
        ("max_documents_bytes", _("All documents"), _megabytes(settings.max_documents_bytes)),
    )


def without_credentials(url: str) -> str:
    """An address without its user, its password and its query, which may hold a key."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _rows(settings: Settings, *rows: tuple[str, str, str]) -> list[ServerSetting]:
    defaults = type(settings)()
    return [
        ServerSetting(
            label, value, variable(name), getattr(settings, name) != getattr(defaults, name)
        )
        for name, label, value in rows
    ]


def _tokens(count: int) -> str:
    return _("at most {count} tokens").format(count=number(count))


def _titles(settings: Settings) -> str:
    return _("by the model") if settings.model_titles == "on" else _("the first question")


def _passages(settings: Settings) -> str:
    if not settings.model_passages:
        return _("none are given")
    count = number(settings.model_passages)
    if settings.model_search == "all":
        text = _("at most {count}; all your documents are searched unless you choose some")
        return text.format(count=count)
    return _("at most {count}, from chosen documents").format(count=count)


def _seconds(seconds: float) -> str:
    return _("{seconds} s").format(seconds=number(seconds, 0 if seconds == int(seconds) else 1))


def restorable_for(settings: Settings) -> str:
    """For how long deleted chats can be restored."""
    minutes = settings.restore_seconds / 60
    return _("{count} minutes").format(count=number(minutes, 0 if minutes == int(minutes) else 1))


def _megabytes(size: int) -> str:
    return f"{number(size / 1_000_000, 0 if size % 1_000_000 == 0 else 1)} MB"
