"""Event-driven streaming over server-sent events, for any ASGI app.

    manager = StreamingEventManager()
    await manager.emit_event("job:7", "progress", {"done": 0.4}, "jobs")

``quart_chat.events.asgi`` streams its contexts from an app of any framework, and
``quart_chat.events.quart`` from one of Quart. What is imported here knows no framework: a manager
needs an event loop and nothing else.
"""

from quart_chat.events.batch import Batch
from quart_chat.events.broker import Broker, BrokerUnavailable
from quart_chat.events.brokers.memory import InProcessBroker
from quart_chat.events.coalescing import Coalescer, DeltaCoalescer, NoCoalescing
from quart_chat.events.collector import collect_rarely, keep_loaded
from quart_chat.events.event import TERMINAL_TYPES, Event, make_event
from quart_chat.events.log import Bounds
from quart_chat.events.manager import StreamingEventManager
from quart_chat.events.queue import EventQueue, QueueShutDown
from quart_chat.events.settings import EventSettings
from quart_chat.events.subscription import Subscription

__all__ = [
    "TERMINAL_TYPES",
    "Batch",
    "Bounds",
    "Broker",
    "BrokerUnavailable",
    "Coalescer",
    "DeltaCoalescer",
    "Event",
    "EventQueue",
    "EventSettings",
    "InProcessBroker",
    "NoCoalescing",
    "QueueShutDown",
    "StreamingEventManager",
    "Subscription",
    "collect_rarely",
    "keep_loaded",
    "make_event",
]
