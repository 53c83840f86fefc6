"""Blueprints: thin handlers over the services."""
