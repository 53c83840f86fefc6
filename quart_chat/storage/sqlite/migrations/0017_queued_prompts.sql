-- Prompts that wait until the round before them has ended. One that was sent or removed stays without
-- its text, so that a client that was away learns of it, and its request begins nothing a second time.

CREATE TABLE queued_prompts (
  id TEXT PRIMARY KEY,
  workflow_id TEXT NOT NULL REFERENCES workflows (id),
  place INTEGER NOT NULL,
  content TEXT NOT NULL,
  html TEXT,
  status TEXT NOT NULL,
  due INTEGER NOT NULL,
  assistant TEXT,
  model TEXT,
  document_ids TEXT,
  request_id TEXT,
  round_number INTEGER,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  seq INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX queued_prompts_by_change ON queued_prompts (workflow_id, seq);
CREATE UNIQUE INDEX queued_prompts_in_order ON queued_prompts (workflow_id, place) WHERE status = 'queued';
CREATE INDEX queued_prompts_by_request ON queued_prompts (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX queued_prompts_due ON queued_prompts (workflow_id) WHERE due;
