"""A chat as long as one likes, written straight into the database of a server."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from quart_chat.markdown.renderer import render_markdown
from quart_chat.storage.sqlite.file.connection import create_functions

ANSWER = """\
A round is **one prompt** and all that answers it. This is number {number}:

- it has a list, with `code` in it
- and a second point, which goes on for so long that it takes more than a line on most screens

```python
async def answer_{number}(question: str) -> str:
    return f"{{question}}: {number}"
```

| what | how many |
|---|---|
| rounds before it | {before} |
"""


def write_long_chat(instance: Path, rounds: int, *, user: str = "local") -> str:
    """Write a chat of so many rounds; returns its id."""
    chat, now = uuid4().hex, time.time()
    with closing(sqlite3.connect(instance / "chat.sqlite", timeout=10)) as database, database:
        create_functions(database)
        database.execute(
            "INSERT INTO users (id, list_seq, created_at) VALUES (?, 1, ?)"
            " ON CONFLICT (id) DO UPDATE SET list_seq = list_seq + 1",
            (user, now),
        )
        database.execute(
            "INSERT INTO workflows (id, user_id, title, status, pinned, deleted, seq, item_seq,"
            " list_seq, created_at, updated_at, assistant, head)"
            " SELECT ?, ?, 'A long chat', 'idle', 0, 0, ?, 1, list_seq, ?, ?, 'slow', ?"
            " FROM users WHERE id = ?",
            (chat, user, 3 * rounds + 1, now, now, rounds, user),
        )
        for number in range(1, rounds + 1):
            _write_round(database, chat, number, now)
    return chat


def _write_round(database: sqlite3.Connection, chat: str, number: int, now: float) -> None:
    parent = number - 1 or None
    database.execute(
        "INSERT INTO rounds (workflow_id, number, parent, status, assistant, started_at, ended_at,"
        " seq) VALUES (?, ?, ?, 'complete', 'slow', ?, ?, ?)",
        (chat, number, parent, now, now, 3 * number + 1),
    )
    answer = ANSWER.format(number=number, before=number - 1)
    for seq, (role, content) in enumerate((("user", f"prompt {number}"), ("assistant", answer))):
        database.execute(
            "INSERT INTO messages (id, workflow_id, round_number, parent_round, role, content,"
            " html, status, assistant, sources, created_at, updated_at, seq)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'complete', ?, '[]', ?, ?, ?)",
            (
                uuid4().hex,
                chat,
                number,
                parent,
                role,
                content,
                render_markdown(content),
                "slow" if role == "assistant" else None,
                now,
                now,
                3 * number - 1 + seq,
            ),
        )
