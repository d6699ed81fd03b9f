-- The content of a waiting file, in parts, so that no single write holds up other businesses' writes. A file from
-- before this migration has its content in uploads.content; of later ones that is empty.
CREATE TABLE upload_parts (
  tenant_id  TEXT NOT NULL REFERENCES tenants (id),
  upload_id  TEXT NOT NULL,
  part       INTEGER NOT NULL,
  content    BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, upload_id, part)
) STRICT;
CREATE INDEX upload_parts_age ON upload_parts (created_at);

CREATE TRIGGER storage_of_new_upload_part AFTER INSERT ON upload_parts
BEGIN
  INSERT INTO tenant_storage (tenant_id, bytes) VALUES (NEW.tenant_id, octet_length(NEW.content))
  ON CONFLICT (tenant_id) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER storage_of_gone_upload_part AFTER DELETE ON upload_parts
BEGIN
  UPDATE tenant_storage SET bytes = bytes - octet_length(OLD.content) WHERE tenant_id = OLD.tenant_id;
END;

-- The days of a running import, until one statement stores all of them. Columns as in analytics_snapshots.
CREATE TABLE import_days (
  tenant_id   TEXT NOT NULL REFERENCES tenants (id),
  import_id   TEXT NOT NULL,
  date        TEXT NOT NULL,
  sessions    INTEGER,
  users       INTEGER,
  conversions INTEGER,
  revenue     REAL,
  metrics     TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, import_id, date)
) STRICT;
CREATE INDEX import_days_age ON import_days (created_at);
