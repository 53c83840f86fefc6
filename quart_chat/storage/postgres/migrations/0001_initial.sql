-- Times are seconds since the epoch, UTC. A workflow's seq counts its committed changes; every row
-- that its readers see keeps the seq of its own latest change. A user's list_seq does the same for
-- the list of chats and documents. What is compared by its bytes has the collation "C", so that the
-- order is the same on every server.

CREATE TABLE schema_version (version INTEGER NOT NULL);

CREATE TABLE users (
  id TEXT COLLATE "C" PRIMARY KEY,
  list_seq BIGINT NOT NULL DEFAULT 0,
  created_at DOUBLE PRECISION NOT NULL
);

-- A deleted workflow stays as a tombstone, so that a client that was away learns of it.
CREATE TABLE workflows (
  id TEXT COLLATE "C" PRIMARY KEY,
  user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
  title TEXT NOT NULL,
  status TEXT NOT NULL,
  pinned BOOLEAN NOT NULL,
  deleted BOOLEAN NOT NULL,
  seq BIGINT NOT NULL,
  item_seq BIGINT NOT NULL,
  list_seq BIGINT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  updated_at DOUBLE PRECISION NOT NULL,
  assistant TEXT,
  model TEXT,
  answered_seq BIGINT NOT NULL DEFAULT 0,
  read_seq BIGINT NOT NULL DEFAULT 0,
  deleted_at DOUBLE PRECISION,
  head BIGINT,
  system_prompt TEXT,
  document_ids TEXT NOT NULL DEFAULT '[]'
);

CREATE INDEX workflows_by_change ON workflows (user_id, list_seq);
CREATE INDEX workflows_in_list ON workflows (user_id, pinned, updated_at, id) WHERE NOT deleted;
CREATE INDEX workflows_running ON workflows (user_id) WHERE status = 'running';
CREATE INDEX workflows_recoverable ON workflows (deleted_at) WHERE deleted_at IS NOT NULL;

-- The rounds of a workflow are a tree: a round's parent is the one before it, NULL for a first one.
CREATE TABLE rounds (
  workflow_id TEXT COLLATE "C" NOT NULL REFERENCES workflows (id),
  number BIGINT NOT NULL,
  status TEXT NOT NULL,
  assistant TEXT NOT NULL,
  message TEXT,
  code TEXT,
  started_at DOUBLE PRECISION NOT NULL,
  ended_at DOUBLE PRECISION,
  seq BIGINT,
  parent BIGINT,
  model TEXT,
  document_ids TEXT NOT NULL DEFAULT '[]',
  request_id TEXT COLLATE "C",
  node_id TEXT COLLATE "C",
  stop_requested_at DOUBLE PRECISION,
  PRIMARY KEY (workflow_id, number)
);

CREATE UNIQUE INDEX one_running_round ON rounds (workflow_id) WHERE status = 'running';
CREATE INDEX rounds_by_change ON rounds (workflow_id, seq);
CREATE INDEX rounds_by_parent ON rounds (workflow_id, coalesce(parent, 0), number);
CREATE INDEX rounds_by_request ON rounds (request_id) WHERE request_id IS NOT NULL;

CREATE TABLE messages (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id TEXT COLLATE "C" NOT NULL UNIQUE,
  workflow_id TEXT COLLATE "C" NOT NULL,
  round_number BIGINT NOT NULL,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  html TEXT,
  status TEXT NOT NULL,
  assistant TEXT,
  sources TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  updated_at DOUBLE PRECISION NOT NULL,
  seq BIGINT NOT NULL,
  parent_round BIGINT,
  usage TEXT,
  checked BOOLEAN NOT NULL DEFAULT false,
  revision BIGINT NOT NULL DEFAULT 0,
  FOREIGN KEY (workflow_id, round_number) REFERENCES rounds (workflow_id, number)
);

CREATE UNIQUE INDEX messages_by_change ON messages (workflow_id, seq);
CREATE INDEX messages_by_round ON messages (workflow_id, round_number);
CREATE INDEX messages_in_flight ON messages (workflow_id, seq) WHERE status = 'streaming';

CREATE TABLE logs (
  number BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
  id TEXT COLLATE "C" PRIMARY KEY,
  workflow_id TEXT COLLATE "C" NOT NULL,
  round_number BIGINT NOT NULL,
  message TEXT NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  progress DOUBLE PRECISION,
  timestamp DOUBLE PRECISION NOT NULL,
  duration_ms DOUBLE PRECISION,
  seq BIGINT NOT NULL,
  parent_id TEXT COLLATE "C",
  FOREIGN KEY (workflow_id, round_number) REFERENCES rounds (workflow_id, number)
);

