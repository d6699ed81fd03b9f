-- A tenant's own metrics. Their values stand in analytics_snapshots.metrics by slug, which stays when a metric is renamed.
CREATE TABLE metrics (
  tenant_id        TEXT NOT NULL REFERENCES tenants (id),
  slug             TEXT NOT NULL,
  name             TEXT NOT NULL,
  unit             TEXT NOT NULL DEFAULT '',
  higher_is_better INTEGER NOT NULL DEFAULT 1,
  archived         INTEGER NOT NULL DEFAULT 0,
  created_at       INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, slug)
) STRICT;

CREATE TABLE analytics_settings (
  tenant_id  TEXT PRIMARY KEY NOT NULL REFERENCES tenants (id),
  currency   TEXT NOT NULL DEFAULT '',    -- ISO 4217; empty: not told yet
  time_zone  TEXT NOT NULL DEFAULT 'UTC', -- IANA name: where a day of the business begins and ends
  updated_at INTEGER NOT NULL
) STRICT;

-- A file that a member sent to look at before it is imported: one a member, for an hour.
CREATE TABLE uploads (
  tenant_id  TEXT NOT NULL REFERENCES tenants (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  id         TEXT NOT NULL,
  file_name  TEXT NOT NULL,
  content    BLOB,          -- none where it was refused
  report     TEXT NOT NULL, -- JSON: what it would change, or why it was refused
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, account_id)
) STRICT;
CREATE INDEX uploads_age ON uploads (created_at);
