"""Streams of chats: what a client has, and what it is sent next."""
