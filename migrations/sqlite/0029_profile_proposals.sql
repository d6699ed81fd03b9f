-- What a reply's question says of the business, as a model found it, and what its member saved from it. `text` is a
-- passage of the question. `field_before` and `field_after` hold the whole field of the profile for Undo; NULL: not saved.
CREATE TABLE profile_proposals (
  message_id   TEXT PRIMARY KEY NOT NULL REFERENCES messages (id) ON DELETE CASCADE, -- the reply
  tenant_id    TEXT NOT NULL,
  field        TEXT NOT NULL,
  text         TEXT NOT NULL,
  field_before TEXT,
  field_after  TEXT
) STRICT, WITHOUT ROWID;

-- Proposals that a member does not want to see again: digests of field and text, so that nothing of a deleted conversation
-- stays. They go with the membership.
CREATE TABLE declined_proposals (
  tenant_id  TEXT NOT NULL,
  account_id TEXT NOT NULL,
  digest     TEXT NOT NULL,
  PRIMARY KEY (tenant_id, account_id, digest),
  FOREIGN KEY (tenant_id, account_id) REFERENCES memberships (tenant_id, account_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
