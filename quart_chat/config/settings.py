"""Every setting: its name, type, bounds, unit and default.

The table in README.md is held equal to this file by a test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from quart_chat.config.access import AuthModes, HeaderName, Networks, RoleLimits
from quart_chat.config.claims import Admission, ClaimRules, Issuer, Scopes
from quart_chat.config.values import Address, BrokerAddress, DatabaseAddress, RootPath, Secret
from quart_chat.events.settings import EventSettings

OPENAI_URL = "https://api.openai.com/v1"
"""Where an API key is for, if no other address is set."""

_EVENTS = EventSettings()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one application."""

    instance: Annotated[
        str,
        Meta(
            min_length=1,
            description="folder of the database and the documents, created at the start",
        ),
    ] = "instance"
    database: Annotated[
        DatabaseAddress,
        Meta(
            description="address of a PostgreSQL database that keeps chats and documents, such as"
            " `postgresql://user@localhost/chat`; without it, a file in the folder does"
        ),
    ] = DatabaseAddress("")
    host: Annotated[
        str, Meta(min_length=1, description="address that `quart-chat serve` listens on")
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Meta(ge=0, le=65_535, description="port that `quart-chat serve` listens on; 0 for any"),
    ] = 8000
    root_path: Annotated[
        RootPath,
        Meta(
            description="path below which a proxy serves the chat, such as `/chat`; none: at the"
            " root of its host"
        ),
    ] = RootPath("")
    workers: Annotated[
        int, Meta(ge=1, le=64, description="processes that `quart-chat serve` starts")
    ] = 1
    broker: Annotated[
        BrokerAddress,
        Meta(
            description="what carries events between processes on one folder: `bus`, a file there,"
            " or an address such as `redis://localhost:6379/0`; more than one worker takes the bus"
            " by itself"
        ),
    ] = BrokerAddress("")
    node_lease: Annotated[
        float,
        Meta(ge=0.1, description="seconds after which the work of a silent process is taken over"),
    ] = 8.0
    log_format: Annotated[
        Literal["text", "json"], Meta(description="`text` for people, `json` for programs")
    ] = "text"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="the lowest level that is logged; `info` adds a line per request"),
    ] = "warning"
    metrics_token: Annotated[
        Secret,
        Meta(
            description="the token with which Prometheus reads `/metrics`; without one, only this"
            " machine can, and not through a proxy"
        ),
    ] = Secret("")
    allowed_hosts: Annotated[
        str,
        Meta(
            description=(
                "host names that the server accepts beside its own address, separated by commas"
            )
        ),
    ] = "localhost,127.0.0.1,[::1]"
    auth: Annotated[
        AuthModes,
        Meta(
            description="who may use the chat: `none`, all users of this machine; `accounts`, users"
            " who sign in; `oidc`, users who sign in at a provider of OpenID Connect; `proxy`,"
            " users that a proxy names; or several, as in `accounts,oidc`"
        ),
    ] = AuthModes("none")
    auth_header: Annotated[
        HeaderName, Meta(description="header in which a proxy names the user")
    ] = HeaderName("Remote-User")
    auth_admins: Annotated[
        str,
        Meta(description="users of a proxy who are administrators, separated by commas"),
    ] = ""
    security_log_days: Annotated[
        int, Meta(ge=1, le=3650, description="days for which the security log is kept")
    ] = 180
    trusted_proxies: Annotated[
        Networks,
        Meta(
            description="addresses and networks of the proxies whose headers about users and"
            " clients are believed, separated by commas"
        ),
    ] = Networks("127.0.0.1,::1")
    oidc_issuer: Annotated[
        Issuer,
        Meta(
            description="address of the provider of OpenID Connect, such as"
            " `https://id.example.org/realms/team`"
        ),
    ] = Issuer("")
    oidc_client_id: Annotated[
        str, Meta(description="the name by which the provider knows this server")
    ] = ""
    oidc_client_secret: Annotated[
        Secret, Meta(description="the secret that belongs to it; none for a public client")
    ] = Secret("")
    oidc_scopes: Annotated[
        Scopes, Meta(description="what the provider is asked to tell, separated by spaces")
    ] = Scopes("openid profile email")
    oidc_users: Annotated[
        Admission,
        Meta(
            description="users of the provider who are let in: `all`, or claims of which one has to"
            " hold, such as `groups=chat,email=@example.org`"
        ),
    ] = Admission("")
    oidc_admins: Annotated[
        ClaimRules,
        Meta(
            description="users of the provider who are administrators, as claims; without any, the"
            " page Users decides"
        ),
    ] = ClaimRules("")
    oidc_label: Annotated[
        str,
        Meta(max_length=60, description="the provider's name on the sign-in page"),
    ] = ""
    user_limits: Annotated[
        RoleLimits,
        Meta(
            description="how much a user with an account may use, such as"
            " `prompts_per_minute=20 tokens_per_day=50000`"
        ),
    ] = RoleLimits("")
    admin_limits: Annotated[RoleLimits, Meta(description="the same for an administrator")] = (
        RoleLimits("")
    )
    openai_base_url: Annotated[
        Address,
        Meta(
            description="address of an OpenAI-compatible endpoint, such as"
            " `http://localhost:11434/v1`"
        ),
    ] = Address("")
    openai_api_key: Annotated[
        Secret,
        Meta(description="its API key; without an address, the key is for OpenAI's own endpoint"),
    ] = Secret("")
    openai_model: Annotated[
        str, Meta(description="the default model; without it, the first that the endpoint lists")
    ] = ""
    openai_embedding_model: Annotated[
        str,
        Meta(
            description="the model for embeddings; without it, the first listed whose name says so"
        ),
    ] = ""
    system_prompt: Annotated[
        str, Meta(description="instructions that the model gets before anything else")
    ] = ""
    history_tokens: Annotated[
        int, Meta(ge=0, description="tokens of a chat that the model is sent, estimated")
    ] = 8000
    model_timeout: Annotated[
        float, Meta(gt=0, description="seconds that the model may be silent")
    ] = 120.0
    model_retries: Annotated[
        int, Meta(ge=0, description="further attempts before any part of an answer has arrived")
    ] = 2
    model_passages: Annotated[
        int, Meta(ge=0, le=50, description="most passages of documents that the model is given")
    ] = 6
    model_search: Annotated[
        Literal["all", "named"],
        Meta(description="`all`: search all documents; `named`: only those chosen for a question"),
    ] = "all"
    model_titles: Annotated[
        Literal["on", "off"],
        Meta(
            description="`on`: the model gives new chats their titles; `off`: the first prompt does"
        ),
    ] = "on"
    model_traceparent: Annotated[
        Literal["on", "off"],
        Meta(
            description="`on`: the endpoint of the model is sent the ids of the trace"
            " (`traceparent`) where traces are collected; for an endpoint of your own"
        ),
    ] = "off"
    assistants: Annotated[
        str,
        Meta(
            description=(
                "further assistants to offer, each as `module:attribute`, separated by commas"
            )
        ),
    ] = ""
    max_prompt_chars: Annotated[int, Meta(ge=1, description="most characters in a prompt")] = 32_000
    max_body_bytes: Annotated[int, Meta(ge=1024, description="most bytes in a request's body")] = (
        512 * 1024
    )
    max_streams: Annotated[
        int, Meta(ge=1, description="streams that one user may have open at a time")
    ] = 100
    max_running_rounds: Annotated[
        int, Meta(ge=1, description="answers of one user that may be written at a time")
    ] = 20
    max_queued_prompts: Annotated[
        int, Meta(ge=0, description="questions that may wait in one chat for the answer before")
    ] = 20
    database_timeout: Annotated[
        float, Meta(gt=0, description="seconds that a request may wait for the database in total")
    ] = 10.0
    search_timeout: Annotated[
        float, Meta(gt=0, description="seconds that a search of chats may take")
    ] = 3.0
    restore_seconds: Annotated[
        float, Meta(ge=0, description="seconds for which a deleted chat can be restored")
    ] = 3600.0
    max_document_bytes: Annotated[int, Meta(ge=1, description="most bytes in a document")] = (
        25_000_000
    )
    max_documents_bytes: Annotated[
        int, Meta(ge=1, description="most bytes in all documents of one user")
    ] = 500_000_000
    max_import_bytes: Annotated[
        int, Meta(ge=1024, description="most bytes in a file of chats to import")
    ] = 100_000_000
    reading_memory: Annotated[
        int,
        Meta(ge=64 * 1024 * 1024, description="bytes of memory that reading a document may use"),
    ] = 512 * 1024 * 1024
    reading_seconds: Annotated[
        int, Meta(ge=1, description="seconds that reading a document may take")
    ] = 300
    shutdown_timeout: Annotated[
        float, Meta(gt=0, description="seconds from the signal to stop until the process exits")
    ] = 2.5
    events_max_events: Annotated[int, Meta(ge=1, description="latest events kept per context")] = (
        _EVENTS.bounds.max_events
    )
    events_max_bytes: Annotated[
        int, Meta(ge=1024, description="bytes of the latest events kept per context")
    ] = _EVENTS.bounds.max_bytes
    events_pacing: Annotated[
        float, Meta(ge=0, description="seconds between two writes to a reader of a busy context")
    ] = _EVENTS.bounds.pacing
    events_keepalive: Annotated[
        float, Meta(gt=0, le=30, description="seconds without a write before a keep-alive comment")
    ] = _EVENTS.keepalive
    events_retention: Annotated[
        float, Meta(ge=0, description="seconds that an ended context is kept without a reader")
    ] = _EVENTS.retention
    events_idle: Annotated[
        float, Meta(ge=0, description="seconds that any other context is kept without a reader")
    ] = _EVENTS.idle
    events_max_contexts: Annotated[int, Meta(ge=1, description="contexts held at a time")] = (
        _EVENTS.max_contexts
    )

    @property
    def for_events(self) -> dict[str, float]:
        """The settings of the events extension, under its own names."""
        return {
            name.upper(): getattr(self, name)
            for name in self.__struct_fields__
            if name.startswith("events_")
        }

    @property
    def admins(self) -> frozenset[str]:
        """The names that a proxy has for administrators."""
        return frozenset(name.strip() for name in self.auth_admins.split(",") if name.strip())

    @property
    def shares(self) -> bool:
        """Whether other processes may serve the same folder."""
        return bool(self.broker) or self.workers > 1

    @property
    def bus_path(self) -> Path:
        """The folder of the bus."""
        return self.instance_path / "bus"

    @property
    def model_url(self) -> str:
        """Where models are asked; empty where there is no endpoint."""
        return self.openai_base_url or (OPENAI_URL if self.openai_api_key else "")

    @property
    def named_assistants(self) -> tuple[str, ...]:
        """Where further assistants are, each as ``module:attribute``."""
        return tuple(place.strip() for place in self.assistants.split(",") if place.strip())

    @property
    def instance_path(self) -> Path:
        return Path(self.instance).absolute()

    @property
    def database_path(self) -> Path:
        return self.instance_path / "chat.sqlite"

    @property
    def store(self) -> str:
        """The address of the store; it may hold a password."""
        return self.database.reveal() or f"sqlite:{self.database_path}"

    @property
    def documents_path(self) -> Path:
        return self.instance_path / "documents"

    @property
    def hosts(self) -> frozenset[str]:
        """Host names without ports, in lower case."""
        names = (name.strip().lower() for name in (*self.allowed_hosts.split(","), self.host))
        return frozenset(
            f"[{name}]" if name.count(":") > 1 and name[0] != "[" else name
            for name in names
            if name
        )
