-- Counts the changes of a tenant's numbers, own metrics and settings: by it others see that what they made
-- of them is old.
CREATE TABLE analytics_changes (
  tenant_id  TEXT PRIMARY KEY NOT NULL REFERENCES tenants (id),
  version    INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
INSERT INTO analytics_changes (tenant_id, version, changed_at)
SELECT tenant_id, 1, MAX(created_at) FROM analytics_snapshots GROUP BY tenant_id;
