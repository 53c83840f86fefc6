-- Times are seconds since the epoch, UTC. A workflow's seq counts its committed changes; every row
-- that its readers see keeps the seq of its own latest change. A user's list_seq does the same for
-- the list of workflows.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  list_seq INTEGER NOT NULL DEFAULT 0,
  created_at REAL NOT NULL
) STRICT;

-- A deleted workflow stays as a tombstone, so that a client that was away learns of it.
CREATE TABLE workflows (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  title TEXT NOT NULL,
  status TEXT NOT NULL,
  pinned INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  item_seq INTEGER NOT NULL,
  list_seq INTEGER NOT NULL,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL
) STRICT;

CREATE INDEX workflows_by_change ON workflows (user_id, list_seq);
CREATE INDEX workflows_in_list ON workflows (user_id, pinned, updated_at, id) WHERE NOT deleted;

CREATE INDEX workflows_running ON workflows (user_id) WHERE status = 'running';

CREATE TABLE rounds (
  workflow_id TEXT NOT NULL REFERENCES workflows (id),
  number INTEGER NOT NULL,
  status TEXT NOT NULL,
  assistant TEXT NOT NULL,
  message TEXT,
  code TEXT,
  started_at REAL NOT NULL,
  ended_at REAL,
  seq INTEGER,
  PRIMARY KEY (workflow_id, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_running_round ON rounds (workflow_id) WHERE status = 'running';
CREATE INDEX rounds_by_change ON rounds (workflow_id, seq);

CREATE TABLE messages (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  workflow_id TEXT NOT NULL,
  round_number INTEGER NOT NULL,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  html TEXT,
  status TEXT NOT NULL,
  assistant TEXT,
  sources TEXT NOT NULL,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  seq INTEGER NOT NULL,
  FOREIGN KEY (workflow_id, round_number) REFERENCES rounds (workflow_id, number)
) STRICT;

CREATE UNIQUE INDEX messages_by_change ON messages (workflow_id, seq);
CREATE INDEX messages_by_round ON messages (workflow_id, round_number);
CREATE INDEX messages_in_flight ON messages (workflow_id, seq) WHERE status = 'streaming';

CREATE TABLE logs (
  id TEXT PRIMARY KEY,
  workflow_id TEXT NOT NULL,
  round_number INTEGER NOT NULL,
  message TEXT NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  progress REAL,
  timestamp REAL NOT NULL,
  duration_ms REAL,
  seq INTEGER NOT NULL,
  FOREIGN KEY (workflow_id, round_number) REFERENCES rounds (workflow_id, number)
) STRICT;

CREATE UNIQUE INDEX logs_by_change ON logs (workflow_id, seq);
CREATE INDEX logs_by_round ON logs (workflow_id, round_number);
CREATE INDEX logs_in_flight ON logs (workflow_id, seq) WHERE status = 'running';

-- The words of messages that are final. The text itself stays in messages.
CREATE VIRTUAL TABLE message_words USING fts5 (
  content,
  content = 'messages',
  content_rowid = 'number',
  tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TRIGGER message_inserted AFTER INSERT ON messages WHEN new.status <> 'streaming'
BEGIN
  INSERT INTO message_words (rowid, content) VALUES (new.number, new.content);
END;

CREATE TRIGGER message_ended AFTER UPDATE OF status ON messages
WHEN old.status = 'streaming' AND new.status <> 'streaming'
BEGIN
  INSERT INTO message_words (rowid, content) VALUES (new.number, new.content);
END;

CREATE TRIGGER message_deleted AFTER DELETE ON messages WHEN old.status <> 'streaming'
BEGIN
  INSERT INTO message_words (message_words, rowid, content)
  VALUES ('delete', old.number, old.content);
END;
