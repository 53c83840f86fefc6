-- The indexes hold texts in the form that index_form() gives them, a function of the program: folded,
-- and with spaces around the characters of scripts that have none. Views show FTS5 what it indexes.

DROP TRIGGER message_inserted;
DROP TRIGGER message_ended;
DROP TRIGGER message_deleted;
DROP TABLE message_words;
DROP TRIGGER message_terms_inserted;
DROP TRIGGER message_terms_ended;
DROP TRIGGER message_terms_deleted;
DROP TABLE message_terms;

CREATE VIEW message_forms AS
SELECT number, index_form(content) AS content FROM messages WHERE status <> 'streaming';

CREATE VIRTUAL TABLE message_words USING fts5 (
  content,
  content = 'message_forms',
  content_rowid = 'number',
  tokenize = "porter unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
);

CREATE TRIGGER message_inserted AFTER INSERT ON messages WHEN new.status <> 'streaming'
BEGIN
  INSERT INTO message_words (rowid, content) VALUES (new.number, index_form(new.content));
END;

CREATE TRIGGER message_ended AFTER UPDATE OF status ON messages
WHEN old.status = 'streaming' AND new.status <> 'streaming'
BEGIN
  INSERT INTO message_words (rowid, content) VALUES (new.number, index_form(new.content));
END;

CREATE TRIGGER message_deleted AFTER DELETE ON messages WHEN old.status <> 'streaming'
BEGIN
  INSERT INTO message_words (message_words, rowid, content)
  VALUES ('delete', old.number, index_form(old.content));
END;

INSERT INTO message_words (message_words) VALUES ('rebuild');

CREATE VIRTUAL TABLE message_terms USING fts5 (
  content,
  content = 'message_forms',
  content_rowid = 'number',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'",
  prefix = '2 3'
);

CREATE TRIGGER message_terms_inserted AFTER INSERT ON messages WHEN new.status <> 'streaming'
BEGIN
  INSERT INTO message_terms (rowid, content) VALUES (new.number, index_form(new.content));
END;

CREATE TRIGGER message_terms_ended AFTER UPDATE OF status ON messages
WHEN old.status = 'streaming' AND new.status <> 'streaming'
BEGIN
  INSERT INTO message_terms (rowid, content) VALUES (new.number, index_form(new.content));
END;

CREATE TRIGGER message_terms_deleted AFTER DELETE ON messages WHEN old.status <> 'streaming'
BEGIN
  INSERT INTO message_terms (message_terms, rowid, content)
  VALUES ('delete', old.number, index_form(old.content));
END;

INSERT INTO message_terms (message_terms) VALUES ('rebuild');

DROP TRIGGER title_terms_inserted;
DROP TRIGGER title_terms_deleted;
DROP TABLE title_terms;

CREATE VIEW title_forms AS SELECT number, index_form(title) AS title FROM titles;

CREATE VIRTUAL TABLE title_terms USING fts5 (
  title,
  content = 'title_forms',
  content_rowid = 'number',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'",
  prefix = '2 3'
);

CREATE TRIGGER title_terms_inserted AFTER INSERT ON titles
BEGIN
  INSERT INTO title_terms (rowid, title) VALUES (new.number, index_form(new.title));
END;

CREATE TRIGGER title_terms_deleted AFTER DELETE ON titles
BEGIN
  INSERT INTO title_terms (title_terms, rowid, title)
  VALUES ('delete', old.number, index_form(old.title));
END;

INSERT INTO title_terms (title_terms) VALUES ('rebuild');

DROP TRIGGER document_passage_inserted;
DROP TRIGGER document_passage_deleted;
DROP TABLE document_terms;

CREATE VIEW document_forms AS
SELECT id, index_form(path) AS path, index_form(text) AS text FROM document_passages;

CREATE VIRTUAL TABLE document_terms USING fts5 (
  path,
  text,
  content = 'document_forms',
  content_rowid = 'id',
  tokenize = "porter unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
);

CREATE TRIGGER document_passage_inserted AFTER INSERT ON document_passages
BEGIN
  INSERT INTO document_terms (rowid, path, text)
  VALUES (new.id, index_form(new.path), index_form(new.text));
END;

CREATE TRIGGER document_passage_deleted AFTER DELETE ON document_passages
BEGIN
  INSERT INTO document_terms (document_terms, rowid, path, text)
  VALUES ('delete', old.id, index_form(old.path), index_form(old.text));
END;

INSERT INTO document_terms (document_terms) VALUES ('rebuild');

UPDATE document_words SET folded = fold_word(word) WHERE folded <> fold_word(word);
INSERT INTO document_trigrams (document_trigrams) VALUES ('rebuild');
