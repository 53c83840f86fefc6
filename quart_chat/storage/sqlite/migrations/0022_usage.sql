-- What users have used, by day of UTC and by model, and what an administrator has set of how much
-- one may use; see quart_chat/limits.py. The moments of the latest questions, as JSON, hold the
-- limit of questions a minute for all processes.

ALTER TABLE accounts ADD COLUMN limits TEXT NOT NULL DEFAULT '';

CREATE TABLE usage (
  user_id TEXT NOT NULL REFERENCES users (id),
  day TEXT NOT NULL,
  model TEXT NOT NULL,
  rounds INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  answer_tokens INTEGER NOT NULL,
  PRIMARY KEY (user_id, day, model)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_by_day ON usage (day);

CREATE TABLE prompt_times (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  times TEXT NOT NULL
) STRICT, WITHOUT ROWID;
