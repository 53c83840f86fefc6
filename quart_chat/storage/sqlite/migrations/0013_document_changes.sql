-- The place of a document's latest change among those of its owner's list, which chats and documents
-- share; 0 where it has not changed since these are counted. A deleted document stays as a tombstone,
-- so that a client that was away learns of it; nothing is left in it of what the document was.

ALTER TABLE documents ADD COLUMN list_seq INTEGER NOT NULL DEFAULT 0;

CREATE INDEX documents_by_change ON documents (user_id, list_seq);
CREATE INDEX documents_being_read ON documents (status, user_id) WHERE status = 'reading';

DROP INDEX documents_of_user;
CREATE INDEX documents_in_list ON documents (user_id, created_at, id)
WHERE status NOT IN ('deleting', 'deleted');
