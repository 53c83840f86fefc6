"""The app with accounts, and its users."""

from tests.web.accounts.conftest import admin, app, client, printed, user

__all__ = ["admin", "app", "client", "printed", "user"]
