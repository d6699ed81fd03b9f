-- What each business has stored. Triggers count in the transaction that stores, so that a quota costs one read and
-- requests at the same time can't pass it together.
CREATE TABLE tenant_storage (
  tenant_id     TEXT PRIMARY KEY NOT NULL REFERENCES tenants (id),
  conversations INTEGER NOT NULL DEFAULT 0,
  bytes         INTEGER NOT NULL DEFAULT 0 -- of messages that have ended, reasonings, parts of prompts, waiting files
) STRICT;

INSERT INTO tenant_storage (tenant_id, conversations, bytes)
SELECT t.id,
       (SELECT COUNT(*) FROM conversations c WHERE c.tenant_id = t.id),
       (SELECT COALESCE(SUM(octet_length(m.content)), 0) FROM messages m WHERE m.tenant_id = t.id AND m.status <> 'streaming')
       + (SELECT COALESCE(SUM(octet_length(r.content)), 0) FROM reasonings r WHERE r.tenant_id = t.id)
       + (SELECT COALESCE(SUM(octet_length(p.content)), 0) FROM prompt_parts p WHERE p.tenant_id = t.id)
       + (SELECT COALESCE(SUM(octet_length(u.content)), 0) FROM uploads u WHERE u.tenant_id = t.id)
FROM tenants t;

CREATE TRIGGER storage_of_new_conversation AFTER INSERT ON conversations
BEGIN
  INSERT INTO tenant_storage (tenant_id, conversations) VALUES (NEW.tenant_id, 1)
  ON CONFLICT (tenant_id) DO UPDATE SET conversations = conversations + 1;
END;
CREATE TRIGGER storage_of_gone_conversation AFTER DELETE ON conversations
BEGIN
  UPDATE tenant_storage SET conversations = conversations - 1 WHERE tenant_id = OLD.tenant_id;
END;

-- A reply counts from its end on: while it grows it is written several times a second.
CREATE TRIGGER storage_of_new_message AFTER INSERT ON messages WHEN NEW.status <> 'streaming'
BEGIN
  INSERT INTO tenant_storage (tenant_id, bytes) VALUES (NEW.tenant_id, octet_length(NEW.content))
  ON CONFLICT (tenant_id) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER storage_of_ended_reply AFTER UPDATE OF status ON messages
WHEN OLD.status = 'streaming' AND NEW.status <> 'streaming'
BEGIN
  INSERT INTO tenant_storage (tenant_id, bytes) VALUES (NEW.tenant_id, octet_length(NEW.content))
  ON CONFLICT (tenant_id) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER storage_of_gone_message AFTER DELETE ON messages WHEN OLD.status <> 'streaming'
BEGIN
  UPDATE tenant_storage SET bytes = bytes - octet_length(OLD.content) WHERE tenant_id = OLD.tenant_id;
END;

CREATE TRIGGER storage_of_new_reasoning AFTER INSERT ON reasonings
BEGIN
  INSERT INTO tenant_storage (tenant_id, bytes) VALUES (NEW.tenant_id, octet_length(NEW.content))
  ON CONFLICT (tenant_id) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER storage_of_changed_reasoning AFTER UPDATE OF content ON reasonings
BEGIN
  UPDATE tenant_storage SET bytes = bytes + octet_length(NEW.content) - octet_length(OLD.content)
  WHERE tenant_id = NEW.tenant_id;
END;
CREATE TRIGGER storage_of_gone_reasoning AFTER DELETE ON reasonings
BEGIN
  UPDATE tenant_storage SET bytes = bytes - octet_length(OLD.content) WHERE tenant_id = OLD.tenant_id;
END;

CREATE TRIGGER storage_of_new_part AFTER INSERT ON prompt_parts
BEGIN
  INSERT INTO tenant_storage (tenant_id, bytes) VALUES (NEW.tenant_id, octet_length(NEW.content))
  ON CONFLICT (tenant_id) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER storage_of_gone_part AFTER DELETE ON prompt_parts
BEGIN
  UPDATE tenant_storage SET bytes = bytes - octet_length(OLD.content) WHERE tenant_id = OLD.tenant_id;
END;

CREATE TRIGGER storage_of_new_upload AFTER INSERT ON uploads WHEN NEW.content IS NOT NULL
BEGIN
  INSERT INTO tenant_storage (tenant_id, bytes) VALUES (NEW.tenant_id, octet_length(NEW.content))
  ON CONFLICT (tenant_id) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER storage_of_changed_upload AFTER UPDATE OF content ON uploads
BEGIN
  INSERT INTO tenant_storage (tenant_id, bytes)
  VALUES (NEW.tenant_id, COALESCE(octet_length(NEW.content), 0) - COALESCE(octet_length(OLD.content), 0))
  ON CONFLICT (tenant_id) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER storage_of_gone_upload AFTER DELETE ON uploads WHEN OLD.content IS NOT NULL
BEGIN
  UPDATE tenant_storage SET bytes = bytes - octet_length(OLD.content) WHERE tenant_id = OLD.tenant_id;
END;

-- Old versions of an adviser may go where no reply ran with them; the newest never does.
CREATE INDEX messages_of_persona_version ON messages (tenant_id, persona, persona_version) WHERE persona_version IS NOT NULL;
DROP TRIGGER persona_versions_remain;
CREATE TRIGGER persona_versions_remain BEFORE DELETE ON persona_versions
WHEN EXISTS (SELECT 1 FROM messages m WHERE m.tenant_id = OLD.tenant_id AND m.persona = OLD.slug
               AND m.persona_version = OLD.version)
  OR EXISTS (SELECT 1 FROM personas p WHERE p.tenant_id = OLD.tenant_id AND p.slug = OLD.slug
               AND p.version = OLD.version)
BEGIN
  SELECT RAISE(ABORT, 'a reply or the adviser itself refers to this version');
END;
