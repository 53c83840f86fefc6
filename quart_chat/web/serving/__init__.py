"""The application while it serves: what it opens and closes, and what it warns of."""
