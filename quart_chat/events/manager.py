"""The event manager: emits into contexts, and reads from them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Container, Iterable, Iterator
from contextlib import aclosing
from threading import get_ident
from typing import Any

from quart_chat.events.broker import Broker
from quart_chat.events.brokers.memory import InProcessBroker
from quart_chat.events.coalescing import Coalescer, NoCoalescing
from quart_chat.events.contexts import Contexts
from quart_chat.events.detached import DetachedStreams
from quart_chat.events.event import Event, make_event
from quart_chat.events.log import ContextLog
from quart_chat.events.queue import EventQueue
from quart_chat.events.settings import EventSettings
from quart_chat.events.sse import encode_comment, encode_retry
from quart_chat.events.statistics import Statistics, look
from quart_chat.events.subscription import Subscription


class StreamingEventManager:
    """Generic event streaming: anything emits into a context, any number of readers follow it.

    A context is named by any string (a workflow's id, a document's, a task's) and opens with its
    first event or reader. Its latest events are held in one bounded log that all readers share.
    The manager lives on the event loop that uses it first; ``emit_event`` and ``emit_threadsafe``
    may be called on any thread, all else on that loop.

    Args:
        settings: Its bounds and times.
        broker: What carries events between processes; by default they stay in this one.
        coalescer: What is merged, and what is urgent; by default events are sent one by one.
        enveloped: Types of events whose data has the shape ``{type, createdAt, item}`` already,
            and which are sent as they are.

    Attributes:
        settings: Its bounds and times.
        broker: What carries events between processes.
        coalescer: What is merged, and what is urgent.
        is_open: Whether it has been opened, so that ``close`` will wait for the streams that the
            server does not wait for.
    """

    def __init__(
        self,
        settings: EventSettings | None = None,
        broker: Broker | None = None,
        *,
        coalescer: Coalescer | None = None,
        enveloped: Iterable[str] = (),
    ) -> None:
        self.settings = settings or EventSettings()
        self.coalescer = coalescer or NoCoalescing()
        self.is_open = False
        self._enveloped = frozenset(enveloped)
        self.broker = broker or InProcessBroker()
        self._contexts = Contexts(self.settings, self.coalescer)
        self.broker.bind(self._contexts.deliver, self.lose_events)
        self._detached = DetachedStreams()

    # What emits

    async def emit_event(
        self,
        context_id: str,
        event_type: str,
        data: dict[str, Any],
        event_category: str = "default",
        message: str | None = None,
        step: str | None = None,
        *,
        seq: int | None = None,
        created_at: float | None = None,
    ) -> None:
        """Emit an event into a context, and go on: no reader is waited for.

        May be awaited on any thread's loop; the events of one thread keep their order.

        Args:
            context_id: Where it happened.
            event_type: "status", "progress", or a word of your own; "complete", "stopped" and
                "error" end what the context was opened for.
            data: What happened: anything that has a JSON form.
            event_category: What readers filter by.
            message: A sentence for people.
            step: The name of the step it belongs to.
            seq: The emitter's own durable version of what the event shows.
            created_at: When it happened, in seconds since the epoch, UTC; by default now.

        Raises:
            TypeError: The data has no JSON form.
            ValueError: The coalescer could not merge it with others.
        """
        self._contexts.attach()
        self.emit_threadsafe(
            context_id,
            event_type,
            data,
            event_category,
            message,
            step,
            seq=seq,
            created_at=created_at,
        )

    def emit_threadsafe(
        self,
        context_id: str,
        event_type: str,
        data: dict[str, Any],
        event_category: str = "default",
        message: str | None = None,
        step: str | None = None,
        *,
        seq: int | None = None,
        created_at: float | None = None,
    ) -> None:
        """Emit an event from code without an event loop, such as a worker thread.

        Takes and raises what ``emit_event`` does, and:

        Raises:
            RuntimeError: The manager is on no event loop yet, because nothing has used it on one.
        """
        self.coalescer.check(event_type, data)
        event = make_event(
            context_id,
            event_type,
            data,
            event_category,
            message,
            step,
            seq=seq,
            created_at=created_at,
            enveloped=event_type in self._enveloped,
        )
        # Asking for the thread is cheap; asking for the running loop is a system call on 3.11.
        if get_ident() == self._contexts.thread:
            self.broker.publish(event)
        else:
            self._contexts.loop.call_soon_threadsafe(self.broker.publish, event)

    def emit_here(self, event: Event) -> None:
        """Emit an event that the readers of this process alone get, on the manager's loop."""
        self._contexts.attach()
        self._contexts.deliver(event)

    def lose_events(self) -> None:
        """Tell all readers that events may be missing, and hold none any more."""
        self._contexts.counts.gaps += 1
        for log in self._contexts:
            log.lose_events()

    def statistics(self) -> Statistics:
        """What it has done so far, and how far behind its readers are."""
        return look(self._contexts.counts, self._contexts)

    def contexts(self) -> Iterator[ContextLog]:
        """The logs of all contexts that are open."""
        return iter(self._contexts)

    # Who reads

    def subscribe(
        self,
        *context_ids: str,
        categories: Iterable[str] | None = None,
        after: int | None = None,
        held: Container[str] = (),
    ) -> Subscription:
        """Make a reader of one context or of several, to be entered with ``async with``.

        Args:
            context_ids: The contexts to read; they open if need be.
            categories: Read only events of these; terminal events are read in any case.
            after: Begin with the event after this number; what of that is no longer held counts
                as lost. By default, begin with what is emitted from now on.
            held: Contexts of which to begin with the oldest event held.
        """
        self._contexts.attach()
        starts: dict[ContextLog, int] = {}
        for context_id in context_ids:
            log = self._contexts.open(context_id, keep=starts)
            if context_id in held:
                starts[log] = log.first
            else:
                starts[log] = log.end if after is None else log.position_after(after)
        return Subscription(self._contexts, starts, categories)

    async def stream_events(
        self,
        context_id: str,
        event_categories: Iterable[str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - a silence, not a deadline for the caller
    ) -> AsyncGenerator[Event, None]:
        """Stream a context's events: those still held of its latest generation, then live ones.

        Ends after a terminal event, after ``timeout`` seconds of silence, or when the manager
        drains. Where events fell off the log before they were read, one of type ``reset`` says
        how many. Closing it early leaves nothing behind.

        Args:
            context_id: The context to read; it opens if need be.
            event_categories: Stream only events of these; terminal events come in any case.
            timeout: Seconds without an event after which to end; None: never.
        """
        async with (
            self.subscribe_held(context_id, event_categories) as subscription,
            aclosing(subscription.events(timeout)) as events,
        ):
            async for event in events:
                yield event

    def subscribe_held(
        self,
        context_id: str,
        categories: Iterable[str] | None = None,
        *,
        all_generations: bool = False,
    ) -> Subscription:
        """Make a reader that begins with the first event held, of the latest generation or all."""
        self._contexts.attach()
        log = self._contexts.open(context_id)
        start = log.first if all_generations else max(log.first, log.generation)
        return Subscription(self._contexts, {log: start}, categories)

    def create_queue(self, context_id: str) -> EventQueue:
        """Open a context, or the next generation of one that has ended, and read it as a queue.

        Readers of an earlier generation stay attached. Each call hands out a reader of its own.
        """
        self._contexts.attach()
        log = self._contexts.open(context_id)
        log.open_generation()
        return EventQueue(self._contexts, log)

    def get_queue(self, context_id: str) -> EventQueue | None:
        """Read an open context as a queue; None where there is no such context."""
        log = self.log(context_id)
        return None if log is None else EventQueue(self._contexts, log)

    def has_queue(self, context_id: str) -> bool:
        """Whether a context is open."""
        return self.log(context_id) is not None

    def log(self, context_id: str) -> ContextLog | None:
        """The log of an open context: its epoch, its numbers and whether it has ended."""
        self._contexts.attach()
        return self._contexts.get(context_id)

    # What ends

    async def cleanup(self, context_id: str, delay: float = 60.0) -> None:
        """Schedule the removal of a context and return; an event or a reader then keeps it.

        Ended and abandoned contexts are removed without any call; this only hastens it.

        Args:
            context_id: The context; one that is not open is left alone.
            delay: Seconds from now.
        """
        log = self.log(context_id)
        if log is not None:
            self._contexts.remove_later(log, delay)

    @property
    def draining(self) -> bool:
        """Whether streams have been told to end."""
        return self._contexts.draining

    def drain(self) -> None:
        """Tell every stream to end once it has delivered what there is; new ones end at once."""
        self._contexts.drain()
        self._detached.cut_off_later()

    def adopt(self, stream: asyncio.Task[None]) -> None:
        """Have a stream that the server does not wait for come to its end before ``close`` does."""
        self._detached.add(stream)

    def retry(self) -> bytes:
        """The first bytes of a stream: how long its client waits before it comes back."""
        # Spread out, so that the clients of a server that dies do not all come back at once.
        return encode_retry(round(random.uniform(*self.settings.retry)))  # noqa: S311 - no secret

    def shutdown_frames(self) -> bytes:
        """The last bytes of a stream that ends because the server does."""
        return encode_comment("the server is restarting") + self.retry()

    async def flush(self) -> None:
        """Wait until what was emitted has been delivered here, for a second at most."""
        await self.broker.flush()

    async def open(self) -> None:
        """Attach to the running loop and connect the broker."""
        self._contexts.attach()
        self._contexts.draining = False
        self.is_open = True
        await self.broker.open()

    async def close(self) -> None:
        """End all streams, remove all contexts and disconnect the broker."""
        self.drain()
        self._contexts.clear()
        await self._detached.wait()
        self.is_open = False
        await self.broker.close()
