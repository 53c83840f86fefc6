"""The application factory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from quart import Quart

from quart_chat.assistants.protocol import Assistant
from quart_chat.assistants.registry import collect_assistants
from quart_chat.chat.emitted import DELTAS, ENVELOPED
from quart_chat.config import ConfigError, Settings, load_settings, variable
from quart_chat.events import Broker
from quart_chat.events.quart import Events
from quart_chat.resources import program_version, resource_path
from quart_chat.web import commands, converters, errors, paths, security, templates
from quart_chat.web.api import assistants as assistants_api
from quart_chat.web.api import (
    chatbot,
    documents,
    live,
    preferences,
    queue,
    streams,
    transfer,
    uploads,
    workflows,
)
from quart_chat.web.auth import arrival
from quart_chat.web.auth.identity import find_identity
from quart_chat.web.json import OrjsonProvider
from quart_chat.web.monitoring import metrics, probes, request_ids, tracing
from quart_chat.web.openapi import routes as openapi
from quart_chat.web.pages import administration, doctor, handbook, install
from quart_chat.web.pages.chat import headings, pages, questions, rounds, sharing
from quart_chat.web.pages.chat import queue as queue_pages
from quart_chat.web.pages.documents import library
from quart_chat.web.pages.settings import appearance, languages
from quart_chat.web.pages.settings import chat as chat_settings
from quart_chat.web.pages.settings import page as settings_page
from quart_chat.web.serving import lifespan
from quart_chat.web.static import assets


def create_app(
    config: Mapping[str, Any] | None = None, *, assistants: Iterable[Assistant] = ()
) -> Quart:
    """Create the application.

    Args:
        config: Settings under the names of their environment variables, and Quart's own.
        assistants: Assistants to offer beside the Librarian and the model of an endpoint.

    Raises:
        ConfigError: A setting can't be used.
        InvalidAssistant: An assistant can't be offered.
    """
    settings = load_settings(config or {}, os.environ)
    app = Quart(
        "quart_chat",
        static_folder=None,  # they have a blueprint, which versions them
        template_folder=str(resource_path("templates")),
        instance_path=str(settings.instance_path),
    )
    configure(app, settings, config or {})

    events = Events(app, broker=make_broker(settings), coalescer=DELTAS, enveloped=ENVELOPED)
    openapi.init_app(app, program_version(), settings)
    app.json = OrjsonProvider(app)

    tracing.init_app(app)
    request_ids.init_app(app)
    converters.init_app(app)
    for blueprint in (
        assets.blueprint,
        probes.blueprint,
        metrics.blueprint,
        chatbot.blueprint,
        queue.blueprint,
        workflows.blueprint,
        workflows.of_all,
        assistants_api.blueprint,
        streams.blueprint,
        live.blueprint,
        documents.blueprint,
        library.blueprint,
        pages.blueprint,
        handbook.blueprint,
        languages.blueprint,
        doctor.blueprint,
        rounds.blueprint,
        queue_pages.blueprint,
        install.blueprint,
        settings_page.blueprint,
        appearance.blueprint,
        preferences.blueprint,
        chat_settings.blueprint,
        transfer.blueprint,
        sharing.blueprint,
    ):
        app.register_blueprint(blueprint)

    administration.init_app(app, settings)
    appearance.init_app(app)
    assets.init_app(app, resource_path("static"))
    commands.init_app(app)
    errors.init_app(app)
    headings.init_app(app)
    questions.init_app(app)
    languages.init_app(app)
    metrics.init_app(app, settings)
    security.init_app(app, settings)
    settings_page.init_app(app, settings)
    templates.init_app(app)
    uploads.init_app(app)
    lifespan.init_app(
        app, settings, events, collect_assistants(assistants, settings.named_assistants)
    )
    init_access(app, settings)
    init_root_path(app, settings)
    return app


def init_access(app: Quart, settings: Settings) -> None:
    """Say who may use ``app``; a server without accounts loads nothing of them."""
    app.jinja_env.globals["identity"] = find_identity
    app.jinja_env.globals["auth"] = settings.auth
    if not settings.auth.is_on:
        arrival.init_app(app)
        return
    from quart_chat.web.api import activity
    from quart_chat.web.auth import guard
    from quart_chat.web.pages import accounts

    app.register_blueprint(activity.blueprint)
    accounts.init_app(app, settings)
    guard.init_app(app, settings)


def init_root_path(app: Quart, settings: Settings) -> None:
    """Serve ``app`` below the path of the settings; called when all its routes are known.

    Raises:
        ConfigError: The application has a page there.
    """
    try:
        paths.init_app(app, settings.root_path)
    except paths.AmbiguousRootPath as error:
        raise ConfigError(
            f"{variable('root_path')}={str(error)!r} can't be used: the chat has a page of its own"
            " there. Choose another path."
        ) from error


def make_broker(settings: Settings) -> Broker | None:
    """What carries events between processes; None where there is one process alone.

    Raises:
        ConfigError: Its address can't be used, or needs a package that is not installed.
    """
    if not settings.shares:
        return None
    # A single process loads nothing of it.
    from quart_chat.events.brokers.address import BUS
    from quart_chat.events.brokers.log import LogBroker
    from quart_chat.events.brokers.opening import MissingDriver, open_log

    try:
        log = open_log(settings.broker or BUS, settings.bus_path)
    except (MissingDriver, ValueError) as error:
        raise ConfigError(f"{variable('broker')} can't be used: {error}.") from error
    return LogBroker(log, DELTAS)


def configure(app: Quart, settings: Settings, config: Mapping[str, Any]) -> None:
    """Carry the settings over to what reads them from the app's configuration."""
    app.config.update(
        {
            "MAX_CONTENT_LENGTH": settings.max_body_bytes,
            transfer.MAX_IMPORT: settings.max_import_bytes,
            **settings.for_events,
            **config,
        }
    )
