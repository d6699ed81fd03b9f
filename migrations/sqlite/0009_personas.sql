-- The advisers that a business has changed or added. One of the four that every business begins with has
-- no row until it is changed: it is as the program brings it, version 0.
CREATE TABLE personas (
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  slug      TEXT NOT NULL,              -- stays when the adviser is renamed
  version   INTEGER NOT NULL CHECK (version > 0), -- the one that answers now
  archived  INTEGER NOT NULL DEFAULT 0, -- takes no more questions
  position  INTEGER NOT NULL,           -- in lists
  PRIMARY KEY (tenant_id, slug)
) STRICT;

-- What an adviser was at each time: answers name the version they ran with, so none changes or goes.
CREATE TABLE persona_versions (
  tenant_id     TEXT NOT NULL,
  slug          TEXT NOT NULL,
  version       INTEGER NOT NULL,
  definition    TEXT NOT NULL,    -- JSON: the whole adviser
  restored_from INTEGER,          -- the earlier version that it repeats
  saved_by      TEXT NOT NULL REFERENCES accounts (id),
  saved_at      INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, slug, version),
  FOREIGN KEY (tenant_id, slug) REFERENCES personas (tenant_id, slug)
) STRICT;

CREATE TRIGGER persona_versions_stay BEFORE UPDATE ON persona_versions
BEGIN
  SELECT RAISE(ABORT, 'an adviser''s versions do not change');
END;
CREATE TRIGGER persona_versions_remain BEFORE DELETE ON persona_versions
BEGIN
  SELECT RAISE(ABORT, 'an adviser''s versions do not go');
END;

-- The version of the adviser that an answer ran with; none for questions and for answers from before.
ALTER TABLE messages ADD COLUMN persona_version INTEGER;
