-- Who may use the chat. The rows of a user belong to `users`, where accounts or not; an account is
-- what the user signs in with. Secrets are kept as SHA-256 alone, passwords as Argon2id.

CREATE TABLE accounts (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  name TEXT NOT NULL,
  -- What no two accounts have: the name without case. NULL once it is deleted.
  name_key TEXT UNIQUE,
  role TEXT NOT NULL,
  password TEXT,
  created_at REAL NOT NULL,
  disabled_at REAL,
  seen_at REAL,
  -- The account is gone for all but the program that erases what belongs to it.
  deleted_at REAL
) STRICT, WITHOUT ROWID;

CREATE INDEX accounts_deleted ON accounts (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  secret TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES accounts (user_id),
  method TEXT NOT NULL,
  created_at REAL NOT NULL,
  used_at REAL NOT NULL,
  expires_at REAL NOT NULL,
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  secret TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES accounts (user_id),
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL,
  used_at REAL
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_of_user ON tokens (user_id);

-- Links that can be used once: the row is deleted by who uses it.
CREATE TABLE invites (
  id TEXT PRIMARY KEY,
  secret TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  role TEXT NOT NULL,
  user_id TEXT REFERENCES accounts (user_id),
  created_by TEXT,
  created_at REAL NOT NULL,
  expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX invites_of_user ON invites (user_id) WHERE user_id IS NOT NULL;

-- Browsers and addresses that a user has signed in from.
CREATE TABLE known_origins (
  user_id TEXT NOT NULL REFERENCES accounts (user_id),
  secret TEXT NOT NULL,
  used_at REAL NOT NULL,
  PRIMARY KEY (user_id, secret)
) STRICT, WITHOUT ROWID;

-- Attempts to sign in, counted in several ways: see quart_chat/accounts/throttle/buckets.py.
CREATE TABLE sign_in_attempts (
  bucket TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  free_at REAL NOT NULL,
  last_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (last_at);

CREATE TABLE external_identities (
  provider TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES accounts (user_id),
  created_at REAL NOT NULL,
  PRIMARY KEY (provider, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX external_identities_of_user ON external_identities (user_id);

CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES accounts (user_id),
  name TEXT NOT NULL,
  public_key TEXT NOT NULL,
  sign_count INTEGER NOT NULL,
  transports TEXT NOT NULL,
  created_at REAL NOT NULL,
  used_at REAL
) STRICT, WITHOUT ROWID;

CREATE INDEX passkeys_of_user ON passkeys (user_id);

CREATE TABLE challenges (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  challenge TEXT NOT NULL,
  user_id TEXT,
  expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- What is no longer let in, for all processes to read: their streams end.
CREATE TABLE revocations (
  number INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  user_id TEXT NOT NULL,
  kind TEXT,
  credential_id TEXT,
  reason TEXT NOT NULL,
  -- The process that has told it already.
  source TEXT NOT NULL
) STRICT;

CREATE TABLE security_log (
  number INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  action TEXT NOT NULL,
  actor_id TEXT,
  subject_id TEXT,
  detail TEXT NOT NULL,
  address TEXT NOT NULL
) STRICT;

CREATE INDEX security_log_by_age ON security_log (at);
CREATE INDEX security_log_of_actor ON security_log (actor_id, number);
CREATE INDEX security_log_of_subject ON security_log (subject_id, number);
