-- Who may use the chat. The rows of a user belong to `users`, where accounts or not; an account is
-- what the user signs in with. Secrets are kept as SHA-256 alone, passwords as Argon2id.

CREATE TABLE accounts (
  user_id TEXT COLLATE "C" PRIMARY KEY REFERENCES users (id),
  name TEXT NOT NULL,
  -- What no two accounts have: the name without case. NULL once it is deleted.
  name_key TEXT COLLATE "C" UNIQUE,
  role TEXT NOT NULL,
  password TEXT,
  created_at DOUBLE PRECISION NOT NULL,
  disabled_at DOUBLE PRECISION,
  seen_at DOUBLE PRECISION,
  -- The account is gone for all but the program that erases what belongs to it.
  deleted_at DOUBLE PRECISION
);

CREATE INDEX accounts_deleted ON accounts (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE sessions (
  id TEXT COLLATE "C" PRIMARY KEY,
  secret TEXT COLLATE "C" NOT NULL UNIQUE,
  user_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (user_id),
  method TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  used_at DOUBLE PRECISION NOT NULL,
  expires_at DOUBLE PRECISION NOT NULL,
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL
);

CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE tokens (
  id TEXT COLLATE "C" PRIMARY KEY,
  secret TEXT COLLATE "C" NOT NULL UNIQUE,
  user_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (user_id),
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  expires_at DOUBLE PRECISION,
  used_at DOUBLE PRECISION
);

CREATE INDEX tokens_of_user ON tokens (user_id);

-- Links that can be used once: the row is deleted by who uses it.
CREATE TABLE invites (
  id TEXT COLLATE "C" PRIMARY KEY,
  secret TEXT COLLATE "C" NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  role TEXT NOT NULL,
  user_id TEXT COLLATE "C" REFERENCES accounts (user_id),
  created_by TEXT COLLATE "C",
  created_at DOUBLE PRECISION NOT NULL,
  expires_at DOUBLE PRECISION NOT NULL
);

CREATE INDEX invites_of_user ON invites (user_id) WHERE user_id IS NOT NULL;

-- Browsers and addresses that a user has signed in from.
CREATE TABLE known_origins (
  user_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (user_id),
  secret TEXT COLLATE "C" NOT NULL,
  used_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (user_id, secret)
);

-- Attempts to sign in, counted in several ways: see quart_chat/accounts/throttle/buckets.py.
CREATE TABLE sign_in_attempts (
  bucket TEXT COLLATE "C" PRIMARY KEY,
  failures BIGINT NOT NULL,
  free_at DOUBLE PRECISION NOT NULL,
  last_at DOUBLE PRECISION NOT NULL
);

CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (last_at);

CREATE TABLE external_identities (
  provider TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (user_id),
  created_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (provider, subject)
);

CREATE INDEX external_identities_of_user ON external_identities (user_id);

CREATE TABLE passkeys (
  id TEXT COLLATE "C" PRIMARY KEY,
  user_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (user_id),
  name TEXT NOT NULL,
  public_key TEXT NOT NULL,
  sign_count BIGINT NOT NULL,
  transports TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  used_at DOUBLE PRECISION
);

CREATE INDEX passkeys_of_user ON passkeys (user_id);

CREATE TABLE challenges (
  id TEXT COLLATE "C" PRIMARY KEY,
  purpose TEXT NOT NULL,
  challenge TEXT NOT NULL,
  user_id TEXT COLLATE "C",
  expires_at DOUBLE PRECISION NOT NULL
);

-- What is no longer let in, for all processes to read: their streams end.
CREATE TABLE revocations (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at DOUBLE PRECISION NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  kind TEXT,
  credential_id TEXT COLLATE "C",
  reason TEXT NOT NULL,
  -- The process that has told it already.
  source TEXT NOT NULL
);

CREATE TABLE security_log (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at DOUBLE PRECISION NOT NULL,
  action TEXT NOT NULL,
  actor_id TEXT COLLATE "C",
  subject_id TEXT COLLATE "C",
  detail TEXT NOT NULL,
  address TEXT NOT NULL
);

CREATE INDEX security_log_by_age ON security_log (at);
CREATE INDEX security_log_of_actor ON security_log (actor_id, number);
CREATE INDEX security_log_of_subject ON security_log (subject_id, number);
