"""The JSON API and its streams."""
