-- Generations of snapshots: an import with many days writes a new generation of all days in small transactions and
-- makes it the current one by changing one number. No reader sees half an import, and no write holds up others.
ALTER TABLE analytics_changes ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;        -- the current one
ALTER TABLE analytics_changes ADD COLUMN newest_generation INTEGER NOT NULL DEFAULT 0; -- the last one begun

-- Generations that are not current: being written, or replaced. Their days are deleted in parts.
CREATE TABLE snapshot_generations (
  tenant_id  TEXT NOT NULL REFERENCES tenants (id),
  generation INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, generation)
) STRICT, WITHOUT ROWID;

-- Imports that can be undone: the last ones, for some weeks. The days that an import wrote have the same created_at; the
-- days that it replaced are in a generation of their own.
CREATE TABLE imports (
  tenant_id  TEXT NOT NULL REFERENCES tenants (id),
  id         TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  file_name  TEXT NOT NULL,
  added      INTEGER NOT NULL,
  replaced   INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  grain      TEXT NOT NULL, -- of the periods that it wrote: 'day', 'week', 'month', 'quarter', 'year'
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_age ON imports (created_at);

DROP TRIGGER trial_with_tenant;
DROP TABLE import_days;

CREATE TABLE new_snapshots (
  tenant_id   TEXT NOT NULL REFERENCES tenants (id),
  generation  INTEGER NOT NULL DEFAULT 0,
  date        TEXT NOT NULL, -- YYYY-MM-DD: the first day of the period
  grain       TEXT NOT NULL DEFAULT 'day', -- 'day', 'week', 'month', 'quarter', 'year'
  sessions    INTEGER,
  users       INTEGER,
  conversions INTEGER,
  revenue     REAL,
  metrics     TEXT NOT NULL DEFAULT '{}', -- JSON object: slug → number
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, generation, date, grain)
) STRICT, WITHOUT ROWID;
INSERT INTO new_snapshots (tenant_id, date, sessions, users, conversions, revenue, metrics, created_at)
SELECT tenant_id, date, sessions, users, conversions, revenue, metrics, created_at FROM analytics_snapshots
ORDER BY tenant_id, date;
DROP TABLE analytics_snapshots;
ALTER TABLE new_snapshots RENAME TO analytics_snapshots;
-- Longer periods are few among many days.
CREATE INDEX snapshot_periods ON analytics_snapshots (tenant_id, generation, grain, date) WHERE grain <> 'day';

-- As in migration 27, with the tables of today.
CREATE TRIGGER trial_with_tenant BEFORE DELETE ON tenants
WHEN EXISTS (SELECT 1 FROM trials t WHERE t.tenant_id = OLD.id)
BEGIN
  DELETE FROM sessions WHERE account_id IN (SELECT t.account_id FROM trials t WHERE t.tenant_id = OLD.id);
  DELETE FROM password_resets WHERE account_id IN (SELECT t.account_id FROM trials t WHERE t.tenant_id = OLD.id);
  DELETE FROM api_tokens WHERE tenant_id = OLD.id;
  -- Messages, reasonings and summaries go with their conversations.
  DELETE FROM conversations WHERE tenant_id = OLD.id;
  DELETE FROM prompt_parts WHERE tenant_id = OLD.id;
  -- An adviser's newest version can only be deleted after the adviser.
  DELETE FROM personas WHERE tenant_id = OLD.id;
  DELETE FROM persona_versions WHERE tenant_id = OLD.id;
  DELETE FROM insight_decisions WHERE tenant_id = OLD.id;
  DELETE FROM insights WHERE tenant_id = OLD.id;
  DELETE FROM insight_states WHERE tenant_id = OLD.id;
  DELETE FROM snapshot_generations WHERE tenant_id = OLD.id;
  DELETE FROM imports WHERE tenant_id = OLD.id;
  DELETE FROM upload_parts WHERE tenant_id = OLD.id;
  DELETE FROM uploads WHERE tenant_id = OLD.id;
  DELETE FROM sample_data WHERE tenant_id = OLD.id;
  DELETE FROM metrics WHERE tenant_id = OLD.id;
  DELETE FROM analytics_snapshots WHERE tenant_id = OLD.id;
  DELETE FROM analytics_settings WHERE tenant_id = OLD.id;
  DELETE FROM analytics_changes WHERE tenant_id = OLD.id;
  DELETE FROM profiles WHERE tenant_id = OLD.id;
  DELETE FROM budgets WHERE tenant_id = OLD.id;
  DELETE FROM tenant_storage WHERE tenant_id = OLD.id;
  DELETE FROM memberships WHERE tenant_id = OLD.id;
  DELETE FROM accounts WHERE id IN (SELECT t.account_id FROM trials t WHERE t.tenant_id = OLD.id);
  DELETE FROM trials WHERE tenant_id = OLD.id;
END;
