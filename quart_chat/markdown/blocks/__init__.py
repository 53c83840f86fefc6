"""Blocks: code, fences within fences, callouts, footnotes and task lists."""
