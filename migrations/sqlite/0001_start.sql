-- Identifiers are UUIDv7 as text; moments are integer microseconds since 1970 (UTC); JSON is text.

CREATE TABLE tenants (
  id         TEXT PRIMARY KEY NOT NULL,
  name       TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
  id            TEXT PRIMARY KEY NOT NULL,
  email         TEXT NOT NULL UNIQUE, -- lower case
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
  tenant_id  TEXT NOT NULL REFERENCES tenants (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  role       TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, account_id)
) STRICT;
CREATE INDEX memberships_account ON memberships (account_id);

-- Browser sessions; the data is tower-sessions' own JSON.
CREATE TABLE sessions (
  id         TEXT PRIMARY KEY NOT NULL,
  data       TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Tokens for programs: the token itself is shown once and never stored.
CREATE TABLE api_tokens (
  id         TEXT PRIMARY KEY NOT NULL,
  tenant_id  TEXT NOT NULL,
  account_id TEXT NOT NULL,
  name       TEXT NOT NULL,
  hash       TEXT NOT NULL UNIQUE, -- SHA-256, hexadecimal
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  FOREIGN KEY (tenant_id, account_id) REFERENCES memberships (tenant_id, account_id)
) STRICT;

CREATE TABLE profiles (
  tenant_id     TEXT PRIMARY KEY NOT NULL REFERENCES tenants (id),
  version       INTEGER NOT NULL, -- grows by one with each save
  business_name TEXT NOT NULL DEFAULT '',
  industry      TEXT NOT NULL DEFAULT '',
  size          TEXT NOT NULL DEFAULT '',
  stage         TEXT NOT NULL DEFAULT '',
  revenue_range TEXT NOT NULL DEFAULT '',
  goals         TEXT NOT NULL DEFAULT '[]', -- JSON array of texts, first is most important
  sells         TEXT NOT NULL DEFAULT '',
  customers     TEXT NOT NULL DEFAULT '',
  competitors   TEXT NOT NULL DEFAULT '',
  challenges    TEXT NOT NULL DEFAULT '',
  tone          TEXT NOT NULL DEFAULT '',
  updated_at    INTEGER NOT NULL,
  updated_by    TEXT NOT NULL REFERENCES accounts (id)
) STRICT;

-- The business's numbers, one row a date.
CREATE TABLE analytics_snapshots (
  tenant_id   TEXT NOT NULL REFERENCES tenants (id),
  date        TEXT NOT NULL, -- YYYY-MM-DD
  sessions    INTEGER,
  users       INTEGER,
  conversions INTEGER,
  revenue     REAL,
  metrics     TEXT NOT NULL DEFAULT '{}', -- JSON object: name → number
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, date)
) STRICT;

CREATE TABLE insights (
  id          TEXT PRIMARY KEY NOT NULL,
  tenant_id   TEXT NOT NULL REFERENCES tenants (id),
  module_slug TEXT NOT NULL,
  summary     TEXT NOT NULL,
  highlights  TEXT NOT NULL DEFAULT '[]', -- JSON array of texts
  severity    TEXT,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX insights_newest ON insights (tenant_id, created_at);

-- A conversation belongs to the member who began it.
CREATE TABLE conversations (
  id         TEXT PRIMARY KEY NOT NULL,
  tenant_id  TEXT NOT NULL REFERENCES tenants (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  persona    TEXT NOT NULL,
  title      TEXT NOT NULL,
  pinned     INTEGER NOT NULL DEFAULT 0,
  archived   INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX conversations_newest ON conversations (tenant_id, account_id, updated_at);

CREATE TABLE messages (
  id                TEXT PRIMARY KEY NOT NULL,
  tenant_id         TEXT NOT NULL REFERENCES tenants (id),
  conversation_id   TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  role              TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  content           TEXT NOT NULL,
  status            TEXT NOT NULL CHECK (status IN ('streaming', 'complete', 'stopped', 'interrupted', 'failed')),
  persona           TEXT NOT NULL,
  created_at        INTEGER NOT NULL,
  -- what follows is for answers only
  question_id       TEXT REFERENCES messages (id) ON DELETE CASCADE,
  client_request_id TEXT,
  request_digest    TEXT,             -- what the request asked, to tell a repeat from a reuse of its id
  chunk_lens        TEXT NOT NULL DEFAULT '', -- UTF-8 lengths of the chunks, each followed by a comma: a resume cuts where readers saw the cuts
  asked_model       TEXT,             -- the model asked first
  model             TEXT,             -- the model that answered
  finish_reason     TEXT,
  failure           TEXT,             -- JSON: what its error event said
  prompt_version    TEXT,
  prompt_tokens     INTEGER,
  cached_tokens     INTEGER,
  completion_tokens INTEGER,
  cost_micros       INTEGER,
  estimated         INTEGER NOT NULL DEFAULT 0,
  first_token_us    INTEGER,          -- from the send to the first chunk
  duration_us       INTEGER,          -- from the send to the end
  ended_at          INTEGER,
  UNIQUE (tenant_id, client_request_id)
) STRICT;
CREATE INDEX messages_of_conversation ON messages (tenant_id, conversation_id, id);
CREATE INDEX messages_streaming ON messages (status) WHERE status = 'streaming';
