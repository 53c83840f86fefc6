"""What is known of Hypercorn beyond ASGI; imported only where Hypercorn serves."""

from quart_chat.events.hypercorn.connection import find_connection, release_connection
from quart_chat.events.hypercorn.takeover import take_over

__all__ = ["find_connection", "release_connection", "take_over"]
