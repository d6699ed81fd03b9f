-- How a business reads files with a certain header, so that the next export of the same kind needs no decision.
CREATE TABLE import_decisions (
  tenant_id  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  header     TEXT NOT NULL, -- a hash of the columns' names
  decision   TEXT NOT NULL, -- JSON
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, header)
) STRICT, WITHOUT ROWID;
