-- The read-only link of a chat. The token is kept as it is: whoever reads this file has the chats
-- themselves, and their owner is to be able to copy the link again.

CREATE TABLE shares (
  token TEXT PRIMARY KEY,
  workflow_id TEXT NOT NULL UNIQUE REFERENCES workflows (id),
  created_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
