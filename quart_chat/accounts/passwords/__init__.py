"""Passwords: changed, stored as hashes, and refused where they are guessed first."""
