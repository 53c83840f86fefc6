-- What a user has set for new chats, and what a chat asks of its model beside its instructions, as
-- JSON; NULL where nothing is set.

CREATE TABLE preferences (
  user_id TEXT COLLATE "C" PRIMARY KEY REFERENCES users (id),
  assistant TEXT,
  model TEXT,
  system_prompt TEXT,
  presets TEXT NOT NULL DEFAULT '[]'
);

ALTER TABLE workflows ADD COLUMN parameters TEXT;
