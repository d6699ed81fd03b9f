-- Trial businesses: one visitor's, without an e-mail address or a password, deleted when the trial ends.
CREATE TABLE trials (
  tenant_id  TEXT PRIMARY KEY NOT NULL REFERENCES tenants (id),
  account_id TEXT NOT NULL UNIQUE REFERENCES accounts (id),
  ends_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX trials_end ON trials (ends_at);

-- Deletes everything of a trial together with its tenant. Foreign keys still forbid the deletion of any other tenant.
-- The ledger and its sums stay: they hold no texts, and the budgets of the installation count them.
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
  DELETE FROM import_days WHERE tenant_id = OLD.id;
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

-- Without them, deleting an account reads these tables whole to check their foreign keys.
CREATE INDEX conversations_of_account ON conversations (account_id);
CREATE INDEX insight_decisions_of_account ON insight_decisions (account_id);
