-- What answers hold back while they are written, and what they cost in the end. Money is integer
-- micro-dollars. Two entries an answer: 'reserve' with the question, 'settle' with the end; the key
-- makes both happen once. Nothing refers to messages: the ledger outlives deleted conversations.
CREATE TABLE ledger_entries (
  message_id        TEXT NOT NULL,              -- the answer
  kind              TEXT NOT NULL CHECK (kind IN ('reserve', 'settle')),
  tenant_id         TEXT NOT NULL,
  account_id        TEXT NOT NULL,              -- who asked
  conversation_id   TEXT NOT NULL,
  persona           TEXT NOT NULL,
  model             TEXT NOT NULL,              -- reserve: the one asked first; settle: the one that answered
  asked_at          INTEGER NOT NULL,           -- when the question was sent: its prices hold, in both entries
  day               TEXT NOT NULL,              -- YYYY-MM-DD of asked_at (UTC): both entries count in this day and month
  created_at        INTEGER NOT NULL,
  prompt_bytes      INTEGER NOT NULL,
  held_micros       INTEGER NOT NULL,           -- the change of what is reserved: + at reserve, - at settle
  cost_micros       INTEGER NOT NULL DEFAULT 0,
  prompt_tokens     INTEGER NOT NULL DEFAULT 0,
  cached_tokens     INTEGER NOT NULL DEFAULT 0, -- part of prompt_tokens
  completion_tokens INTEGER NOT NULL DEFAULT 0,
  estimated         INTEGER NOT NULL DEFAULT 0, -- 1: counted from what was delivered, not by the provider
  status            TEXT,                       -- the answer's, at settle
  PRIMARY KEY (message_id, kind),
  CHECK (
    (kind = 'reserve' AND held_micros >= 0 AND cost_micros = 0 AND status IS NULL)
    OR (kind = 'settle' AND held_micros <= 0 AND cost_micros >= 0 AND status IS NOT NULL)
  )
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_entries_of_day ON ledger_entries (tenant_id, day);

CREATE TRIGGER ledger_entries_stay BEFORE UPDATE ON ledger_entries
BEGIN
  SELECT RAISE(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER ledger_entries_remain BEFORE DELETE ON ledger_entries
BEGIN
  SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- The ledger's running sums, kept by the trigger below and by nothing else.
CREATE TABLE spending (
  tenant_id   TEXT NOT NULL,
  account_id  TEXT NOT NULL, -- '' is the whole tenant
  period      TEXT NOT NULL, -- YYYY-MM or YYYY-MM-DD, UTC
  held_micros INTEGER NOT NULL DEFAULT 0 CHECK (held_micros >= 0),
  cost_micros INTEGER NOT NULL DEFAULT 0 CHECK (cost_micros >= 0),
  running     INTEGER NOT NULL DEFAULT 0 CHECK (running >= 0), -- answers reserved and not yet settled
  PRIMARY KEY (tenant_id, account_id, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX spending_running ON spending (period) WHERE running > 0;

-- A period's row begins with its first reservation; whatever follows changes it.
CREATE TRIGGER ledger_entries_count AFTER INSERT ON ledger_entries
BEGIN
  INSERT INTO spending (tenant_id, account_id, period, held_micros, running)
  VALUES
    (NEW.tenant_id, '', substr(NEW.day, 1, 7), max(NEW.held_micros, 0), 1),
    (NEW.tenant_id, '', NEW.day, max(NEW.held_micros, 0), 1),
    (NEW.tenant_id, NEW.account_id, substr(NEW.day, 1, 7), max(NEW.held_micros, 0), 1)
  ON CONFLICT (tenant_id, account_id, period) DO UPDATE
  SET held_micros = held_micros + NEW.held_micros,
      cost_micros = cost_micros + NEW.cost_micros,
      running = running + CASE NEW.kind WHEN 'reserve' THEN 1 ELSE -1 END;
END;

-- A tenant's caps; NULL, or no row, is no cap.
CREATE TABLE budgets (
  tenant_id             TEXT PRIMARY KEY NOT NULL REFERENCES tenants (id),
  monthly_micros        INTEGER CHECK (monthly_micros >= 0),
  daily_micros          INTEGER CHECK (daily_micros >= 0),
  member_monthly_micros INTEGER CHECK (member_monthly_micros >= 0), -- for each member
  updated_at            INTEGER NOT NULL,
  updated_by            TEXT NOT NULL REFERENCES accounts (id)
) STRICT;

-- Answers from before there was a ledger: they held nothing back, and cost what they say.
INSERT INTO ledger_entries
  (message_id, kind, tenant_id, account_id, conversation_id, persona, model, asked_at, day, created_at,
   prompt_bytes, held_micros)
SELECT m.id, 'reserve', m.tenant_id, c.account_id, m.conversation_id, m.persona, COALESCE(m.asked_model, ''),
  m.created_at, strftime('%Y-%m-%d', m.created_at / 1000000, 'unixepoch'), m.created_at, 0, 0
FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE m.role = 'assistant';

INSERT INTO ledger_entries
  (message_id, kind, tenant_id, account_id, conversation_id, persona, model, asked_at, day, created_at,
   prompt_bytes, held_micros, cost_micros, prompt_tokens, cached_tokens, completion_tokens, estimated, status)
SELECT m.id, 'settle', m.tenant_id, c.account_id, m.conversation_id, m.persona,
  COALESCE(m.model, m.asked_model, ''), m.created_at,
  strftime('%Y-%m-%d', m.created_at / 1000000, 'unixepoch'), COALESCE(m.ended_at, m.created_at), 0, 0,
  COALESCE(m.cost_micros, 0), COALESCE(m.prompt_tokens, 0), COALESCE(m.cached_tokens, 0),
  COALESCE(m.completion_tokens, 0), m.estimated, m.status
FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE m.role = 'assistant' AND m.status <> 'streaming';
