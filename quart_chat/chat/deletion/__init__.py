"""Deleting all chats at once, and erasing what was deleted."""
