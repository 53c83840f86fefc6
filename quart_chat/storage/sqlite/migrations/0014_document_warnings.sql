-- What of a document could not be read, or not for certain: codes and numbers, as JSON.

ALTER TABLE documents ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]';
