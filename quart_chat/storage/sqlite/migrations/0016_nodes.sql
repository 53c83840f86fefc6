-- The processes that share this database. Each renews its lease every few seconds, by the clock of
-- the database. A round that runs, and a document that is being read, names the node that does it:
-- once its lease has run out, another node takes the work over.

CREATE TABLE nodes (
  id TEXT PRIMARY KEY,
  started_at REAL NOT NULL,
  beat_at REAL NOT NULL,
  lease REAL NOT NULL
) STRICT;

ALTER TABLE rounds ADD COLUMN node_id TEXT;
ALTER TABLE rounds ADD COLUMN stop_requested_at REAL;
-- How often the text of an answer was begun anew, for readers of another node.
ALTER TABLE messages ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

ALTER TABLE documents ADD COLUMN node_id TEXT;
