"""What a process has in its memory before servers begin as its copies: see ``tests.forked``."""

from __future__ import annotations

import gc
from importlib import import_module

from quart_chat.assistants.librarian.assistant import build_handbook
from quart_chat.resources import resource_path
from tests.app import create_test_app
from tests.empty_store import content

# What an app imports only when it is made or opened, the empty store, and the index that each would
# make of the handbook.
import_module("quart_chat.storage.sqlite.opening")
content()
create_test_app({"QUART_CHAT_INSTANCE": "unused"})
build_handbook(resource_path("docs"))

# A copy's collector would touch all of this, and have it copied in earnest.
gc.collect()
gc.freeze()
