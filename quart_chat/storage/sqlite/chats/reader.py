"""All that can be read of chats at one moment."""

from __future__ import annotations

from quart_chat.storage.sqlite.chats.branches import Branches
from quart_chat.storage.sqlite.chats.list_changes import ChangesOfLists
from quart_chat.storage.sqlite.chats.preferences import PreferenceReads
from quart_chat.storage.sqlite.chats.snapshots import Snapshots
from quart_chat.storage.sqlite.chats.usage import UsageReads
from quart_chat.storage.sqlite.chats.workflow_list import WorkflowList


class Reader(Branches, Snapshots, WorkflowList, ChangesOfLists, PreferenceReads, UsageReads):
    """Implements :class:`quart_chat.chat.storage.ChatReader`."""
