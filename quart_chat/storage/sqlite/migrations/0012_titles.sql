-- The words of titles, by a number that stays what it is: a rename went through all titles to find
-- the one of its chat. A chat that was erased has no title and is not among them.

DROP TRIGGER title_terms_inserted;
DROP TRIGGER title_terms_changed;
DROP TABLE title_terms;

CREATE TABLE titles (
  number INTEGER PRIMARY KEY,
  workflow_id TEXT NOT NULL UNIQUE REFERENCES workflows (id),
  title TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE title_terms USING fts5 (
  title,
  content = 'titles',
  content_rowid = 'number',
  tokenize = 'unicode61 remove_diacritics 2',
  prefix = '2 3'
);

CREATE TRIGGER title_terms_inserted AFTER INSERT ON titles
BEGIN
  INSERT INTO title_terms (rowid, title) VALUES (new.number, new.title);
END;

CREATE TRIGGER title_terms_deleted AFTER DELETE ON titles
BEGIN
  INSERT INTO title_terms (title_terms, rowid, title) VALUES ('delete', old.number, old.title);
END;

CREATE TRIGGER title_inserted AFTER INSERT ON workflows WHEN new.title <> ''
BEGIN
  INSERT INTO titles (workflow_id, title) VALUES (new.id, new.title);
END;

CREATE TRIGGER title_changed AFTER UPDATE OF title ON workflows WHEN old.title <> new.title
BEGIN
  DELETE FROM titles WHERE workflow_id = new.id;
  INSERT INTO titles (workflow_id, title) SELECT new.id, new.title WHERE new.title <> '';
END;

INSERT INTO titles (workflow_id, title) SELECT id, title FROM workflows WHERE title <> '';
