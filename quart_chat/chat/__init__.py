"""The chat: workflows, rounds, messages and logs, stored and then emitted."""
