-- Who has given a chat its title: 'prompt', 'model' or 'person'. Of chats from before it is not known,
-- so no model gives them another. And what it took to ask a model for one, as JSON.

ALTER TABLE workflows ADD COLUMN titled_by TEXT NOT NULL DEFAULT 'person';
ALTER TABLE workflows ADD COLUMN title_usage TEXT;
