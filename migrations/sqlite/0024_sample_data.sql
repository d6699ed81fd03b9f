-- Tenants whose numbers are sample data. Their first own numbers, or a member, remove the row together with all of their
-- snapshots, so that sample data and own numbers never mix.
CREATE TABLE sample_data (
  tenant_id TEXT PRIMARY KEY NOT NULL REFERENCES tenants (id),
  loaded_at INTEGER NOT NULL
) STRICT;
