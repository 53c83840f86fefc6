-- Documents that people have uploaded. Of one that is being deleted the row stays until all that
-- belongs to it is gone.

CREATE TABLE documents (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  size INTEGER NOT NULL,
  status TEXT NOT NULL,
  code TEXT,
  message TEXT,
  pages INTEGER,
  passages INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL
) STRICT;

CREATE INDEX documents_of_user ON documents (user_id, created_at, id);
CREATE INDEX documents_unsettled ON documents (status)
WHERE status IN ('waiting', 'reading', 'deleting');

-- The path is the document's name and the headings that lead to the passage, a line each.
CREATE TABLE document_passages (
  id INTEGER PRIMARY KEY,
  document_id TEXT NOT NULL REFERENCES documents (id),
  number INTEGER NOT NULL,
  page INTEGER,
  form TEXT NOT NULL,
  path TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX document_passages_in_order ON document_passages (document_id, number);

CREATE VIRTUAL TABLE document_terms USING fts5 (
  path,
  text,
  content = 'document_passages',
  content_rowid = 'id',
  tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TRIGGER document_passage_inserted AFTER INSERT ON document_passages
BEGIN
  INSERT INTO document_terms (rowid, path, text) VALUES (new.id, new.path, new.text);
END;

CREATE TRIGGER document_passage_deleted AFTER DELETE ON document_passages
BEGIN
  INSERT INTO document_terms (document_terms, rowid, path, text)
  VALUES ('delete', old.id, old.path, old.text);
END;

-- Each word of a document once, found by any three letters of it: for words that are mistyped or
-- joined. What is searched is folded; the word is as the document has it, in lower case.
CREATE TABLE document_words (
  id INTEGER PRIMARY KEY,
  document_id TEXT NOT NULL REFERENCES documents (id),
  word TEXT NOT NULL,
  folded TEXT NOT NULL
) STRICT;

CREATE INDEX document_words_of_document ON document_words (document_id);

CREATE VIRTUAL TABLE document_trigrams USING fts5 (
  folded,
  content = 'document_words',
  content_rowid = 'id',
  tokenize = 'trigram'
);

CREATE TRIGGER document_word_inserted AFTER INSERT ON document_words
BEGIN
  INSERT INTO document_trigrams (rowid, folded) VALUES (new.id, new.folded);
END;

CREATE TRIGGER document_word_deleted AFTER DELETE ON document_words
BEGIN
  INSERT INTO document_trigrams (document_trigrams, rowid, folded)
  VALUES ('delete', old.id, old.folded);
END;
