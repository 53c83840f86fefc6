-- What the list of chats shows beside titles: answers that nobody has seen yet, chats that are deleted
-- and can still be asked back, and where the words of a search are.

-- The seq at which the latest answer ended, and up to which a person has seen the chat.
ALTER TABLE workflows ADD COLUMN answered_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workflows ADD COLUMN read_seq INTEGER NOT NULL DEFAULT 0;

-- When a chat was deleted whose contents are still there. Null again once they are erased.
ALTER TABLE workflows ADD COLUMN deleted_at REAL;

CREATE INDEX workflows_recoverable ON workflows (deleted_at) WHERE deleted_at IS NOT NULL;

-- Words as they are written, without the stemming of message_words: who types "connectio" looks for
-- what begins so, and stems don't.
CREATE VIRTUAL TABLE message_terms USING fts5 (
  content,
  content = 'messages',
  content_rowid = 'number',
  tokenize = 'unicode61 remove_diacritics 2',
  prefix = '2 3'
);

INSERT INTO message_terms (rowid, content)
SELECT number, content FROM messages WHERE status <> 'streaming';

CREATE TRIGGER message_terms_inserted AFTER INSERT ON messages WHEN new.status <> 'streaming'
BEGIN
  INSERT INTO message_terms (rowid, content) VALUES (new.number, new.content);
END;

CREATE TRIGGER message_terms_ended AFTER UPDATE OF status ON messages
WHEN old.status = 'streaming' AND new.status <> 'streaming'
BEGIN
  INSERT INTO message_terms (rowid, content) VALUES (new.number, new.content);
END;

CREATE TRIGGER message_terms_deleted AFTER DELETE ON messages WHEN old.status <> 'streaming'
BEGIN
  INSERT INTO message_terms (message_terms, rowid, content)
  VALUES ('delete', old.number, old.content);
END;

CREATE VIRTUAL TABLE title_terms USING fts5 (
  title,
  workflow_id UNINDEXED,
  tokenize = 'unicode61 remove_diacritics 2',
  prefix = '2 3'
);

INSERT INTO title_terms (title, workflow_id) SELECT title, id FROM workflows WHERE NOT deleted;

CREATE TRIGGER title_terms_inserted AFTER INSERT ON workflows
BEGIN
  INSERT INTO title_terms (title, workflow_id) VALUES (new.title, new.id);
END;

CREATE TRIGGER title_terms_changed AFTER UPDATE OF title ON workflows WHEN old.title <> new.title
BEGIN
  UPDATE title_terms SET title = new.title WHERE workflow_id = new.id;
END;
