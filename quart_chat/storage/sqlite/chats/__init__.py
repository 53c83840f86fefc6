"""Chats in SQLite: their rows, their branches, the list of them and its search."""
