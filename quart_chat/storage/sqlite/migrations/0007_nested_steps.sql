-- The step that a step is part of.

ALTER TABLE logs ADD COLUMN parent_id TEXT;
