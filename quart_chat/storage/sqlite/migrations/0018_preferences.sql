-- What a user has set for new chats, and what a chat asks of its model beside its instructions, as
-- JSON; NULL where nothing is set.

CREATE TABLE preferences (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  assistant TEXT,
  model TEXT,
  system_prompt TEXT,
  presets TEXT NOT NULL DEFAULT '[]'
) STRICT, WITHOUT ROWID;

ALTER TABLE workflows ADD COLUMN parameters TEXT;
