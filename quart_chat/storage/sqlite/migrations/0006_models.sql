-- What a chat tells its model and which documents it searches; what an answer took, as JSON.

ALTER TABLE workflows ADD COLUMN system_prompt TEXT;
ALTER TABLE workflows ADD COLUMN document_ids TEXT NOT NULL DEFAULT '[]';
ALTER TABLE messages ADD COLUMN usage TEXT;
