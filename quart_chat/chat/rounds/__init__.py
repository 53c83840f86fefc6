"""Rounds: how they start, run, are stored and end."""
