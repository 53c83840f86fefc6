"""Backs an installation up to one file while servers use it, and restores it from there."""
