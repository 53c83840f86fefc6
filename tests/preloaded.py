"""What a process has in its memory before servers begin as its copies: see ``tests.forked``."""

from __future__ import annotations

from quart_chat.assistants.librarian.assistant import build_handbook
from quart_chat.resources import resource_path
from tests.app import create_test_app

# What an app imports only when it is made, and the index that each would make of the handbook.
create_test_app({"QUART_CHAT_INSTANCE": "unused"})
build_handbook(resource_path("docs"))