CREATE UNIQUE INDEX logs_by_change ON logs (workflow_id, seq);
CREATE INDEX logs_by_round ON logs (workflow_id, round_number);
CREATE INDEX logs_in_flight ON logs (workflow_id, seq) WHERE status = 'running';

-- The read-only link of a chat.
CREATE TABLE shares (
  token TEXT COLLATE "C" PRIMARY KEY,
  workflow_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES workflows (id),
  created_at DOUBLE PRECISION NOT NULL
);

-- The indexes of words hold what the program takes from the texts, so that every server finds the
-- same, whatever its locale and its dictionaries are.

CREATE TABLE title_index (
  workflow_id TEXT COLLATE "C" PRIMARY KEY REFERENCES workflows (id),
  title TEXT NOT NULL,
  terms TSVECTOR NOT NULL
);

CREATE INDEX title_index_terms ON title_index USING gin (terms);

-- The words of titles that are gone are gone with them.
CREATE FUNCTION forget_title() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM title_index WHERE workflow_id = new.id;
  RETURN NULL;
END $$;

CREATE TRIGGER title_erased AFTER UPDATE OF title ON workflows
FOR EACH ROW WHEN (new.title = '' AND old.title <> '') EXECUTE FUNCTION forget_title();

-- A message that is final, in parts: a tsvector keeps 255 places of a word, and no more. Terms are
-- words as they are written, stems are without their endings.
CREATE TABLE message_index (
  message_number BIGINT NOT NULL REFERENCES messages (number) ON DELETE CASCADE,
  part INTEGER NOT NULL,
  terms TSVECTOR NOT NULL,
  stems TSVECTOR NOT NULL,
  PRIMARY KEY (message_number, part)
);

CREATE INDEX message_index_terms ON message_index USING gin (terms);
CREATE INDEX message_index_stems ON message_index USING gin (stems);

-- Documents that people have uploaded. A deleted one stays as a tombstone; nothing is left in it of
-- what the document was.
CREATE TABLE documents (
  id TEXT COLLATE "C" PRIMARY KEY,
  user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  size BIGINT NOT NULL,
  status TEXT NOT NULL,
  code TEXT,
  message TEXT,
  pages BIGINT,
  passages BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  updated_at DOUBLE PRECISION NOT NULL,
  list_seq BIGINT NOT NULL DEFAULT 0,
  warnings TEXT NOT NULL DEFAULT '[]',
  node_id TEXT COLLATE "C"
);

CREATE INDEX documents_in_list ON documents (user_id, created_at, id)
WHERE status NOT IN ('deleting', 'deleted');
CREATE INDEX documents_unsettled ON documents (status)
WHERE status IN ('waiting', 'reading', 'deleting');
CREATE INDEX documents_by_change ON documents (user_id, list_seq);
CREATE INDEX documents_being_read ON documents (status, user_id) WHERE status = 'reading';

-- The path is the document's name and the headings that lead to the passage, a line each. Its stems
-- have the weight A, those of the text D.
CREATE TABLE document_passages (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  document_id TEXT COLLATE "C" NOT NULL REFERENCES documents (id),
  number BIGINT NOT NULL,
  page BIGINT,
  form TEXT NOT NULL,
  path TEXT NOT NULL,
  text TEXT NOT NULL,
  stems TSVECTOR NOT NULL
);

CREATE UNIQUE INDEX document_passages_in_order ON document_passages (document_id, number);
CREATE INDEX document_passages_stems ON document_passages USING gin (stems);

-- Each word of a document once, found by any three letters of its folded form: for words that are
-- mistyped or joined.
CREATE TABLE document_words (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  document_id TEXT COLLATE "C" NOT NULL REFERENCES documents (id),
  word TEXT NOT NULL,
  folded TEXT NOT NULL,
  trigrams TEXT[] NOT NULL
);

CREATE INDEX document_words_of_document ON document_words (document_id);
CREATE INDEX document_words_trigrams ON document_words USING gin (trigrams);

-- The processes that share this database, each with a lease that it renews every few seconds, by the
-- clock of the database.
CREATE TABLE nodes (
  id TEXT COLLATE "C" PRIMARY KEY,
  started_at DOUBLE PRECISION NOT NULL,
  beat_at DOUBLE PRECISION NOT NULL,
  lease DOUBLE PRECISION NOT NULL
);
