"""Chats and documents in a database of PostgreSQL."""
