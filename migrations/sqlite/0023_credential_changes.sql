-- Counts the changes by which a session, a token or a membership may have become invalid. Event streams look up their
-- reader when the count has changed, instead of each one every second. Triggers count, so that no writer can forget it,
-- and other processes' changes are seen too.
CREATE TABLE credential_changes (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL
) STRICT;
INSERT INTO credential_changes (id, version) VALUES (1, 0);

CREATE TRIGGER credential_of_gone_session AFTER DELETE ON sessions
BEGIN
  UPDATE credential_changes SET version = version + 1;
END;
CREATE TRIGGER credential_of_changed_session AFTER UPDATE OF account_id ON sessions
WHEN OLD.account_id IS NOT NEW.account_id
BEGIN
  UPDATE credential_changes SET version = version + 1;
END;
CREATE TRIGGER credential_of_changed_token AFTER UPDATE ON api_tokens
BEGIN
  UPDATE credential_changes SET version = version + 1;
END;
CREATE TRIGGER credential_of_gone_token AFTER DELETE ON api_tokens
BEGIN
  UPDATE credential_changes SET version = version + 1;
END;
CREATE TRIGGER credential_of_changed_member AFTER UPDATE ON memberships
BEGIN
  UPDATE credential_changes SET version = version + 1;
END;
CREATE TRIGGER credential_of_gone_member AFTER DELETE ON memberships
BEGIN
  UPDATE credential_changes SET version = version + 1;
END;
