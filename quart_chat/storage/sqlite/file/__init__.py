"""The SQLite file itself: opened, brought up to date, connected to, and watched."""
