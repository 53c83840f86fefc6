"""Administers users from the command line, beside a running server or without one: ``users``."""
