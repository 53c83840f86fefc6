"""Chats as files: written, and read again, also those of ChatGPT."""
