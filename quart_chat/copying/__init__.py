"""Copies an installation, its chats and documents, to another store: the command ``copy``."""
