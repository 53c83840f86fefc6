"""The log on PostgreSQL: its tables, what listens to them, and the log itself."""

from quart_chat.events.brokers.postgres.log import PostgreSQLLog

__all__ = ["PostgreSQLLog"]
