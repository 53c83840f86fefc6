"""Who sends a request: the guard in front of every route, and what becomes of open streams."""
