-- Whose session it is, so that all sessions of an account can be ended; NULL while nobody is signed in.
-- The store copies it from the session's data.
ALTER TABLE sessions ADD COLUMN account_id TEXT;
UPDATE sessions SET account_id = json_extract(data, '$.account_id') WHERE json_valid(data);
CREATE INDEX sessions_of_account ON sessions (account_id) WHERE account_id IS NOT NULL;

-- Links that set a new password: one an account, used once. The secret in the link is never stored.
CREATE TABLE password_resets (
  account_id TEXT PRIMARY KEY NOT NULL REFERENCES accounts (id),
  hash       TEXT NOT NULL UNIQUE, -- SHA-256 of the secret, hexadecimal
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
