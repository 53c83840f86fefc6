"""Event-driven streaming over server-sent events, for any Quart app.

    events = Events(app)
    await get_event_manager().emit_event("job:7", "progress", {"done": 0.4}, "jobs")
    return sse_response("job:7")

Works without Quart too: a :class:`StreamingEventManager` needs an event loop and nothing else.
"""

from quart_chat.events.broker import Broker, InProcessBroker
from quart_chat.events.contexts import Settings
from quart_chat.events.event import TERMINAL_TYPES, Event
from quart_chat.events.extension import Events, get_event_manager, sse_response, stream_response
from quart_chat.events.log import Batch, Bounds
from quart_chat.events.manager import StreamingEventManager
from quart_chat.events.subscription import EventQueue, QueueShutDown, Subscription

__all__ = [
    "TERMINAL_TYPES",
    "Batch",
    "Bounds",
    "Broker",
    "Event",
    "EventQueue",
    "Events",
    "InProcessBroker",
    "QueueShutDown",
    "Settings",
    "StreamingEventManager",
    "Subscription",
    "get_event_manager",
    "sse_response",
    "stream_response",
]
