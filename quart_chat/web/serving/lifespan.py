"""What runs while the application serves: the database, the assistants, chats and documents."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING

from quart_chat.accounts.models import LOCAL_USER, Role
from quart_chat.assistants.librarian.assistant import Librarian
from quart_chat.availability.patience import grant
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.service import ChatService
from quart_chat.documents.reading.subprocess import ResourceLimits
from quart_chat.documents.service import DocumentService
from quart_chat.documents.uploads import DocumentLimits
from quart_chat.errors import ChatError
from quart_chat.markdown import render_markdown
from quart_chat.policies import ContextPolicies
from quart_chat.resources import program_version, resource_path
from quart_chat.serving.instance import hold_instance
from quart_chat.storage import Storage, open_storage
from quart_chat.telemetry.opening import traced
from quart_chat.web.context import EXTENSION, Services
from quart_chat.web.monitoring.measurements import measured
from quart_chat.web.monitoring.readiness import READINESS, readiness
from quart_chat.web.monitoring.watching import watched
from quart_chat.web.serving.cluster import Cluster
from quart_chat.web.serving.deadline import shutdown_deadline
from quart_chat.web.serving.descriptors import watch_descriptors
from quart_chat.web.serving.health import HealthPublisher
from quart_chat.web.stream_limiter import StreamLimiter

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from quart import Quart

    from quart_chat.assistants.protocol import Assistant
    from quart_chat.chat.usage.service import UsageService
    from quart_chat.config import Settings
    from quart_chat.events.quart import Events
    from quart_chat.limits import UserLimits

SERVER_ADDRESS = "SERVER_ADDRESS"
"""The key of the app's configuration that says where it is served, if that is known."""

FAILURE = "quart_chat.start_failure"


