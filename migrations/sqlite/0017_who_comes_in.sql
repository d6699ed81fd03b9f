-- The installation's own secrets; made at the first start that needs them.
CREATE TABLE secrets (
  name  TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL -- hexadecimal
) STRICT;

-- Links for one account each, where not everybody may sign up. The secret in the link is never stored.
CREATE TABLE invitations (
  email      TEXT PRIMARY KEY NOT NULL, -- in the form in which accounts have it
  hash       TEXT NOT NULL UNIQUE,      -- SHA-256 of the secret, hexadecimal
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

-- Tokens may end by themselves, and may be for reading only. Those that are there stay as they were.
ALTER TABLE api_tokens ADD COLUMN expires_at INTEGER; -- NULL: never
ALTER TABLE api_tokens ADD COLUMN scope TEXT NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'read'));

-- Strangers have no sessions any more. Those of accounts go on: their ids are hashed at the next start.
DELETE FROM sessions WHERE account_id IS NULL;

-- A tenant without a row of budgets now has the operator's default; those of before keep what they had, which
-- is none.
INSERT INTO budgets (tenant_id, updated_at, updated_by)
SELECT t.id, t.created_at, (SELECT m.account_id FROM memberships m WHERE m.tenant_id = t.id
                            ORDER BY m.created_at, m.account_id LIMIT 1)
FROM tenants t
WHERE NOT EXISTS (SELECT 1 FROM budgets b WHERE b.tenant_id = t.id)
  AND EXISTS (SELECT 1 FROM memberships m WHERE m.tenant_id = t.id);
-- All tenants' spending of a period, for the budgets of the whole installation.
CREATE INDEX spending_of_all ON spending (period) WHERE account_id = '';
