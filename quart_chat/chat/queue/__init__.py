"""Prompts that wait for the answer before them: stored, shown in every tab, sent in order."""
