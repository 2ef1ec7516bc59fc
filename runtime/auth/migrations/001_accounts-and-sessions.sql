-- Up Migration

CREATE TABLE users (
  id                 text PRIMARY KEY,
  handle             text NOT NULL UNIQUE,
  email              text NOT NULL,
  email_confirmed_at timestamptz,
  password_hash      text NOT NULL,
  role               text NOT NULL CHECK (role IN ('viewer', 'broadcaster', 'moderator', 'admin')),
  disabled_at        timestamptz,
  created_at         timestamptz NOT NULL
);

-- An address belongs to one account, from the moment it is confirmed (docs/adr/050).
CREATE UNIQUE INDEX users_confirmed_email ON users (email) WHERE email_confirmed_at IS NOT NULL;
CREATE INDEX users_email ON users (email, created_at);

CREATE TABLE sessions (
  id             text PRIMARY KEY,
  user_id        text NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at     timestamptz NOT NULL,
  last_used_at   timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  user_agent     text NOT NULL,
  address        text NOT NULL,
  -- The refresh token in force: how many came before it, the key it was made with and its SHA-256.
  counter        integer NOT NULL,
  key_id         text NOT NULL,
  current_hash   bytea NOT NULL,
  previous_hash  bytea,
  rotated_at     timestamptz NOT NULL,
  revoked_at     timestamptz,
  revoked_reason text
);

CREATE INDEX sessions_user ON sessions (user_id, last_used_at DESC);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE mailed_tokens (
  hash       bytea PRIMARY KEY,
  user_id    text NOT NULL REFERENCES users ON DELETE CASCADE,
  purpose    text NOT NULL CHECK (purpose IN ('confirm-email', 'reset-password')),
  email      text NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE INDEX mailed_tokens_expiry ON mailed_tokens (expires_at);

-- Accounts that are gone here and that the stream service still has to forget.
CREATE TABLE account_deletions (
  user_id         text PRIMARY KEY,
  attempts        integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL
);
