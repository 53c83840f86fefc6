-- The rounds of a workflow are a tree: a round's parent is the one before it, NULL for a first one.
-- Rounds of one parent are versions of each other. The way from a first round to the workflow's
-- head is the chat as it is shown. Parents never change, so messages may repeat them.

ALTER TABLE rounds ADD COLUMN parent INTEGER;
ALTER TABLE rounds ADD COLUMN model TEXT;
ALTER TABLE rounds ADD COLUMN document_ids TEXT NOT NULL DEFAULT '[]';
ALTER TABLE messages ADD COLUMN parent_round INTEGER;
ALTER TABLE workflows ADD COLUMN head INTEGER;

UPDATE rounds SET parent = number - 1 WHERE number > 1;
UPDATE messages SET parent_round = round_number - 1 WHERE round_number > 1;
UPDATE workflows SET head = (SELECT max(number) FROM rounds WHERE workflow_id = workflows.id);

CREATE INDEX rounds_by_parent ON rounds (workflow_id, coalesce(parent, 0), number);
