"""The event manager in a Quart app.

events = Events(app)
await get_event_manager().emit_event("job:7", "progress", {"done": 0.4}, "jobs")
return sse_response("job:7")
"""

from quart_chat.events.quart.extension import (
    Events,
    StreamResponse,
    get_event_manager,
    sse_response,
    stream_response,
)

__all__ = ["Events", "StreamResponse", "get_event_manager", "sse_response", "stream_response"]
