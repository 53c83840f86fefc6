"""Chats and documents in one SQLite file."""