def init_app(
    app: Quart, settings: Settings, events: Events, assistants: Sequence[Assistant]
) -> None:
    """Run the services from the start of ``app`` to its end."""

    @app.before_request
    async def begin_to_wait() -> None:
        grant(settings.database_timeout)

    @app.while_serving
    async def run_services() -> AsyncGenerator[None, None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(shutdown_deadline(events, settings.shutdown_timeout))
            await stack.enter_async_context(
                traced(program_version(), sends_context=settings.model_traceparent == "on")
            )
            address = app.config.get(SERVER_ADDRESS)
            with _kept_failure(app):
                hold = stack.enter_context(
                    hold_instance(settings.instance_path, address, shared=settings.shares)
                )
                storage = await open_storage(
                    settings.store, patience=settings.database_timeout, shared=settings.shares
                )
                stack.push_async_callback(storage.close)
                cluster = Cluster(settings, storage, events)
                await cluster.join(hold)
                stack.push_async_callback(cluster.leave)
                chat = await open_chat(stack, storage, settings, events, assistants, cluster)
                documents = await open_documents(
                    stack, storage, settings, events, cluster, chat.usage
                )
                hold.share()
                cluster.start()
            accounts, opened, users, provider = None, None, None, None
            if settings.auth.is_on:
                # A server without accounts loads nothing of them.
                from quart_chat.web.auth.opening import announce_setup, open_accounts
                from quart_chat.web.auth.revocation import OpenStreams

                streams = OpenStreams(events.manager.retry)
                accounts = await open_accounts(
                    stack, storage, chat, documents, streams, settings.security_log_days
                )
                opened, users = streams.add, (accounts, streams)
                if settings.auth.accounts:
                    await announce_setup(accounts, cluster.node, address or "", settings.hosts)
                if settings.auth.oidc:
                    from quart_chat.web.auth.oidc import open_provider

                    provider = await stack.enter_async_context(open_provider(settings))
            else:
                # Whatever accounts the store has from before, the user of the machine is known.
                await storage.accounts.write(lambda tx: tx.make_known(LOCAL_USER, time.time()))
            stream_limiter = StreamLimiter(settings.max_streams, opened)
            health = HealthPublisher(events.manager, stream_limiter, chat)
            storage.health.listen(health.tell)
            stack.enter_context(measured(app, storage, events, chat, cluster.node.id))
            app.extensions[READINESS] = stack.enter_context(readiness(storage, events))
            stack.enter_context(watch_descriptors())
            policies = ContextPolicies()
            chat.register_contexts(policies)
            documents.register_contexts(policies)
            await stack.enter_async_context(
                watched(app, events.manager, chat, cluster, policies, users)
            )
            app.extensions[EXTENSION] = Services(
                chat, documents, stream_limiter, policies, accounts, provider
            )
            events.on_drain(chat.close)
            events.on_drain(documents.close)
            events.on_drain(cluster.leave)
            yield


@contextmanager
def _kept_failure(app: Quart) -> Iterator[None]:
    """Keep why the start failed: the server that is told of it passes on no more than a text."""
    app.extensions.pop(FAILURE, None)
    try:
        yield
    except ChatError as error:
        app.extensions[FAILURE] = error
        raise


def start_failure(app: Quart) -> ChatError | None:
    """Why the last start of the services failed; None where it did not, or nothing foresaw it."""
    failure: ChatError | None = app.extensions.get(FAILURE)
    return failure


async def open_documents(
    stack: AsyncExitStack,
    storage: Storage,
    settings: Settings,
    events: Events,
    cluster: Cluster,
    usage: UsageService | None,
) -> DocumentService:
    """Open the documents, and go on reading those that are not read yet."""
    service = DocumentService(
        storage.documents,
        events.manager,
        settings.documents_path,
        limits=DocumentLimits(
            document=settings.max_document_bytes,
            together=settings.max_documents_bytes,
            of_user=None if usage is None else usage.storage_bytes,
        ),
        resource_limits=ResourceLimits(
            memory=settings.reading_memory, seconds=settings.reading_seconds
        ),
        node=cluster.node,
    )
    stack.push_async_callback(service.close)
    await service.recover()
    return service


async def open_chat(
    stack: AsyncExitStack,
    storage: Storage,
    settings: Settings,
    events: Events,
    assistants: Sequence[Assistant],
    cluster: Cluster,
) -> ChatService:
    """Open the chat; what it opens is closed with the stack."""
    librarian = await stack.enter_async_context(
        Librarian(resource_path("docs"), storage.chat_search, storage.document_search)
    )
    # The first one is asked where none is chosen.
    offered = (*await open_model(stack, settings, librarian), librarian, *assistants)
    service = ChatService(
        storage.chats,
        events.manager,
        {assistant.name: assistant for assistant in offered},
        default_assistant=offered[0].name,
        render=render_markdown,
        limits=ChatLimits(
            prompt_chars=settings.max_prompt_chars,
            running_rounds=settings.max_running_rounds,
            queued_prompts=settings.max_queued_prompts,
            undo_seconds=settings.restore_seconds,
            search_seconds=settings.search_timeout,
            roles=role_limits(settings),
        ),
        node=cluster.node,
        control=cluster.control,
        model_titles=settings.model_titles == "on",
    )
    await service.recover()
    stack.push_async_callback(service.close)
    return service


def role_limits(settings: Settings) -> dict[str, UserLimits] | None:
    """What users may use by their role; None where everyone is the same user."""
    if not settings.auth.is_on:
        return None
    return {Role.USER: settings.user_limits.limits, Role.ADMIN: settings.admin_limits.limits}


async def open_model(
    stack: AsyncExitStack, settings: Settings, library: Librarian
) -> tuple[Assistant, ...]:
    """Open the assistant of the model's endpoint, if there is one."""
    if not settings.model_url:
        return ()
    # What speaks to a model is loaded only where there is one.
    from quart_chat.assistants.openai.assistant import OpenAIAssistant

    assistant = OpenAIAssistant(
        settings.model_url,
        key=settings.openai_api_key.reveal(),
        model=settings.openai_model,
        system_prompt=settings.system_prompt,
        history_tokens=settings.history_tokens,
        timeout=settings.model_timeout,
        retries=settings.model_retries,
        library=library,
        passages=settings.model_passages,
        unasked=settings.model_search == "all",
        embedding_model=settings.openai_embedding_model,
    )
    opened = await stack.enter_async_context(assistant)
    library.compare_with(opened.embeddings, unasked=settings.model_search == "all")
    return (opened,)
