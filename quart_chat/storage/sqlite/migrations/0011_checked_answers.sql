-- Whether each [n] of an answer leads to one of its sources. Up to now the Librarian alone has quoted
-- others, whose brackets are their own.

ALTER TABLE messages ADD COLUMN checked INTEGER NOT NULL DEFAULT 0;

UPDATE messages SET checked = 1
WHERE role = 'assistant' AND sources <> '[]' AND assistant IS NOT 'librarian';
