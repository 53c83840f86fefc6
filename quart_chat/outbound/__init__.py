"""Connections that the server makes itself: to PostgreSQL, and over HTTP to other servers."""
