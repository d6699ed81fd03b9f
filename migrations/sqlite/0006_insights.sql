-- Insights are found by our modules, or sent by programs; a member may put either aside.
ALTER TABLE insights ADD COLUMN origin TEXT NOT NULL DEFAULT 'api' CHECK (origin IN ('module', 'api'));
-- What a module's finding is about. The next one about the same takes its place and keeps its id, so that
-- what was put aside stays there.
ALTER TABLE insights ADD COLUMN subject TEXT;
ALTER TABLE insights ADD COLUMN basis TEXT NOT NULL DEFAULT '[]'; -- JSON array: the numbers it rests on
ALTER TABLE insights ADD COLUMN dismissed_at INTEGER;             -- NULL: open
ALTER TABLE insights ADD COLUMN dismissed_by TEXT REFERENCES accounts (id);
CREATE UNIQUE INDEX insights_of_subject ON insights (tenant_id, module_slug, subject) WHERE origin = 'module';

-- Who put an insight aside or brought it back, and when. It outlives the insight.
CREATE TABLE insight_decisions (
  id          TEXT PRIMARY KEY NOT NULL,
  tenant_id   TEXT NOT NULL REFERENCES tenants (id),
  insight_id  TEXT NOT NULL,
  decision    TEXT NOT NULL CHECK (decision IN ('dismissed', 'reopened')),
  module_slug TEXT NOT NULL,
  summary     TEXT NOT NULL, -- what it said then
  account_id  TEXT NOT NULL REFERENCES accounts (id),
  decided_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX insight_decisions_newest ON insight_decisions (tenant_id, decided_at);

-- How far each tenant's insights are.
CREATE TABLE insight_states (
  tenant_id     TEXT PRIMARY KEY NOT NULL REFERENCES tenants (id),
  version       INTEGER NOT NULL DEFAULT 0, -- grows with each change of the tenant's insights
  computed_from INTEGER NOT NULL DEFAULT 0, -- the version of the numbers (analytics_changes) that was computed from
  computed_at   INTEGER,
  due_at        INTEGER,                    -- when to compute again: a change, a retry, the tenant's next day; NULL: no numbers yet
  failures      INTEGER NOT NULL DEFAULT 0  -- in a row
) STRICT;
CREATE INDEX insight_states_due ON insight_states (due_at) WHERE due_at IS NOT NULL;

-- A change of the numbers makes its tenant due in the change's own transaction: none is missed, and whoever
-- looks for work reads one index.
CREATE TRIGGER analytics_changes_first AFTER INSERT ON analytics_changes
BEGIN
  INSERT INTO insight_states (tenant_id, due_at) VALUES (NEW.tenant_id, NEW.changed_at)
  ON CONFLICT (tenant_id) DO UPDATE SET due_at = NEW.changed_at;
END;
CREATE TRIGGER analytics_changes_next AFTER UPDATE ON analytics_changes
BEGIN
  INSERT INTO insight_states (tenant_id, due_at) VALUES (NEW.tenant_id, NEW.changed_at)
  ON CONFLICT (tenant_id) DO UPDATE SET due_at = NEW.changed_at;
END;

INSERT INTO insight_states (tenant_id, due_at) SELECT tenant_id, changed_at FROM analytics_changes;
